using System.Runtime.CompilerServices;

namespace SipFun;

// How long connections may take, and how many there may be. UDP ignores all of it.
public sealed partial record LegOptions
{
    private readonly TimeSpan _connectTimeout = TimeSpan.FromSeconds(10);
    private readonly TimeSpan _handshakeTimeout = TimeSpan.FromSeconds(10);
    private readonly TimeSpan _writeTimeout = TimeSpan.FromSeconds(10);
    private readonly TimeSpan _idleTimeout = TimeSpan.FromSeconds(120);
    private readonly TimeSpan _headerTimeout = TimeSpan.FromSeconds(10);
    private readonly TimeSpan? _lifetime;
    private readonly TimeSpan? _keepAlive;
    private readonly int _minBodyRate = 240;
    private readonly int _maxConnections = 10_000;
    private readonly int _maxConnectionsPerSource = 500;
    private readonly int _maxHandshakes = 1_000;
    private readonly int _writeQueue = 1_000;
    private readonly int _writeQueueBytes = 4 * 1024 * 1024;
    private readonly int _backlog = 512;

    /// <summary>
    /// How long a connection may take to be there; default 10 s. Then
    /// <see cref="TransportFault.ConnectTimedOut"/>. All limits of time are looked at once a second
    /// by <see cref="DispatcherOptions.TimeProvider"/>, so that each may end up to 1 s late.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not more than zero.</exception>
    public TimeSpan ConnectTimeout
    {
        get => _connectTimeout;
        init => _connectTimeout = Positive(value);
    }

    /// <summary>
    /// How long a TLS handshake may take, on both sides; default 10 s. Then
    /// <see cref="TransportFault.HandshakeTimedOut"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not more than zero.</exception>
    public TimeSpan HandshakeTimeout
    {
        get => _handshakeTimeout;
        init => _handshakeTimeout = Positive(value);
    }

    /// <summary>
    /// How long a peer may read nothing of one message; default 10 s. Then
    /// <see cref="TransportFault.WriteTimedOut"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not more than zero.</exception>
    public TimeSpan WriteTimeout
    {
        get => _writeTimeout;
        init => _writeTimeout = Positive(value);
    }

    /// <summary>
    /// A connection over which nothing went for this long, in either direction, is closed, unless
    /// a transaction still wants it (RFC 3261, 18); default 120 s. Keep-alives count: a connection
    /// that is kept alive, by us or by its peer, stays until its <see cref="Lifetime"/>.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: never.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not more than zero.</exception>
    public TimeSpan IdleTimeout
    {
        get => _idleTimeout;
        init => _idleTimeout = value == Timeout.InfiniteTimeSpan ? value : Positive(value);
    }

    /// <summary>
    /// An older connection is used for nothing new, and closed when no transaction wants it any
    /// more. Default: null, however old.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not more than zero.</exception>
    public TimeSpan? Lifetime
    {
        get => _lifetime;
        init => _lifetime = value is { } length ? Positive(length) : null;
    }

    /// <summary>
    /// How often a connection that we opened asks the peer for a sign of life, by two CRLFs, when
    /// nothing else was sent (RFC 5626, 4.4.1): after 80 to 100 % of this, drawn each time. No
    /// answer within 10 s ends it. Default: null, never. A peer's own are always answered.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not more than zero.</exception>
    public TimeSpan? KeepAlive
    {
        get => _keepAlive;
        init => _keepAlive = value is { } length ? Positive(length) : null;
    }

    /// <summary>
    /// How long the header section of a message may take from its first byte; default 10 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not more than zero.</exception>
    public TimeSpan HeaderTimeout
    {
        get => _headerTimeout;
        init => _headerTimeout = Positive(value);
    }

    /// <summary>
    /// How fast a message body must come, in bytes a second, from 5 s after its beginning; default
    /// 240. 0: however slow.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 0.</exception>
    public int MinBodyRate
    {
        get => _minBodyRate;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _minBodyRate = value;
        }
    }

    /// <summary>
    /// Connections at one local address of this leg, accepted and opened; default 10,000. One more
    /// is closed at once, or ends <see cref="TransportFault.TooManyConnections"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int MaxConnections
    {
        get => _maxConnections;
        init => _maxConnections = Positive(value);
    }

    /// <summary>
    /// Accepted connections from one IPv4 address or one IPv6 /64; default 500, half of
    /// <see cref="MaxHandshakes"/>, so that no source alone keeps the others out. One more is
    /// closed at once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int MaxConnectionsPerSource
    {
        get => _maxConnectionsPerSource;
        init => _maxConnectionsPerSource = Positive(value);
    }

    /// <summary>
    /// Accepted connections whose handshakes are not done; default 1,000. One more is closed at
    /// once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int MaxHandshakes
    {
        get => _maxHandshakes;
        init => _maxHandshakes = Positive(value);
    }

    /// <summary>Packets that wait to be written to one connection; default 1,000. One more ends
    /// <see cref="TransportFault.QueueFull"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int WriteQueue
    {
        get => _writeQueue;
        init => _writeQueue = Positive(value);
    }

    /// <summary>Bytes that wait to be written to one connection; default 4 MiB. A packet beyond
    /// ends <see cref="TransportFault.QueueFull"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int WriteQueueBytes
    {
        get => _writeQueueBytes;
        init => _writeQueueBytes = Positive(value);
    }

    /// <summary>Connections that the system keeps until they are accepted; default 512.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int Backlog
    {
        get => _backlog;
        init => _backlog = Positive(value);
    }

    private static TimeSpan Positive(TimeSpan value, [CallerMemberName] string parameter = "")
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, parameter);
        return value;
    }

    private static int Positive(int value, [CallerMemberName] string parameter = "")
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value, parameter);
        return value;
    }
}
