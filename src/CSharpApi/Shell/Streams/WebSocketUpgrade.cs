// The handshake that turns a stream into a WebSocket (RFC 6455, 4), for the subprotocol "sip"
// (RFC 7118, 4.1). The path may be any.
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace SipFun.Shell;

/// <summary>Both sides of the upgrade. Whoever calls bounds the time.</summary>
internal static class WebSocketUpgrade
{
    public const string Subprotocol = "sip";

    private const string Version = "13";
    private const int KeyBytes = 16;

    /// <summary>What every server appends to the key (RFC 6455, 1.3).</summary>
    private const string KeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Reads a client's request and answers it: 101 and a pipe, or a refusal.</summary>
    /// <exception cref="UpgradeException">It was refused; the client has been told.</exception>
    public static async ValueTask<IPipe> AcceptAsync(
        Stream stream,
        WebSocketLimits limits,
        CancellationToken cancel
    )
    {
        try
        {
            var (octets, rest) = await HttpHeadReader
                .ReadAsync(stream, limits.HeadBytes, cancel)
                .ConfigureAwait(false);
            var answer = HttpAnswer.Switching(AcceptOf(CheckedKey(octets, limits)));
            await stream.WriteAsync(answer, cancel).ConfigureAwait(false);
            await stream.FlushAsync(cancel).ConfigureAwait(false);
            return WebSocketPipe.Over(stream, rest, isServer: true, limits);
        }
        catch (UpgradeException refusal) when (refusal.Status != 0)
        {
            await stream.WriteAsync(HttpAnswer.Refusing(refusal), cancel).ConfigureAwait(false);
            await stream.FlushAsync(cancel).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Asks a server for an upgrade.</summary>
    /// <param name="stream">To the server; over TLS the secured one.</param>
    /// <param name="host">For the Host field: the name, with the port unless it is the default
    /// one.</param>
    /// <param name="limits">What the server may send.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="UpgradeException">It refused, or is no SIP WebSocket server.</exception>
    public static async ValueTask<IPipe> ConnectAsync(
        Stream stream,
        string host,
        WebSocketLimits limits,
        CancellationToken cancel
    )
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));
        await stream.WriteAsync(Request(host, key), cancel).ConfigureAwait(false);
        await stream.FlushAsync(cancel).ConfigureAwait(false);
        var (octets, rest) = await HttpHeadReader
            .ReadAsync(stream, limits.HeadBytes, cancel)
            .ConfigureAwait(false);
        WebSocketAnswer.ThrowIfRefused(HttpHead.TryParse(octets.Span), AcceptOf(key));
        return WebSocketPipe.Over(stream, rest, isServer: false, limits);
    }

    /// <summary>The key of a request that may be accepted.</summary>
    private static string CheckedKey(ReadOnlyMemory<byte> octets, WebSocketLimits limits) =>
        WebSocketRequest.CheckedKey(HttpHead.TryParse(octets.Span), limits.Origins);

    private static byte[] Request(string host, string key) =>
        Encoding.ASCII.GetBytes(
            $"GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + $"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {Subprotocol}\r\n"
                + $"Sec-WebSocket-Version: {Version}\r\n\r\n"
        );

    /// <summary>What proves that the server understood the key.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "It guards nothing (RFC 6455, 10.8).")]
    private static string AcceptOf(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + KeySuffix)));
}
