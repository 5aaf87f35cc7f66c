// The only clock: milliseconds since the dispatcher's start, from timestamps, never from wall time. It goes on
// where the clock of a dispatcher that was written down stood.
namespace SipFun.Shell;

/// <summary>Counts milliseconds from the moment it was made. Never goes backwards.</summary>
internal sealed class Clock(TimeProvider time, long origin = 0)
{
    private readonly long _start = time.GetTimestamp();

    public TimeProvider Time { get; } = time;

    /// <summary>Whole milliseconds since the start, and what was on the clock then.</summary>
    public long Now => origin + (Time.GetElapsedTime(_start).Ticks / TimeSpan.TicksPerMillisecond);

    /// <summary>The first whole millisecond that is not earlier than this long from
    /// now.</summary>
    public long After(TimeSpan length)
    {
        var elapsed = Time.GetElapsedTime(_start).Ticks;
        var room = TimeSpan.MaxValue.Ticks - elapsed;
        return origin + Milliseconds(new TimeSpan(elapsed + Math.Min(length.Ticks, room)));
    }

    /// <summary>A length of time in milliseconds, rounded up: nothing may happen too
    /// early.</summary>
    public static long Milliseconds(TimeSpan length) =>
        (length.Ticks / TimeSpan.TicksPerMillisecond)
        + (length.Ticks % TimeSpan.TicksPerMillisecond > 0 ? 1 : 0);
}
