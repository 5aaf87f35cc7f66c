using System.Net;

namespace SipFun;

/// <summary>How <see cref="DnsClientResolver"/> asks.</summary>
public sealed record DnsClientOptions
{
    /// <summary>The servers, asked in this order, but the one that answered last first. Default,
    /// empty: those of the system.</summary>
    public IReadOnlyList<IPEndPoint> Servers { get; init; } = [];

    /// <summary>How long one server may take for one try; default 2 seconds. Less where several
    /// servers share <see cref="AnswerWithin"/>: each gets its turn before that is up.</summary>
    public TimeSpan TryWithin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a server that did not answer is asked again, after all others and while
    /// time is left; default once.</summary>
    public int Retries { get; init; } = 1;

    /// <summary>How long a question may take, all servers and tries; default 5 seconds.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of both limits; default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
