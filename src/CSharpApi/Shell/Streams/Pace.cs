namespace SipFun.Shell;

/// <summary>
/// Whether the message that is coming over a connection comes fast enough. The reader tells, the
/// sweep asks. Instants are the clock's milliseconds.
/// </summary>
internal sealed class Pace(LegOptions options)
{
    /// <summary>How long a body may come at any speed, in milliseconds.</summary>
    private const long BodyGrace = 5_000;

    private readonly Lock _lock = new();
    private readonly long _headerTimeout = Clock.Milliseconds(options.HeaderTimeout);
    private long? _began;
    private long? _bodyBegan;
    private int _atBody;
    private int _waiting;

    /// <summary>A message is complete: what waits now is another's.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _began = _bodyBegan = null;
        }
    }

    public void Progress(long now, int waiting, bool headersComplete)
    {
        lock (_lock)
        {
            _waiting = waiting;
            _began = waiting == 0 ? null : _began ?? now;

            if (waiting == 0 || !headersComplete)
            {
                _bodyBegan = null;
            }
            else if (_bodyBegan is null)
            {
                (_bodyBegan, _atBody) = (now, waiting);
            }
        }
    }

    /// <summary>Why the connection must be closed; null: it need not.</summary>
    public Reason? TooSlow(long now)
    {
        lock (_lock)
        {
            return _bodyBegan is { } body
                ? IsSlow(now - body)
                    ? Reason.BodyTooSlow
                    : null
                : _began is { } began && now - began > _headerTimeout
                    ? Reason.HeaderTooSlow
                    : null;
        }
    }

    private bool IsSlow(long elapsed) =>
        elapsed > BodyGrace && (_waiting - _atBody) * 1000L < options.MinBodyRate * elapsed;
}
