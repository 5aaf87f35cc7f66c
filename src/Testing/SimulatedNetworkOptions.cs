namespace SipFun.Testing;

/// <summary>With what a <see cref="SimulatedNetwork"/> begins.</summary>
public sealed record SimulatedNetworkOptions
{
    /// <summary>All chance comes from it: the same seed and the same calls make the same bytes at
    /// the same instants. Default: 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What the clocks show at the start. Default: the year 2000, UTC.</summary>
    public DateTimeOffset Start { get; init; } = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Between hosts of which nothing else was said.</summary>
    public LinkConditions Conditions { get; init; } = LinkConditions.Good;

    /// <summary>
    /// Legs of TLS, WS and WSS carry their messages as TCP's do: without handshakes, certificates and
    /// frames. Names of peers are taken as verified, a TLS leg needs no certificate, and the trace
    /// shows messages, the same in each run. Everything else about these transports stays: Via,
    /// <c>sips</c>, resolution, connections. Default: no, the whole of TLS and WebSocket is run.
    /// </summary>
    public bool PlainStreams { get; init; }

    /// <summary>How many packets the trace keeps, the newest; 0: none. Default: 10,000.</summary>
    public int TraceLimit { get; init; } = 10_000;

    /// <summary>How long <see cref="SimulatedNetwork.RunUntilIdle"/> goes on at most, in virtual time:
    /// a registration that is refreshed never comes to rest. Default: one hour.</summary>
    public TimeSpan IdleWithin { get; init; } = TimeSpan.FromHours(1);
}
