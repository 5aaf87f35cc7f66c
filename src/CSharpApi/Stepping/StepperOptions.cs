using System.Collections.ObjectModel;

namespace SipFun.Stepping;

/// <summary>What a <see cref="Stepper"/> is made with. All of it may be left out.</summary>
public sealed record StepperOptions
{
    /// <summary>T1, T2, T4. Default: RFC 3261's 500 ms, 4 s, 5 s.</summary>
    public Timers Timers { get; init; } = Timers.Rfc3261;

    /// <summary>How much of everything there may be; those of sockets and queues play no
    /// part.</summary>
    public Limits Limits { get; init; } = Limits.Default;

    /// <summary>As <see cref="DispatcherOptions.OutgoingProxy"/>.</summary>
    public SipUri? OutgoingProxy { get; init; }

    /// <summary>As <see cref="DispatcherOptions.DomainProxies"/>.</summary>
    public IReadOnlyDictionary<string, SipUri> DomainProxies { get; init; } =
        ReadOnlyDictionary<string, SipUri>.Empty;

    /// <summary>From which weights are drawn (RFC 2782). Default: 0, so that runs repeat.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// Keys the hashes of tables and To tags (RFC 3261, 8.2.7). Default: 0. Where peers are not
    /// trusted, give 128 random bits.
    /// </summary>
    public UInt128 Secret { get; init; }
}
