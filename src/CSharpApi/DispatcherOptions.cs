using System.Collections.ObjectModel;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SipFun.Shell;

namespace SipFun;

/// <summary>What a dispatcher is started with. All of it may be left out.</summary>
public sealed record DispatcherOptions
{
    /// <summary>
    /// The legs to begin with. Default: UDP and TCP on all addresses, for IPv4 and, where this
    /// machine has it, IPv6; each family on a free port, one for both where there is one (RFC 3261,
    /// 18.2.1).
    /// </summary>
    public IReadOnlyList<LegOptions> Legs { get; init; } = DefaultLegs();

    /// <summary>
    /// Where requests without a Route go first, unless <see cref="DomainProxies"/> says otherwise.
    /// Default: none. It is resolved by RFC 3263 itself; one that no leg can reach is refused at
    /// the start, as in <see cref="DomainProxies"/>.
    /// </summary>
    public SipUri? OutgoingProxy { get; init; }

    /// <summary>
    /// Proxies by the domain a request goes to: "example.com", "*.example.com" (with example.com
    /// itself), "*". The longest that fits is taken. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, SipUri> DomainProxies { get; init; } =
        ReadOnlyDictionary<string, SipUri>.Empty;

    /// <summary>Who answers DNS questions. Default: the system's servers.</summary>
    public IDnsResolver? Resolver { get; init; }

    /// <summary>
    /// Whether deliveries keep a transaction and send copies on UDP (RFC 3261, 17). Default: yes;
    /// false makes a dispatcher stateless. Each delivery may say otherwise.
    /// </summary>
    public bool Retransmit { get; init; } = true;

    /// <summary>T1, T2, T4. Default: RFC 3261's 500 ms, 4 s, 5 s.</summary>
    public Timers Timers { get; init; } = Timers.Rfc3261;

    /// <summary>The only clock. Default: the system's. Only its timestamps set deadlines.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How much of everything there may be. Default:
    /// <see cref="Limits.Default"/>.</summary>
    public Limits Limits { get; init; } = Limits.Default;

    /// <summary>
    /// From which weights are drawn (RFC 2782), so that runs can be repeated. Default: random.
    /// Branches, tags and Call-IDs always come from the system's random source.
    /// </summary>
    public ulong? Seed { get; init; }

    /// <summary>Where log events go, all in the category "SipFun". Default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>
    /// A request of more bytes goes over TCP though UDP was found, and over UDP after all when TCP
    /// is refused (RFC 3261, 18.1.1); default 1300. Where the MTU of the path is known
    /// (<see cref="LegOptions.PathMtu"/>), that less 200 counts instead. 0: never. Not where
    /// <see cref="DeliverOptions.Transports"/> leaves TCP out or
    /// <see cref="DeliverOptions.Destination"/> is given.
    /// </summary>
    public int LargeRequest { get; init; } = 1300;

    /// <summary>
    /// While another target is left, one that says nothing at all is given up after this long, and
    /// the next is tried (RFC 3263, 4.3). Default: Timers B and F, 64*T1, which is 32 s. Beware: a
    /// slow server that was given up may still act on an INVITE.
    /// </summary>
    public TimeSpan? TryNextAfter { get; init; }

