namespace SipFun.Testing.Inside;

/// <summary>
/// A timer of the virtual clock. It has one place in the pump's agenda at most that counts; setting
/// it to ring later leaves the place where it is, and it is looked at again then.
/// </summary>
internal sealed class VirtualTimer(Pump pump, TimerCallback callback, object? state)
    : ITimer,
        IOccurrence
{
    private const long Never = long.MaxValue;

    private readonly Lock _lock = new();
    private long _due = Never;
    private long _placed = Never;
    private long _period = Never;
    private bool _disposed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return false;
            }

            _due = After(dueTime);
            _period = period <= TimeSpan.Zero ? Never : period.Ticks;
            Place();
            return true;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            (_due, _disposed) = (Never, true);
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Whether this place still counts; if it has moved on, it is put there.</summary>
    public bool IsDue(long at)
    {
        lock (_lock)
        {
            if (at != _placed || _due == at)
            {
                return at == _placed;
            }

            _placed = Never;
            Place();
            return false;
        }
    }

    public void Happen()
    {
        lock (_lock)
        {
            _placed = Never;
            _due = _period == Never ? Never : pump.Time.Elapsed.Ticks + _period;
            Place();
        }

        callback(state);
    }

    private long After(TimeSpan time) =>
        time < TimeSpan.Zero ? Never : pump.Time.Elapsed.Ticks + time.Ticks;

    private void Place()
    {
        if (_due < _placed)
        {
            _placed = _due;
            pump.At(_due, this);
        }
    }
}
