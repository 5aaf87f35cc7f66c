using System.Net;
using Microsoft.FSharp.Collections;
using SipFun.Shell;

namespace SipFun;

/// <summary>
/// Drops requests without a word: by what a header field says, by where they come from, and of sources
/// that send too much. It passes all others. Put it first in a chain. What it drops is counted by
/// reason (<c>dropped_by_field</c>, <c>dropped_by_source</c>, <c>dropped_by_rate</c>).
/// </summary>
/// <example>
/// <code>
/// var dropper = new Dropper(new()
/// {
///     Rules = [DropRule.Contains("User-Agent", "friendly-scanner")],
///     MaxPerSource = 100,
/// });
/// dispatcher.SetReceiver(Receiver.Chain(dropper, agent));
/// </code>
/// </example>
public sealed class Dropper : IReceiver, ITurnReceiver
{
    private readonly Lock _gate = new();
    private readonly HashSet<SipMethod> _methods;
    private readonly Core.SourceLimitSettings? _limit;
    private readonly FSharpList<Core.Network> _networks;
    private readonly FSharpList<Core.Network> _trusted;
    private Core.SourceLimits _limits = Core.SourceLimitsModule.empty;
    private Clock? _clock;

    /// <summary>A dropper. One may serve several dispatchers.</summary>
    /// <param name="options">What it drops.</param>
    /// <exception cref="ArgumentException">An option makes no sense; the message says what to
    /// change.</exception>
    public Dropper(DropperOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        _methods = [.. options.Methods];
        _networks = Translate.ToNetworks(options.Networks);
        _trusted = Translate.ToNetworks(options.Trusted);

        if (options.MaxPerSource is { } most)
        {
            var draws = new Draws();
            _limit = new Core.SourceLimitSettings(
                most,
                Clock.Milliseconds(options.Interval),
                Clock.Milliseconds(options.Silence),
                options.MaxSources,
                (draws.Next(), draws.Next())
            );
        }
    }

    /// <summary>What it was made with.</summary>
    public DropperOptions Options { get; }

    /// <summary>The sources that are not heard now, and for how much longer. A snapshot; of an IPv6
    /// source the first address of its /64.</summary>
    public IReadOnlyList<(IPAddress Source, TimeSpan Left)> Silenced
    {
        get
        {
            lock (_gate)
            {
                if (_limit is null || _clock is not { Now: var now })
                {
                    return [];
                }

                return
                [
                    .. Core
                        .SourceLimitsModule.silenced(_limit, now, _limits)
                        .Select(row =>
                            (
                                Core.AddressModule.toIPAddress(row.Item1),
                                TimeSpan.FromMilliseconds(row.Item2 - now)
                            )
                        ),
                ];
            }
        }
    }

    Receipt ITurnReceiver.Receive(Received received)
    {
        if (received.Message is not SipRequest request || !IsMeant(request, received))
        {
            return Receipt.Pass;
        }

        if (WhyDrop(request, received) is not { } reason)
        {
            return Receipt.Pass;
        }

        received.Count(reason);
        return Receipt.Stateless;
    }

    private bool IsMeant(SipRequest request, Received received) =>
        (_methods.Count == 0 || _methods.Contains(request.Method))
        && !IsIn(_trusted, received.From.Address);

    private Reason? WhyDrop(SipRequest request, Received received) =>
        IsIn(_networks, received.From.Address) ? Reason.DroppedBySource
        : IsTooMuch(received) ? Reason.DroppedByRate
        : Options.Rules.Any(rule => rule.Fits(request)) ? Reason.DroppedByField
        : null;

    private bool IsTooMuch(Received received)
    {
        if (_limit is null)
        {
            return false;
        }

        lock (_gate)
        {
            // By a clock of its own: dispatchers count from their own start.
            _clock ??= new Clock(received.Dispatcher.Engine.Clock.Time);
            var (isTooMuch, limits) = Core.SourceLimitsModule.count(
                _limit,
                _clock.Now,
                received.From.Address,
                _limits
            );
            _limits = limits;
            return isTooMuch;
        }
    }

    private static bool IsIn(FSharpList<Core.Network> networks, Core.Address address) =>
        networks.Any(network => Core.NetworkModule.contains(address, network));
}
