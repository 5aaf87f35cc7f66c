// The legs there are. A leg of the facade is one or several core legs: one for each local address.
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>Binds, adds, finds and removes legs while everything runs.</summary>
internal sealed class Legs(Engine engine)
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<int, (ILink Link, Leg Leg)> _byNumber = new();
    private ImmutableArray<Leg> _all = [];
    private int _numbers;

    public ImmutableArray<Leg> All
    {
        get
        {
            lock (_lock)
            {
                return _all;
            }
        }
    }

    public ILink? Link(int number) =>
        _byNumber.TryGetValue(number, out var found) ? found.Link : null;

    public Leg? Find(int number) => _byNumber.TryGetValue(number, out var found) ? found.Leg : null;

    /// <exception cref="IOException">The address cannot be bound.</exception>
    public Leg Add(LegOptions options) => Add(options, Open(options));

    /// <summary>A leg of whatever links: the seam for other transports and simulated
    /// networks.</summary>
    public Leg Add(LegOptions options, ImmutableArray<ILink> links)
    {
        var first = Interlocked.Add(ref _numbers, links.Length) - links.Length + 1;
        ImmutableArray<int> numbers = [.. Enumerable.Range(first, links.Length)];
        var sentBys = links.Select(link => SentBy.Of(options.Advertise, link.LocalEndPoint));
        var leg = new Leg(engine, options, links, numbers, [.. sentBys]);

        if (!TryList(leg))
        {
            Array.ForEach([.. links], link => link.Dispose());
            throw new ObjectDisposedException(nameof(Dispatcher));
        }

        for (var index = 0; index < links.Length; index++)
        {
            Start(leg, index);
        }

        engine.Log.LegAdded(leg.ToString(), leg.SentBy);
        return leg;
    }

    public async Task<bool> RemoveAsync(Leg leg)
    {
        lock (_lock)
        {
            var without = _all.Remove(leg);

            if (without == _all)
            {
                return false;
            }

            _all = without;
        }

        foreach (var number in leg.Numbers)
        {
            engine.Loop.Order(Core.Input.NewRemoveLeg(number));
        }

        await Stop(leg).ConfigureAwait(false);
        engine.Log.LegRemoved(leg.ToString());
        return true;
    }

    public Task StopAsync() => Task.WhenAll(All.Select(Stop));

    /// <summary>Once the engine is closed, what is listed has been stopped.</summary>
    private bool TryList(Leg leg)
    {
        lock (_lock)
        {
            if (engine.IsClosed)
            {
                return false;
            }

            _all = _all.Add(leg);
            return true;
        }
    }

    private void Start(Leg leg, int index)
    {
        var (link, number) = (leg.Links[index], leg.Numbers[index]);
        var name = $"{link.Transport.ToString().ToLowerInvariant()}:{link.LocalEndPoint}";
        _byNumber[number] = (link, leg);
        engine.Loop.Order(
            Core.Input.NewAddLeg(
                new Core.Leg(
                    number,
                    link.Transport,
                    Core.AddressModule.ofIPAddress(link.LocalEndPoint.Address),
                    link.LocalEndPoint.Port,
                    leg.SentBys[index]
                )
            )
        );
        link.Start(new LinkOwner(engine, number, name));
    }

    private async Task Stop(Leg leg)
    {
        foreach (var (link, number) in leg.Links.Zip(leg.Numbers))
        {
            link.Dispose();
            await link.Stopped.ConfigureAwait(false);
            _byNumber.TryRemove(number, out _);
        }
    }

    private ImmutableArray<ILink> Open(LegOptions options) =>
        [.. Sockets(options).Select(socket => new UdpLink(socket, engine.Limits.DatagramsPerTurn))];

    private static Socket[] Sockets(LegOptions options) =>
        options.Socket is { } given
            ? [given]
            : UdpBinding.Bind(options.Bind!, options.ReceiveBuffer);
}
