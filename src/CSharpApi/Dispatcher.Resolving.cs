using SipFun.Shell;

namespace SipFun;

public sealed partial class Dispatcher
{
    /// <summary>
    /// The targets that failed lately and are tried after all others, the soonest to end first
    /// (<see cref="DispatcherOptions.SetAsideFor"/>). A snapshot. One that answers is no longer
    /// among them.
    /// </summary>
    public IReadOnlyList<TargetMark> Marks
    {
        get
        {
            var now = _engine.Clock.Now;
            return
            [
                .. Core
                    .StateModule.marks(now, _engine.Loop.State)
                    .Select(mark => new TargetMark(
                        Translate.ToHop(mark.Hop),
                        mark.Reason,
                        mark.Detail,
                        TimeSpan.FromMilliseconds(mark.Until - now)
                    )),
            ];
        }
    }

    /// <summary>Tries a target again as if it had never failed.</summary>
    /// <param name="hop">The target, as in <see cref="Marks"/>; default: all.</param>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public void ClearMarks(Hop? hop = null)
    {
        ThrowIfDisposed();
        _engine.Loop.Order(
            Core.Input.NewClearMarks(
                Translate.ToOption(hop is null ? (Core.Hop?)null : Translate.ToCore(hop))
            )
        );
    }

    /// <summary>
    /// Finds the next hops of a URI, in the order in which a request to it would try them (RFC
    /// 3263).
    /// </summary>
    /// <param name="uri">A sip or sips URI.</param>
    /// <param name="options">What may be used; default: everything.</param>
    /// <param name="cancel">
    /// Ends the waiting. What was asked of the DNS is not taken back: the resolution itself ends
    /// when it is answered, at the latest at <see cref="Limits.ResolveWithin"/>.
    /// </param>
    /// <returns>The candidates, or why there are none: a failure of the DNS is no
    /// exception.</returns>
    /// <exception cref="ArgumentException">A leg is of another dispatcher, or the legs or the
    /// transports are none.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public Task<Resolution> ResolveUriAsync(
        SipUri uri,
        ResolveOptions? options = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(uri);
        ThrowIfDisposed();
        options ??= new ResolveOptions();
        new DeliverOptions { Transports = options.Transports }.Validate();

        if (options.Legs is { Count: 0 })
        {
            throw new ArgumentException(
                "Legs names no leg: leave it out to allow all.",
                nameof(options)
            );
        }

        foreach (var leg in options.Legs ?? [])
        {
            ThrowIfForeign(leg, nameof(options));
        }

        var wishes = new Core.Wishes(
            Translate.ToList(options.Transports),
            Translate.ToList(options.Legs?.SelectMany(leg => leg.Numbers)),
            Microsoft.FSharp.Core.FSharpValueOption<long>.ValueNone
        );
        return ResolveAsync(uri, wishes, cancel);
    }

    private async Task<Resolution> ResolveAsync(
        SipUri uri,
        Core.Wishes wishes,
        CancellationToken cancel
    )
    {
        var found = await _engine
            .Lookups.ResolveAsync(_engine.NextNumber(), uri, wishes, cancel)
            .ConfigureAwait(false);
        var error = found.Failure.IsSome ? Translate.ToError(found.Failure.Value) : null;
        return new Resolution([.. found.Hops.Select(ToCandidate)], error, found.Trace);
    }

    private Candidate ToCandidate(
        Tuple<Core.Hop, Microsoft.FSharp.Collections.FSharpList<int>> found
    ) =>
        new(
            Translate.ToHop(found.Item1),
            [.. found.Item2.Select(_engine.Legs.Find).OfType<Leg>().Distinct()]
        );
}
