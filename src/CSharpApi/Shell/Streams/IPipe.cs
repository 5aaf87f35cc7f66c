namespace SipFun.Shell;

/// <summary>
/// How messages lie in an established byte stream: by SIP's own framing (RFC 3261, 18.3), or one in
/// each WebSocket message (RFC 7118, 5). It knows no time limits: whoever uses it cancels.
/// </summary>
internal interface IPipe : IAsyncDisposable
{
    /// <summary>Whether its reader waits for bytes, and has reported all that it read.</summary>
    bool IsWaiting { get; }

    /// <summary>
    /// Waits for bytes and reports what they complete. One reader at a time.
    /// </summary>
    /// <returns>False: the peer ended the stream in good order.</returns>
    /// <exception cref="FramingException">Nobody can say where the next message
    /// begins.</exception>
    /// <exception cref="IOException">The stream broke; or another exception of it.</exception>
    ValueTask<bool> ReadAsync(IPipeSink sink, CancellationToken cancel);

    /// <summary>Writes one message. Writes, pings and pongs never overlap.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> packet, CancellationToken cancel);

    /// <summary>Asks the peer for a sign of life (RFC 5626, 4.4.1).</summary>
    ValueTask PingAsync(CancellationToken cancel);

    /// <summary>Answers a peer's ping (RFC 5626, 4.4.1).</summary>
    ValueTask PongAsync(CancellationToken cancel);

    /// <summary>Says goodbye in good order.</summary>
    ValueTask EndAsync(CancellationToken cancel);
}