    /// <summary>
    /// How long a target that failed is tried after all others (<see cref="Dispatcher.Marks"/>);
    /// default 30 s; zero: not at all. A 503 with Retry-After says itself for how long, at most an
    /// hour is believed.
    /// </summary>
    public TimeSpan SetAsideFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long further requests with a Call-ID prefer the target that answered it, where the DNS
    /// offers several; default 5 minutes, from each answer on; zero: each request draws anew.
    /// </summary>
    public TimeSpan KeepTargetFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long an answer of the DNS may serve after its TTL, while it is asked for anew (RFC
    /// 8767); default zero: not at all.
    /// </summary>
    public TimeSpan ServeStaleFor { get; init; }

    /// <summary>
    /// Sees every packet that goes over a leg, copies and garbage included: for recordings and
    /// capture. Called on the thread pool, one packet at a time, in order; at most
    /// <see cref="Limits.ReceiveQueue"/> wait for it, further ones are counted and not shown.
    /// Default: nobody looks, which costs nothing.
    /// </summary>
    public Action<WirePacket>? OnPacket { get; init; }

    /// <summary>
    /// Where everything that the dispatcher goes through is written: each input with its instant, its
    /// effects, and each packet, as JSON lines (docs/recording.md), for
    /// <see cref="Recording.ReplayAsync"/>. Written by a task of its own, flushed when nothing waits,
    /// never closed; <see cref="Dispatcher.DisposeAsync"/> waits until all is written. A stream that
    /// throws, or more than <see cref="Limits.RecorderQueue"/> lines waiting, ends the recording, and
    /// is counted. Default: nothing is recorded, which costs nothing. Keep a recording as secret as
    /// what the messages bear.
    /// </summary>
    public Stream? Recorder { get; init; }

    /// <summary>
    /// What <see cref="Dispatcher.SnapshotAsync"/> wrote, to be taken up: deliveries under way go on,
    /// with as much time left as they had when it was written, over UDP from legs with the same
    /// address and port; what went over a connection, or a leg that is not there, goes on to the next
    /// target or ends <see cref="DeliveryOutcome.Unreachable"/>. They are in
    /// <see cref="Dispatcher.Deliveries"/>, without callbacks. It is read to its end, and stays open.
    /// Default: nothing.
    /// </summary>
    public Stream? Restore { get; init; }

    /// <summary>What lies under the dispatcher: the system, or a simulated network.</summary>
    internal Platform Platform { get; init; } = Platform.System;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Legs);
        ArgumentNullException.ThrowIfNull(DomainProxies);
        ArgumentNullException.ThrowIfNull(Timers);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Limits);
        ValidateLegs();
        Timers.Validate();
        ArgumentOutOfRangeException.ThrowIfNegative(LargeRequest);
        ThrowIfNoDuration(SetAsideFor, nameof(SetAsideFor));
        ThrowIfNoDuration(KeepTargetFor, nameof(KeepTargetFor));
        ThrowIfNoDuration(ServeStaleFor, nameof(ServeStaleFor));
        new DeliverOptions { TryNextAfter = TryNextAfter }.Validate();
        Limits.Validate();
        ValidateStreams();
        ValidateProxy(OutgoingProxy, nameof(OutgoingProxy));

        foreach (var (pattern, proxy) in DomainProxies)
        {
            ValidatePattern(pattern);
            ArgumentNullException.ThrowIfNull(proxy, $"{nameof(DomainProxies)}[\"{pattern}\"]");
            ValidateProxy(proxy, $"{nameof(DomainProxies)}[\"{pattern}\"]");
        }
    }

    private static void ThrowIfNoDuration(TimeSpan value, string name)
    {
        if (value < TimeSpan.Zero || value > TimeSpan.FromDays(7))
        {
            throw new ArgumentException($"{name} is {value}: give zero to 7 days.");
        }
    }

    private void ValidateStreams()
    {
        if (Recorder is { CanWrite: false })
        {
            throw new ArgumentException("Recorder cannot be written. Give a stream that can.");
        }

        if (Restore is { CanRead: false })
        {
            throw new ArgumentException("Restore cannot be read. Give a stream that can.");
        }
    }

    private void ValidateLegs()
    {
        if (Legs.Any(leg => leg is null))
        {
            throw new ArgumentException("Legs has a null. Leave it out.");
        }

        var sockets = Legs.Select(leg => leg.Socket).OfType<Socket>().ToList();

        if (sockets.Distinct().Count() < sockets.Count)
        {
            throw new ArgumentException(
                "Legs has the same socket twice. Each leg needs one of its own."
            );
        }
    }

    private void ValidatePattern(string pattern)
    {
        if (!DomainPatterns.IsValid(pattern))
        {
            throw new ArgumentException(
                $"\"{pattern}\" is no pattern of DomainProxies. Write \"example.com\", "
                    + "\"*.example.com\" or \"*\"."
            );
        }

        var normal = DomainPatterns.Normal(pattern);

        if (DomainProxies.Keys.Count(key => DomainPatterns.Normal(key) == normal) > 1)
        {
            throw new ArgumentException(
                $"DomainProxies has \"{normal}\" twice. Case and a trailing dot make no "
                    + "difference: keep one."
            );
        }
    }

    private static void ValidateProxy(SipUri? proxy, string name)
    {
        if (proxy is not null && !proxy.IsSip)
        {
            throw new ArgumentException(
                $"{name} is {proxy.Scheme}:..., and a proxy is reached by sip: or sips:. "
                    + "Write sip:proxy.example.com."
            );
        }
    }

    private static LegOptions[] DefaultLegs() =>
        UdpBinding.IsAvailable(AddressFamily.InterNetworkV6)
            ?
            [
                LegOptions.Udp("0.0.0.0:0"),
                LegOptions.Udp("[::]:0"),
                LegOptions.Tcp("0.0.0.0:0"),
                LegOptions.Tcp("[::]:0"),
            ]
            : [LegOptions.Udp("0.0.0.0:0"), LegOptions.Tcp("0.0.0.0:0")];
}
