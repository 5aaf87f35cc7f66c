// The legs there are. A leg of the facade is one or several core legs: one for each local address.
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;

namespace SipFun.Shell;

/// <summary>Binds, adds, finds and removes legs while everything runs.</summary>
internal sealed class Legs(Engine engine, IReadOnlyCollection<Core.Leg> former)
{
    // One leg after the other, so that none is removed while it is added.
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<int, (ILink Link, Leg Leg)> _byNumber = new();
    private volatile Leg[] _all = [];
    private int _numbers = former.Select(leg => leg.Number).DefaultIfEmpty().Max();
    private readonly List<Core.Leg> _former = [.. former];

    public ImmutableArray<Leg> All => ImmutableCollectionsMarshal.AsImmutableArray(_all);

    public ILink? Link(int number) =>
        _byNumber.TryGetValue(number, out var found) ? found.Link : null;

    public Leg? Find(int number) => _byNumber.TryGetValue(number, out var found) ? found.Leg : null;

    /// <exception cref="ArgumentException">Its socket is another leg's.</exception>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public Leg Add(LegOptions options)
    {
        engine.Loop.ThrowIfInside();
        options.Validate();

        lock (_gate)
        {
            if (options.Socket is { } own && _all.Any(leg => leg.Options.Socket == own))
            {
                throw new ArgumentException("The socket is another leg's. Give one of its own.");
            }

            return Add(options, OpenBeside(options));
        }
    }

    /// <summary>A leg of whatever links: the seam for other transports and simulated
    /// networks.</summary>
    public Leg Add(LegOptions options, ImmutableArray<ILink> links)
    {
        engine.Loop.ThrowIfInside();
        var leg = Make(options, links);

        lock (_gate)
        {
            try
            {
                // Once the engine is closed, what is listed has been stopped.
                ObjectDisposedException.ThrowIf(engine.IsClosed, engine.Dispatcher);
                Start(leg);
            }
            catch
            {
                Undo(leg);
                throw;
            }

            _all = [.. _all, leg];
        }

        engine.Log.LegAdded(leg.ToString(), leg.SentBy);
        return leg;
    }

    public async Task<bool> RemoveAsync(Leg leg)
    {
        engine.Loop.ThrowIfInside();

        lock (_gate)
        {
            if (!_all.Contains(leg))
            {
                return false;
            }

            foreach (var number in leg.Numbers)
            {
                engine.Loop.Order(Core.Input.NewRemoveLeg(number));
            }

            _all = [.. _all.Where(one => one != leg)];
        }

        await Stop(leg).ConfigureAwait(false);
        engine.Log.LegRemoved(leg.ToString());
        return true;
    }

    public Task StopAsync()
    {
        lock (_gate)
        {
            return Task.WhenAll(_all.Select(Stop));
        }
    }

    private Leg Make(LegOptions options, ImmutableArray<ILink> links)
    {
        var sentBys = links.Select(link => SentBy.Of(options.Advertise, link.LocalEndPoint));
        ImmutableArray<int> numbers = [.. links.Select(NumberFor)];
        return new Leg(engine, options, links, numbers, [.. sentBys]);
    }

    /// <summary>A fresh one; the same as before, where a dispatcher that was written down had the same
    /// local end: what it had under way over it goes on.</summary>
    private int NumberFor(ILink link)
    {
        lock (_former)
        {
            var address = Core.AddressModule.ofIPAddress(link.LocalEndPoint.Address);
            var same = _former.Find(leg =>
                leg.Transport == link.Transport
                && leg.Address.Equals(address)
                && leg.Port == link.LocalEndPoint.Port
            );

            if (same is null)
            {
                return Interlocked.Increment(ref _numbers);
            }

            _former.Remove(same);
            return same.Number;
        }
    }

    /// <summary>The owner before the core may send, the receiving after it knows the leg.</summary>
    private void Start(Leg leg)
    {
        for (var index = 0; index < leg.Links.Length; index++)
        {
            var (link, number) = (leg.Links[index], leg.Numbers[index]);
            var name = $"{link.Transport.ToString().ToLowerInvariant()}:{link.LocalEndPoint}";
            link.Attach(new LinkOwner(engine, link, number, name));
            _byNumber[number] = (link, leg);
            engine.Loop.Order(Core.Input.NewAddLeg(ToCore(leg, index)));
        }

        foreach (var link in leg.Links)
        {
            link.Start();
        }
    }

    private void Undo(Leg leg)
    {
        foreach (var (link, number) in leg.Links.Zip(leg.Numbers))
        {
            link.Dispose();
            _byNumber.TryRemove(number, out _);
            engine.Loop.Post(Core.Input.NewRemoveLeg(number));
        }
    }

    private static Core.Leg ToCore(Leg leg, int index)
    {
        var link = leg.Links[index];
        return new(
            leg.Numbers[index],
            link.Transport,
            Core.AddressModule.ofIPAddress(link.LocalEndPoint.Address),
            link.LocalEndPoint.Port,
            leg.SentBys[index],
            Translate.ToNetworks(leg.Options.Networks),
            leg.Options.PathMtu ?? 0
        );
    }

    private async Task Stop(Leg leg)
    {
        foreach (var link in leg.Links)
        {
            link.Dispose();
        }

        await Task.WhenAll(leg.Links.Select(link => link.Stopped)).ConfigureAwait(false);

        foreach (var number in leg.Numbers)
        {
            _byNumber.TryRemove(number, out _);
        }
    }

    /// <summary>UDP and TCP at one address have one port, where it is free: a peer may answer a
    /// request over the other, and does not ask for its port (RFC 3261, 18.2.1).</summary>
    private ImmutableArray<ILink> OpenBeside(LegOptions options)
    {
        if (options.Bind is { Port: 0 } bind && PortBeside(options.Transport, bind) is { } port)
        {
            try
            {
                return Open(options.At(port));
            }
            catch (IOException)
            {
                // Somebody else has it: any other, then.
            }
        }

        return Open(options);
    }

    private int? PortBeside(Transport transport, IPEndPoint bind)
    {
        Transport? other = transport switch
        {
            Transport.Udp => Transport.Tcp,
            Transport.Tcp => Transport.Udp,
            _ => null,
        };
        var pair = _all.Where(leg => leg.Transport == other && leg.Options.Bind is { Port: 0 } own)
            .FirstOrDefault(leg => leg.Options.Bind!.Address.Equals(bind.Address));
        return pair?.LocalEndPoint.Port;
    }

    private ImmutableArray<ILink> Open(LegOptions options) =>
        engine.Platform.Open(options, engine.Limits, engine.Clock);
}
