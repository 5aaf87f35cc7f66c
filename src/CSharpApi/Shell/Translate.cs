// Between the facade's words and the core's. Each pair of functions is total.
using System.Diagnostics;
using System.Net;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace SipFun.Shell;

/// <summary>Facade values to core values, and back.</summary>
internal static class Translate
{
    public static Hop ToHop(Core.Hop hop) =>
        new(hop.Transport, Core.AddressModule.toIPAddress(hop.Address), hop.Port)
        {
            VerifyName = hop.VerifyName,
        };

    /// <summary>With the number of its connection.</summary>
    public static Hop ToSource(Core.Hop hop) => ToHop(hop) with { Flow = hop.Flow };

    public static Core.Hop ToCore(Hop hop) =>
        new(
            hop.Transport,
            Core.AddressModule.ofIPAddress(hop.Address),
            hop.Port,
            hop.VerifyName,
            hop.Flow
        );

    public static FSharpList<Core.Network> ToNetworks(IEnumerable<IPNetwork> networks) =>
        ToList(networks.Select(ToNetwork));

    /// <summary>IPv4 within IPv6 is IPv4 (RFC 5118, 4.10).</summary>
    private static Core.Network ToNetwork(IPNetwork network) =>
        network.BaseAddress.IsIPv4MappedToIPv6 && network.PrefixLength >= 96
            ? ToNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - 96)
            : ToNetwork(network.BaseAddress, network.PrefixLength);

    private static Core.Network ToNetwork(IPAddress address, int length) =>
        Core.NetworkModule.create(Core.AddressModule.ofIPAddress(address), length);

    public static FSharpList<T> ToList<T>(IEnumerable<T>? items) =>
        items is null ? FSharpList<T>.Empty : ListModule.OfSeq(items);

    public static FSharpValueOption<T> ToOption<T>(T? value)
        where T : struct =>
        value is { } some
            ? FSharpValueOption<T>.NewValueSome(some)
            : FSharpValueOption<T>.ValueNone;

    public static FSharpValueOption<Core.Address> ToAddress(IPAddress? address) =>
        ToOption(address is null ? (Core.Address?)null : Core.AddressModule.ofIPAddress(address));

    public static FSharpValueOption<long> ToDuration(TimeSpan? length) =>
        ToOption(length is { } some ? Clock.Milliseconds(some) : (long?)null);

    public static DeliveryOutcome ToOutcome(Core.Outcome outcome) =>
        outcome switch
        {
            Core.Outcome.Answered answered => new DeliveryOutcome.Answered(answered.Item),
            Core.Outcome.Unresolved one => new DeliveryOutcome.Unresolved(ToError(one.Item)),
            Core.Outcome.Unreachable one => new DeliveryOutcome.Unreachable(
                ToHop(one.Item1),
                one.Item2,
                one.detail
            ),
            Core.Outcome.Refused refused => new DeliveryOutcome.Refused(refused.Item),
            { IsSent: true } => new DeliveryOutcome.Sent(),
            { IsTimedOut: true } => new DeliveryOutcome.TimedOut(),
            { IsCancelled: true } => new DeliveryOutcome.Cancelled(),
            { IsDisposed: true } => new DeliveryOutcome.Disposed(),
            _ => throw new UnreachableException($"outcome {outcome.Tag}"),
        };

    public static ResolutionError ToError(Core.ResolutionFailure failure) =>
        new(failure.Stage, failure.Fault, failure.Detail);

    public static Core.Name ToName(DeliveryId id) => new(id.Number, id.Text);

    public static Core.Settings ToSettings(
        DispatcherOptions options,
        (ulong, ulong) secret,
        ulong seed
    ) =>
        new(
            new Core.Timers(
                Clock.Milliseconds(options.Timers.T1),
                Clock.Milliseconds(options.Timers.T2),
                Clock.Milliseconds(options.Timers.T4)
            ),
            ToLimits(options.Limits),
            ToRules(options, seed),
            ToMemories(options),
            largeRequest: options.LargeRequest,
            secret: secret
        );

    private static Core.Limits ToLimits(Limits limits) =>
        new(
            deliveries: limits.Deliveries,
            transactions: limits.Transactions,
            lingering: limits.Lingering,
            perStep: limits.PerStep,
            heldCopies: limits.HeldCopies,
            unansweredFor: Clock.Milliseconds(limits.UnansweredFor),
            resolveWithin: Clock.Milliseconds(limits.ResolveWithin),
            decisions: limits.Decisions,
            packetBytes: limits.PacketBytes,
            flows: limits.Connections,
            flowQueue: limits.ConnectQueue
        );

    private static Core.Memories ToMemories(DispatcherOptions options) =>
        new(
            answers: options.Limits.DnsAnswers,
            staleFor: Clock.Milliseconds(options.ServeStaleFor),
            answerWithin: Clock.Milliseconds(options.Limits.DnsAnswerWithin),
            marks: options.Limits.Marks,
            markFor: Clock.Milliseconds(options.SetAsideFor),
            pathMtus: options.Limits.PathMtus,
            sticky: options.Limits.KeptTargets,
            stickyFor: Clock.Milliseconds(options.KeepTargetFor),
            tryNextAfter: ToDuration(options.TryNextAfter)
        );

    private static Core.Rules ToRules(DispatcherOptions options, ulong seed) =>
        new(
            new FSharpMap<string, SipUri>(
                options.DomainProxies.Select(pair =>
                    Tuple.Create(DomainPatterns.Normal(pair.Key), pair.Value)
                )
            ),
            options.OutgoingProxy is { } proxy
                ? FSharpValueOption<SipUri>.NewValueSome(proxy)
                : FSharpValueOption<SipUri>.ValueNone,
            seed
        );
}
