using System.Globalization;

namespace SipFun.Shell;

/// <summary>What a server must answer (RFC 6455, 4.1; RFC 7118, 4.1).</summary>
internal static class WebSocketAnswer
{
    private const int Switching = 101;

    /// <exception cref="UpgradeException">It is no such answer.</exception>
    public static void ThrowIfRefused(HttpHead? head, string accept)
    {
        var status = head is null ? 0 : StatusOf(head.StartLine);

        if (Fault(head, status, accept) is { } fault)
        {
            throw new UpgradeException(Reason.UpgradeRefused, status, fault);
        }
    }

    private static string? Fault(HttpHead? head, int status, string accept) =>
        head is null || status == 0 ? "the peer speaks no HTTP/1.1"
        : status != Switching ? $"the peer answered {status} to the upgrade to WebSocket"
        : !head.Has("Upgrade", "websocket") || !head.Has("Connection", "Upgrade")
            ? "the peer switches to another protocol"
        : head.Single("Sec-WebSocket-Accept") != accept
            ? "the peer did not understand the key of the upgrade"
        : head.Single("Sec-WebSocket-Protocol") != WebSocketUpgrade.Subprotocol
            ? "the peer speaks no SIP over its WebSocket (RFC 7118, 4.1)"
        : head.Values("Sec-WebSocket-Extensions").Any()
            ? "the peer uses an extension nobody asked for"
        : null;

    /// <summary>0: no status line of HTTP/1.1.</summary>
    private static int StatusOf(string line) =>
        line.Split(' ', 3) is ["HTTP/1.1", { Length: 3 } digits, ..]
        && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : 0;
}
