// A clock that stands still until the pump moves it on. Its timers ring on the pump's thread.
namespace SipFun.Testing.Inside;

/// <summary>The clock of a simulation.</summary>
internal sealed class VirtualTime(Pump pump, DateTimeOffset start) : TimeProvider
{
    private long _ticks;

    public TimeSpan Elapsed => new(Volatile.Read(ref _ticks));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => start + Elapsed;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override ITimer CreateTimer(
        TimerCallback callback,
        object? state,
        TimeSpan dueTime,
        TimeSpan period
    )
    {
        var timer = new VirtualTimer(pump, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Never backwards.</summary>
    public void MoveTo(long ticks) => Volatile.Write(ref _ticks, Math.Max(_ticks, ticks));
}
