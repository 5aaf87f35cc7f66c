namespace SipFun;

/// <summary>What one request of a <see cref="UserAgent"/> or a <see cref="Call"/> wants. All of it
/// may be left out.</summary>
public sealed record SendOptions
{
    internal static SendOptions None { get; } = new();

    /// <summary>The body. Default: none.</summary>
    public SipBody? Body { get; init; }

    /// <summary>Further header fields. Those that the agent writes once in each message (Via, From,
    /// To, Call-ID, CSeq, Max-Forwards, Content-Type, Content-Length) are refused, as is what nobody
    /// could read, and a Contact in a MESSAGE (RFC 3428, 4). Default: none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Every response, provisional ones and the final one, in order, on the thread pool.
    /// One that throws is logged and counted.</summary>
    public Action<SipResponse>? OnResponse { get; init; }
}
