using System.Net;
using System.Net.Sockets;
using SipFun.Shell;

namespace SipFun.Testing.Inside;

/// <summary>A place where streams come and go, of one simulated host.</summary>
internal sealed class StreamPort : IStreamPort
{
    /// <summary>How long a SYN waits for its answer at first (RFC 6298, 2).</summary>
    private static readonly TimeSpan _syn = TimeSpan.FromSeconds(1);

    private readonly SimulatedNetwork _network;
    private readonly Transport _transport;
    private readonly bool _listens;
    private readonly Queue<StreamSocket> _arrived = new();
    private TaskCompletionSource<IStreamSocket>? _accepting;
    private bool _disposed;

    public StreamPort(
        SimulatedNetwork network,
        SimulatedHost host,
        IPEndPoint local,
        Transport transport,
        bool listens
    )
    {
        (_network, Host, LocalEndPoint) = (network, host, local);
        (_transport, _listens) = (transport, listens);
        network.Wires.Bind(isStream: true, local, this);
    }

    public SimulatedHost Host { get; }

    public IPEndPoint LocalEndPoint { get; }

    public async ValueTask<IStreamSocket> AcceptAsync(CancellationToken cancel)
    {
        if (_arrived.TryDequeue(out var arrived))
        {
            return arrived;
        }

        var accepting = _accepting = new TaskCompletionSource<IStreamSocket>();
        using var _ = cancel.UnsafeRegister(_ => accepting.TrySetCanceled(cancel), null);
        return await accepting.Task.ConfigureAwait(false);
    }

    public async ValueTask<IStreamSocket> ConnectAsync(IPEndPoint remote, CancellationToken cancel)
    {
        var own = new IPEndPoint(LocalEndPoint.Address, _network.Wires.Ephemeral());
        var place = await ReachAsync(remote, cancel).ConfigureAwait(false);

        if (_network.Wires.Listener(place.EndPoint) is not { _listens: true } listener)
        {
            throw new SocketException((int)SocketError.ConnectionRefused);
        }

        var seen = Wires.Seen(isStream: true, Host, own, place.Host);
        var pair = new StreamPair(
            _network,
            _transport,
            new StreamEnd(Host, own, remote),
            new StreamEnd(place.Host, place.EndPoint, seen)
        );
        _network.Wires.Add(pair);
        listener.Arrive(pair.Accepter);
        return pair.Opener;
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _network.Wires.Unbind(isStream: true, LocalEndPoint);
        }
    }

    private void Arrive(StreamSocket socket)
    {
        if (_accepting is { Task.IsCompleted: false } accepting)
        {
            _network.Pump.Queue(() => accepting.TrySetResult(socket));
            _accepting = null;
        }
        else
        {
            _arrived.Enqueue(socket);
        }
    }

    /// <summary>SYN and its answer, again and again until they get through.</summary>
    private async ValueTask<Place> ReachAsync(IPEndPoint remote, CancellationToken cancel)
    {
        var wires = _network.Wires;

        for (var wait = _syn; ; wait *= 2)
        {
            if (wires.Find(isStream: true, Host, remote) is { } place && Passes(place.Host))
            {
                var there = wires.Between(Host, place.Host).Delay;
                var back = wires.Between(place.Host, Host).Delay;
                await Pause.ForAsync(_network.Pump, there + back, cancel).ConfigureAwait(false);
                return place;
            }

            await Pause.ForAsync(_network.Pump, wait, cancel).ConfigureAwait(false);
        }
    }

    private bool Passes(SimulatedHost to)
    {
        var wires = _network.Wires;
        return !wires.IsCut(Host, to)
            && !wires.IsCut(to, Host)
            && !wires.Chance.Happens(wires.Between(Host, to).Loss)
            && !wires.Chance.Happens(wires.Between(to, Host).Loss);
    }
}
