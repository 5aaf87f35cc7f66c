namespace SipFun.Shell;

/// <summary>
/// Which limit of time one connection has passed. Reader, writer and handshakes tell when
/// something happened, the sweep asks. Instants are the clock's milliseconds.
/// </summary>
internal sealed class Vigil
{
    /// <summary>How long a pong may take (RFC 5626, 4.4.1).</summary>
    private const long PongWithin = 10_000;

    /// <summary>How often an idle or old connection is reported while it stays.</summary>
    private const long Again = 10_000;

    private const long Never = long.MaxValue;

    private enum Phase
    {
        Connecting,
        Handshake,
        Open,
        Ending,
    }

    private readonly LegOptions _options;
    private readonly bool _isOurs;
    private readonly Draws _draws;
    private readonly Lock _lock = new();
    private Phase _phase = Phase.Connecting;
    private long _since;
    private long _heard;
    private long _written;
    private long _pinged = Never;
    private long _pingAfter;
    private long _idleAt = Never;
    private long _oldAt = Never;

    public Vigil(LegOptions options, bool isOurs, long now, Draws draws)
    {
        (_options, _isOurs, _since, _draws) = (options, isOurs, now, draws);
        DrawPing();
    }

    /// <summary>Whether there is a connection yet, in whatever state.</summary>
    public bool IsConnecting
    {
        get
        {
            lock (_lock)
            {
                return _phase == Phase.Connecting;
            }
        }
    }

    public void BeginHandshake(long now) => Begin(Phase.Handshake, now);

    public void BeginEnd(long now) => Begin(Phase.Ending, now);

    public void BeginOpen(long now)
    {
        lock (_lock)
        {
            Begin(Phase.Open, now);
            _heard = _written = now;
            _oldAt = _options.Lifetime is { } life ? now + Clock.Milliseconds(life) : Never;
            SetIdle();
        }
    }

    public void Heard(long now)
    {
        lock (_lock)
        {
            _heard = now;
            SetIdle();
        }
    }

    public void Written(long now)
    {
        lock (_lock)
        {
            _written = now;
            SetIdle();
        }
    }

    public void Ponged()
    {
        lock (_lock)
        {
            _pinged = Never;
            DrawPing();
        }
    }

    /// <summary>The limit that has passed; null: none.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="writing">For how long one writing has lasted.</param>
    public Ending? Late(long now, long writing)
    {
        lock (_lock)
        {
            var length = now - _since;

            return _phase switch
            {
                Phase.Connecting => length > Limit(_options.ConnectTimeout) ? ConnectLate : null,
                Phase.Handshake => length > Limit(_options.HandshakeTimeout) ? HandshakeLate : null,
                Phase.Open => writing > Limit(_options.WriteTimeout) ? WriteLate
                : _pinged != Never && now - _pinged > PongWithin ? PongLate
                : null,
                _ => length > Limit(_options.WriteTimeout) ? WriteLate : null,
            };
        }
    }

    /// <summary>Whether a ping is due; then it counts as sent.</summary>
    public bool WantsPing(long now)
    {
        lock (_lock)
        {
            if (!_isOurs || _options.KeepAlive is null || _pinged != Never)
            {
                return false;
            }

            var isDue = now - _written >= _pingAfter;
            _pinged = isDue ? now : Never;
            return isDue;
        }
    }

    public bool IsIdle(long now) => Passes(ref _idleAt, now);

    public bool IsOld(long now) => Passes(ref _oldAt, now);

    private static Ending ConnectLate { get; } =
        new(
            TransportFault.ConnectTimedOut,
            Reason.ConnectTooSlow,
            "no connection within LegOptions.ConnectTimeout"
        );

    private static Ending HandshakeLate { get; } =
        new(
            TransportFault.HandshakeTimedOut,
            Reason.HandshakeTooSlow,
            "no handshake within LegOptions.HandshakeTimeout"
        );

    private static Ending WriteLate { get; } =
        new(
            TransportFault.WriteTimedOut,
            Reason.WriteTooSlow,
            "the peer read nothing within LegOptions.WriteTimeout"
        );

    private static Ending PongLate { get; } =
        new(TransportFault.Closed, Reason.PongMissing, "no pong within 10 s (RFC 5626, 4.4.1)");

    private static long Limit(TimeSpan length) => Clock.Milliseconds(length);

    private void Begin(Phase phase, long now)
    {
        lock (_lock)
        {
            (_phase, _since) = (phase, now);
        }
    }

    private void SetIdle() =>
        _idleAt =
            _options.IdleTimeout == Timeout.InfiniteTimeSpan
                ? Never
                : Math.Max(_heard, _written) + Limit(_options.IdleTimeout);

    /// <summary>80 to 100 % of the interval, so that many connections do not beat as one (RFC
    /// 5626, 4.4.1).</summary>
    private void DrawPing() =>
        _pingAfter = _options.KeepAlive is { } every
            ? (long)(Limit(every) * (0.8 + (0.2 * _draws.Fraction())))
            : Never;

    private bool Passes(ref long at, long now)
    {
        lock (_lock)
        {
            if (now < at)
            {
                return false;
            }

            at = now + Again;
            return true;
        }
    }
}
