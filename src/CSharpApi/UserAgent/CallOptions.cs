using SipFun.Shell;

namespace SipFun;

/// <summary>What one call wants. All of it may be left out.</summary>
public sealed record CallOptions
{
    internal static CallOptions None { get; } = new();

    /// <summary>The body of the INVITE, usually an offer. Default: none.</summary>
    public SipBody? Body { get; init; }

    /// <summary>The body of the ACK, when the offer comes in the 2xx (RFC 3261, 13.2.2.4).
    /// Default: none.</summary>
    public SipBody? AckBody { get; init; }

    /// <summary>Further header fields of the INVITE. Those that the agent writes once in each message (Via, From,
    /// To, Call-ID, CSeq, Max-Forwards, Content-Type, Content-Length) are refused, as is what nobody
    /// could read. Default: none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>To whom. Default: the target.</summary>
    public NameAddr? To { get; init; }

    /// <summary>As <see cref="UserAgentOptions.FollowRedirects"/>. Default: the agent's.</summary>
    public int? FollowRedirects { get; init; }

    /// <summary>As <see cref="UserAgentOptions.ForkPolicy"/>. Default: the agent's.</summary>
    public ForkPolicy? ForkPolicy { get; init; }

    /// <summary>As <see cref="UserAgentOptions.ReliableProvisionals"/>. Default: the
    /// agent's.</summary>
    public ReliableProvisionals? ReliableProvisionals { get; init; }

    /// <summary>As <see cref="UserAgentOptions.SessionTimer"/>. Default: the agent's.</summary>
    public TimeSpan? SessionTimer { get; init; }

    /// <summary>A call that is not answered in this time is cancelled. Default: it may ring for
    /// ever.</summary>
    public TimeSpan? AnswerWithin { get; init; }

    /// <summary>Every 101 to 199, in order, on the thread pool. One that throws is logged and
    /// counted.</summary>
    public Action<SipResponse>? OnProgress { get; init; }

    /// <summary><see cref="Call.OnRequest"/> from the beginning.</summary>
    public Func<IncomingRequest, Task>? OnRequest { get; init; }

    /// <summary><see cref="Call.OnForked"/> from the beginning.</summary>
    public Action<Call>? OnForked { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Headers);
        ContentCheck.ThrowIfUnfit(Body, Headers, isRefusal: false);
        ContentCheck.ThrowIfUnfit(AckBody, null, isRefusal: false);

        if (FollowRedirects is < 0 or > 100)
        {
            throw new ArgumentException("FollowRedirects is 0 to 100.");
        }

        if (AnswerWithin <= TimeSpan.Zero || AnswerWithin > TimeSpan.FromDays(1))
        {
            throw new ArgumentException("AnswerWithin is more than zero, and at most a day.");
        }

        if (SessionTimer < TimeSpan.FromSeconds(90) || SessionTimer > TimeSpan.FromDays(1))
        {
            throw new ArgumentException("SessionTimer is 90 s (RFC 4028, 5) to a day.");
        }
    }
}
