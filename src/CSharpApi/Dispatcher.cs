using SipFun.Shell;

namespace SipFun;

/// <summary>
/// Sends SIP messages where they belong, repeats them until they are answered, and hands what comes
/// in to receivers (RFC 3261, 17 and 18; RFC 3263; RFC 3581). All members may be called from any
/// thread, and from inside every callback.
/// </summary>
public sealed partial class Dispatcher : IAsyncDisposable
{
    private readonly DispatcherOptions _options;
    private readonly Engine _engine;
    private readonly Lock _lock = new();
    private Task? _closing;

    private Dispatcher(DispatcherOptions options, Core.Snapshot? former)
    {
        _options = options;
        _engine = new Engine(this, options, former);
    }

    /// <summary>
    /// What was dropped, absorbed or went wrong, by reason, since the start: "malformed",
    /// "foreign_response", "keep_alive" and so on. A snapshot.
    /// </summary>
    public IReadOnlyDictionary<string, long> Counters => _engine.Counters.Snapshot();

    /// <summary>The seam for links that are no sockets.</summary>
    internal Engine Engine => _engine;

    /// <summary>Starts a dispatcher: its legs are bound when the task completes.</summary>
    /// <param name="options">What it is started with.</param>
    /// <param name="cancel">Ends the start; nothing is left bound.</param>
    /// <exception cref="ArgumentException">An option makes no sense, or no leg can reach a
    /// proxy; the message says what to change.</exception>
    /// <exception cref="IOException">An address cannot be bound.</exception>
    /// <exception cref="InvalidDataException"><see cref="DispatcherOptions.Restore"/> is cut off,
    /// damaged, of another version or no snapshot; nothing was bound.</exception>
    public static async Task<Dispatcher> StartAsync(
        DispatcherOptions options,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        cancel.ThrowIfCancellationRequested();
        options.Validate();
        var former = options.Restore is { } snapshot
            ? await ReadAsync(snapshot, cancel).ConfigureAwait(false)
            : null;
        var dispatcher = new Dispatcher(options, former);

        try
        {
            foreach (var leg in options.Legs)
            {
                cancel.ThrowIfCancellationRequested();
                dispatcher._engine.Legs.Add(leg);
            }

            ProxyCheck.Run(options, Core.StateModule.legs(dispatcher._engine.Loop.State));

            if (former is not null)
            {
                dispatcher._engine.TakeUp(former);
            }

            return dispatcher;
        }
        catch
        {
            await dispatcher.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Ends: every open delivery completes <see cref="DeliveryOutcome.Disposed"/>, sockets are
    /// closed, callbacks and receivers that run are waited for, but for the one that this is called
    /// from, and for <see cref="Limits.DisposeWithin"/> at most. May be called again.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        _engine.Code.Visits.Excuse();

        lock (_lock)
        {
            _closing ??= _engine.Platform.Run(() => _engine.DisposeAsync().AsTask());
        }

        return new ValueTask(_engine.Platform.Finish(_closing));
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_engine.IsClosed, this);
}
