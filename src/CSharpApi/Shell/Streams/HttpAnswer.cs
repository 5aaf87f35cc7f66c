using System.Text;

namespace SipFun.Shell;

/// <summary>What a server answers to a request for an upgrade (RFC 6455, 4.2.2).</summary>
internal static class HttpAnswer
{
    public static byte[] Switching(string accept) =>
        Encoding.ASCII.GetBytes(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + $"Sec-WebSocket-Accept: {accept}\r\n"
                + $"Sec-WebSocket-Protocol: {WebSocketUpgrade.Subprotocol}\r\n\r\n"
        );

    /// <summary>The reason stands in the body, for whoever looks with a browser or curl.</summary>
    public static byte[] Refusing(UpgradeException refusal) =>
        Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {refusal.Status} {Phrase(refusal.Status)}\r\nConnection: close\r\n"
                + Advice(refusal.Status)
                + "Content-Type: text/plain\r\n"
                + $"Content-Length: {refusal.Message.Length + 2}\r\n\r\n{refusal.Message}\r\n"
        );

    private static string Phrase(int status) =>
        status switch
        {
            403 => "Forbidden",
            405 => "Method Not Allowed",
            426 => "Upgrade Required",
            431 => "Request Header Fields Too Large",
            _ => "Bad Request",
        };

    private static string Advice(int status) =>
        status switch
        {
            405 => "Allow: GET\r\n",
            426 => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            _ => "",
        };
}
