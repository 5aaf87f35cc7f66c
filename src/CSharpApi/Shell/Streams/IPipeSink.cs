namespace SipFun.Shell;

/// <summary>To whom a pipe reports, from inside its reading. Each may block: nothing more is read
/// meanwhile.</summary>
internal interface IPipeSink
{
    void Message(SipMessage message);

    /// <summary>Well framed bytes that are no message; the stream goes on.</summary>
    void Malformed(ReadOnlyMemory<byte> octets, ParseError error);

    /// <summary>The peer asked for a sign of life, once.</summary>
    void Ping();

    /// <summary>The peer answered our ping.</summary>
    void Pong();

    /// <summary>How far the message at the front has come, for the time limits. Reported after
    /// each read.</summary>
    /// <param name="waiting">Bytes of it that are there; 0: between messages.</param>
    /// <param name="headersComplete">Whether its header section is complete.</param>
    void Progress(int waiting, bool headersComplete);
}
