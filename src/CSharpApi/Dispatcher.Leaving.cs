using SipFun.Shell;

namespace SipFun;

public sealed partial class Dispatcher
{
    /// <summary>Nothing new begins any more (<see cref="DrainAsync"/>).</summary>
    public bool IsDraining => _engine.IsDraining;

    /// <summary>
    /// Before the end: nothing new begins, and what was begun is waited for. From now on requests that
    /// come in get 503 with Retry-After (RFC 3261, 21.5.4), but ACK, CANCEL and those within a
    /// dialog, which are served; and <see cref="Deliver(SipMessage, DeliverOptions?)"/> refuses
    /// requests outside of dialogs (<see cref="RefusalReason.Draining"/>), but ACK and CANCEL. There is
    /// no way back. Calls of a <see cref="UserAgent"/> are not hung up.
    /// </summary>
    /// <param name="within">How long to wait, by <see cref="DispatcherOptions.TimeProvider"/>. Default:
    /// as long as it takes; an INVITE may ring for ever.</param>
    /// <param name="cancel">Ends the waiting, not the draining.</param>
    /// <returns>What is left when the time is over; nothing, when all has ended. Transactions that only
    /// absorb copies are not waited for.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public async Task<DrainResult> DrainAsync(
        TimeSpan? within = null,
        CancellationToken cancel = default
    )
    {
        ThrowIfDisposed();
        var done = _engine.DrainAsync();

        try
        {
            await done.WaitAsync(within ?? Timeout.InfiniteTimeSpan, _options.TimeProvider, cancel)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The result says what is left.
        }

        return new DrainResult([.. Deliveries], _engine.Loop.State.Unanswered);
    }

    /// <summary>
    /// Writes down all that is under way and remembered, as it is now, for
    /// <see cref="DispatcherOptions.Restore"/> of another process. The dispatcher itself goes on: dispose
    /// it, before two of them insist. Deliveries that end meanwhile are told here and there. User
    /// agents, timers, resolutions by themselves, callbacks and receivers are not in it. It bears
    /// messages and keys: keep it secret.
    /// </summary>
    /// <param name="stream">Where to; flushed, and left open.</param>
    /// <param name="cancel">Ends the writing; what is there then is known as cut off.</param>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public async Task SnapshotAsync(Stream stream, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ThrowIfDisposed();
        await stream.WriteAsync(_engine.Snapshot(), cancel).ConfigureAwait(false);
        await stream.FlushAsync(cancel).ConfigureAwait(false);
    }

    private static async Task<Core.Snapshot> ReadAsync(Stream stream, CancellationToken cancel)
    {
        using var octets = new MemoryStream();
        await stream.CopyToAsync(octets, cancel).ConfigureAwait(false);
        var read = Core.SnapshotModule.read(octets.GetBuffer().AsMemory(0, (int)octets.Length));
        return read.IsOk
            ? read.ResultValue
            : throw new InvalidDataException(
                $"The snapshot cannot be restored: {read.ErrorValue}. "
                    + "Start without DispatcherOptions.Restore, or give it one that is whole."
            );
    }

    private Core.Trace Told() =>
        Core.TraceModule.add(
            _engine.Clock.Now,
            Core.Decision.NewEndedAs("refused", "the dispatcher drains"),
            Core.TraceModule.empty(2)
        );

    private static bool BeginsAnew(SipMessage message) =>
        message is SipRequest { ToTag: null } request
        && request.Method != SipMethod.Ack
        && request.Method != SipMethod.Cancel;
}
