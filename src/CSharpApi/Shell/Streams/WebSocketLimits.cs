namespace SipFun.Shell;

/// <summary>How much a WebSocket connection may bring, and who may open one.</summary>
internal sealed record WebSocketLimits
{
    public static WebSocketLimits Default { get; } = new();

    /// <summary>The longest HTTP head of an upgrade, request or response, in bytes.</summary>
    public int HeadBytes { get; init; } = 8192;

    /// <summary>The most frames of one message.</summary>
    public int Fragments { get; init; } = 1024;

    /// <summary>What a SIP message may be; <c>StreamMessage</c> is the longest WebSocket
    /// message.</summary>
    public ParseLimits Messages { get; init; } = ParseLimits.Default;

    /// <summary>
    /// Whose pages may connect, as browsers name them: "https://example.com". Empty: anybody's. A
    /// client without an Origin is no browser, and is let in (RFC 6455, 10.2).
    /// </summary>
    public IReadOnlyList<string> Origins { get; init; } = [];
}
