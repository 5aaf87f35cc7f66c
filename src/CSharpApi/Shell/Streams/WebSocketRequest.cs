namespace SipFun.Shell;

/// <summary>What a client must ask for (RFC 6455, 4.2.1; RFC 7118, 4.1).</summary>
internal static class WebSocketRequest
{
    private const int BadRequest = 400;
    private const int Forbidden = 403;
    private const int MethodNotAllowed = 405;
    private const int UpgradeRequired = 426;
    private const int KeyBytes = 16;

    /// <summary>Its Sec-WebSocket-Key.</summary>
    /// <exception cref="UpgradeException">It must be refused.</exception>
    public static string CheckedKey(HttpHead? head, IReadOnlyList<string> origins)
    {
        if (head is null || head.Single("Host") is null || HasBody(head))
        {
            throw Malformed("This is no request for a WebSocket.");
        }

        CheckStartLine(head.StartLine);
        CheckUpgrade(head);
        CheckOrigin(head, origins);

        if (!head.Members("Sec-WebSocket-Protocol").Contains(WebSocketUpgrade.Subprotocol))
        {
            throw new UpgradeException(
                Reason.UpgradeSubprotocol,
                BadRequest,
                "The subprotocol here is sip (RFC 7118)."
            );
        }

        return head.Single("Sec-WebSocket-Key") is { } key && IsKey(key)
            ? key
            : throw Malformed("Sec-WebSocket-Key must be 16 bytes in base64.");
    }

    private static void CheckStartLine(string line)
    {
        if (line.Split(' ') is not [var method, ['/', ..], "HTTP/1.1"])
        {
            throw Malformed("This is no request of HTTP/1.1 for a path.");
        }

        if (method != "GET")
        {
            throw new UpgradeException(
                Reason.UpgradeMethod,
                MethodNotAllowed,
                "A WebSocket is asked for by GET."
            );
        }
    }

    private static void CheckUpgrade(HttpHead head)
    {
        if (!head.Has("Upgrade", "websocket") || !head.Has("Connection", "Upgrade"))
        {
            throw new UpgradeException(
                Reason.UpgradeMissing,
                UpgradeRequired,
                "There is a WebSocket here and nothing else."
            );
        }

        if (head.Single("Sec-WebSocket-Version") != "13")
        {
            throw new UpgradeException(
                Reason.UpgradeVersion,
                UpgradeRequired,
                "The version here is 13."
            );
        }
    }

    private static void CheckOrigin(HttpHead head, IReadOnlyList<string> origins)
    {
        var given = head.Values("Origin").ToArray();

        if (
            origins.Count > 0
            && given.Length > 0
            && !(given is [var one] && origins.Contains(one, StringComparer.OrdinalIgnoreCase))
        )
        {
            throw new UpgradeException(
                Reason.UpgradeOrigin,
                Forbidden,
                "Pages of this origin may not connect."
            );
        }
    }

    /// <summary>A request with a body would leave its bytes among the frames.</summary>
    private static bool HasBody(HttpHead head) =>
        head.Values("Transfer-Encoding").Any()
        || head.Values("Content-Length").Any(length => length != "0");

    private static bool IsKey(string key)
    {
        Span<byte> octets = stackalloc byte[KeyBytes + 2];
        return key.Length == 24
            && Convert.TryFromBase64String(key, octets, out var length)
            && length == KeyBytes;
    }

    private static UpgradeException Malformed(string detail) =>
        new(Reason.UpgradeMalformed, BadRequest, detail);
}
