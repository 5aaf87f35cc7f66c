using SipFun.Shell;

namespace SipFun;

public sealed partial class Dispatcher
{
    /// <summary>Calls back after a time, on the thread pool and never beside itself.</summary>
    /// <param name="due">
    /// From now, rounded up to milliseconds. Zero or less: as soon as possible.
    /// </param>
    /// <param name="callback">What to call. One that throws is logged and counted.</param>
    /// <param name="repeat">
    /// Then again each time; default: once. What would overlap a callback still running is one
    /// call.
    /// </param>
    /// <returns>Ends the timer when disposed; no call begins after that.</returns>
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

        var wait = due <= TimeSpan.Zero ? 0 : Clock.Milliseconds(due);
        return _engine.AddTimer(_engine.Clock.Now + wait, repeat, callback);
    }

    /// <summary>
    /// Calls back at an instant. It is converted once, now: a later change of the wall clock does
    /// not move it.
    /// </summary>
    /// <param name="due">When. In the past: as soon as possible.</param>
    /// <param name="callback">What to call. One that throws is logged and counted.</param>
    /// <param name="repeat">Then again each time; default: once.</param>
    /// <returns>Ends the timer when disposed; no call begins after that.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Repeat is not more than zero.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public IDisposable AddTimer(DateTimeOffset due, Action callback, TimeSpan? repeat = null) =>
        AddTimer(due - _options.TimeProvider.GetUtcNow(), callback, repeat);
}
