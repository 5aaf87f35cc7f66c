// The one timer of a dispatcher. Deadlines live in the core's state; this only wakes us up.
using Microsoft.FSharp.Core;

namespace SipFun.Shell;

/// <summary>Rings at the next deadline. Ringing early is harmless: it is armed again after each
/// turn.</summary>
internal sealed class Alarm : IDisposable
{
    /// <summary>Timers take at most 2^32 - 2 ms. A day is enough: it then rings early.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromDays(1);

    private readonly Clock _clock;
    private readonly ITimer _timer;

    public Alarm(Clock clock, Action ring)
    {
        _clock = clock;
        _timer = clock.Time.CreateTimer(
            static state => ((Action)state!)(),
            ring,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
    }

    public void Set(FSharpValueOption<long> deadline) =>
        _timer.Change(
            deadline.IsSome ? Wait(deadline.Value - _clock.Now) : Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );

    private static TimeSpan Wait(long milliseconds) =>
        milliseconds <= 0 ? TimeSpan.Zero
        : milliseconds >= (long)_longest.TotalMilliseconds ? _longest
        : TimeSpan.FromMilliseconds(milliseconds);

    public void Dispose() => _timer.Dispose();
}
