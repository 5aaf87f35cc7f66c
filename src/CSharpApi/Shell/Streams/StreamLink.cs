// One local address of a connection-oriented transport: a listening socket, the connections it
// accepted and those it opened. One timer looks at all of them once a second.
using System.Collections.Concurrent;
using System.Net;

namespace SipFun.Shell;

/// <summary>Sends and receives over connections, and knows them by number.</summary>
internal sealed class StreamLink : IFlowLink
{
    private static readonly TimeSpan _sweepEvery = TimeSpan.FromSeconds(1);

    /// <summary>No timer of the system's is longer than seven weeks.</summary>
    private static readonly TimeSpan _longestWait = TimeSpan.FromDays(1);

    private readonly IStreamPort _port;
    private readonly Admission _admission;
    private readonly TlsSettings _tls;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<long, Connection> _connections = new();
    private readonly Lock _lock = new();
    private readonly Promise _stopped;
    private volatile ILinkOwner? _owner;
    private Task _accepting = Task.CompletedTask;
    private volatile bool _disposed;
    private bool _isSwept;
    private int _sweeping;

    public StreamLink(IStreamPort port, LegOptions options, Clock clock, Platform platform)
    {
        (_port, Options, Clock, Platform) = (port, options, clock, platform);
        (Draws, _stopped) = (platform.Draws(), new Promise(platform));
        _admission = new Admission(options);
        _tls = new TlsSettings(options);
        Opening = new Opening(options, _tls, platform.IsPlain);
        _timer = clock.Time.CreateTimer(
            static link => ((StreamLink)link!).Sweep(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
    }

    public Transport Transport => Options.Transport;

    public IPEndPoint LocalEndPoint => _port.LocalEndPoint;

    public LegOptions Options { get; }

    public Clock Clock { get; }

    public Platform Platform { get; }

    public Draws Draws { get; }

    public Opening Opening { get; }

    public TlsSettings Tls => _tls;

    public long Now => Clock.Now;

    public ILinkOwner Owner => _owner!;

    /// <summary>How many connections there are, those being opened or closed included.</summary>
    public int Count => _connections.Count;

    /// <summary>Whether each connection waits for its peer, or for time. Virtual time goes on only
    /// then: it must not outrun the sockets.</summary>
    public bool IsQuiet => _connections.Values.All(connection => connection.IsQuiet);

    /// <summary>Whether there is a connection whose peer does not read.</summary>
    public bool IsStuck => _connections.Values.Any(connection => connection.IsStuck);

    /// <summary>For tests: to see that none is held once it has ended.</summary>
    public IEnumerable<Connection> Connections => _connections.Values;

    public Task Stopped => _disposed ? _stopped.Task : Task.CompletedTask;

    public void Attach(ILinkOwner owner) => _owner = owner;

    public void Start()
    {
        if (Options.CanListen || Platform.IsPlain)
        {
            var listener = new Listener<IStreamSocket>(_port.AcceptAsync, Admit, Owner, Clock.Time);
            _accepting = Platform.Run(() => listener.RunAsync(_stop.Token));
        }
    }

    public void Connect(in Core.Hop hop)
    {
        if (_disposed)
        {
            Owner.Closed(hop.Flow, TransportFault.LegRemoved, "the leg was removed");
        }
        else if (_admission.TryOpen() is { } refusal)
        {
            Owner.Ended(hop, refusal, "not opened");
            var detail = $"{Options.MaxConnections} connections (LegOptions.MaxConnections)";
            Owner.Closed(hop.Flow, TransportFault.TooManyConnections, detail);
        }
        else
        {
            Begin(new Connection(this, hop, accepted: null));
        }
    }

    /// <summary>A socket to a hop, without any handshake of ours.</summary>
    public ValueTask<IStreamSocket> ConnectAsync(in Core.Hop hop, CancellationToken cancel)
    {
        var address = Core.AddressModule.toIPAddress(hop.Address);
        return _port.ConnectAsync(new IPEndPoint(address, hop.Port), cancel);
    }

    public void Disconnect(long flow)
    {
        if (_connections.TryGetValue(flow, out var connection))
        {
            connection.Retire();
        }
    }

    public void Send(long number, in Core.Hop hop, ReadOnlyMemory<byte> packet, bool report)
    {
        if (!_connections.TryGetValue(hop.Flow, out var connection))
        {
            Owner.Failed(number, hop, TransportFault.Closed, "the connection is closed");
        }
        else if (!connection.TrySend(number, packet, report))
        {
            Owner.Dropped(Reason.WriteQueueFull);
            const string Detail = "too much waits for this connection (LegOptions.WriteQueue)";
            Owner.Failed(number, hop, TransportFault.QueueFull, Detail);
        }
    }

    public void HandshakeEnded(Connection connection)
    {
        if (!connection.IsOurs)
        {
            _admission.EndHandshake();
        }
    }

    /// <summary>A connection has ended, and reads and writes nothing more.</summary>
    public void Remove(Connection connection)
    {
        if (_connections.TryRemove(connection.Hop.Flow, out _))
        {
            var address = Core.AddressModule.toIPAddress(connection.Hop.Address);
            _admission.Leave(connection.IsOurs ? null : address);
            StopIfLast();
        }
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _ = Platform.CancelAsync(_stop);
        _port.Dispose();

        foreach (var connection in _connections.Values)
        {
            connection.Retire();
        }

        StopIfLast();
        _ = BoundAsync();
    }

    /// <summary>The end waits for no peer that does not read, though the user's clock stands still:
    /// the sockets live by the system's.</summary>
    private async Task BoundAsync()
    {
        var most = Options.WriteTimeout < _longestWait ? Options.WriteTimeout : _longestWait;

        try
        {
            await _stopped.Task.WaitAsync(most, Platform.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            foreach (var connection in _connections.Values)
            {
                connection.Dispose();
            }
        }
    }

    private void Admit(IStreamSocket socket)
    {
        try
        {
            var remote = socket.RemoteEndPoint;
            var address = Core.AddressModule.ofIPAddress(remote.Address);
            var flow = Owner.NextFlow();
            var hop = new Core.Hop(Transport, address, remote.Port, null, flow);

            if (_admission.TryAccept(remote.Address) is { } refusal)
            {
                socket.Dispose();
                Owner.Ended(hop, refusal, "not accepted");
            }
            else
            {
                Begin(new Connection(this, hop, socket));
            }
        }
        catch
        {
            // Reset before it was looked at: the accepting loop counts it.
            socket.Dispose();
            throw;
        }
    }

    private void Begin(Connection connection)
    {
        _connections[connection.Hop.Flow] = connection;

        lock (_lock)
        {
            if (!_isSwept)
            {
                _isSwept = true;
                _timer.Change(_sweepEvery, _sweepEvery);
            }
        }

        _ = Platform.Run(connection.RunAsync);

        if (_disposed)
        {
            connection.Retire();
        }
    }

    /// <summary>A sweep that lasts longer than a second is not joined by another.</summary>
    private void Sweep()
    {
        if (Interlocked.Exchange(ref _sweeping, 1) != 0)
        {
            return;
        }

        try
        {
            foreach (var (_, connection) in _connections)
            {
                connection.Sweep(Now);
            }
        }
        catch (Exception exception)
        {
            Owner.ReceiveFailed(exception);
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
            RestIfNone();
        }
    }

    private void RestIfNone()
    {
        lock (_lock)
        {
            if (_connections.IsEmpty && _isSwept)
            {
                _isSwept = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private async Task StopAfterAsync(Task accepting)
    {
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopped.Set();
    }

    private void StopIfLast()
    {
        if (_disposed && _connections.IsEmpty)
        {
            _timer.Dispose();
            _ = StopAfterAsync(_accepting);
        }
    }
}
