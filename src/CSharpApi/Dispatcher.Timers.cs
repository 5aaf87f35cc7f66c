using SipFun.Shell;

namespace SipFun;

public sealed partial class Dispatcher
{
    /// <summary>Calls back after a time, on the thread pool and never beside itself.</summary>
    /// <param name="due">
    /// From now, never earlier and rounded up to milliseconds. Zero or less: as soon as possible.
    /// </param>
    /// <param name="callback">What to call. One that throws is logged and counted.</param>
    /// <param name="repeat">
    /// Then again each time; default: once. What would overlap a callback still running is one
    /// call.
    /// </param>
    /// <returns>
    /// Ends the timer when disposed: it never falls due again. A call that is beginning on another
    /// thread at that moment is not waited for.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">Repeat is not more than zero.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public IDisposable AddTimer(TimeSpan due, Action callback, TimeSpan? repeat = null)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ThrowIfDisposed();

        if (repeat is { } interval)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(
                interval,
                TimeSpan.Zero,
                nameof(repeat)
            );
        }

        var clock = _engine.Clock;
        return _engine.AddTimer(
            due <= TimeSpan.Zero ? clock.Now : clock.After(due),
            repeat,
            callback
        );
    }

    /// <summary>
    /// Calls back at an instant. It is converted once, now: a later change of the wall clock does
    /// not move it.
    /// </summary>
    /// <param name="due">When. In the past: as soon as possible.</param>
    /// <param name="callback">What to call. One that throws is logged and counted.</param>
    /// <param name="repeat">Then again each time; default: once.</param>
    /// <returns>
    /// Ends the timer when disposed: it never falls due again. A call that is beginning on another
    /// thread at that moment is not waited for.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">Repeat is not more than zero.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public IDisposable AddTimer(DateTimeOffset due, Action callback, TimeSpan? repeat = null) =>
        AddTimer(due - _options.TimeProvider.GetUtcNow(), callback, repeat);
}
