// The network between the hosts: who is where, how good each way is, and what becomes of a datagram.
using System.Net;
using System.Net.Sockets;

namespace SipFun.Testing.Inside;

/// <summary>Where a packet goes: the host, and the socket there as it is bound.</summary>
internal readonly record struct Place(SimulatedHost Host, IPEndPoint EndPoint);

/// <summary>Addresses, ways and datagrams.</summary>
internal sealed class Wires(SimulatedNetwork network, LinkConditions conditions)
{
    private const int FirstEphemeral = 49_152;

    /// <summary>IPv4's header and UDP's; IPv6's is 20 octets longer.</summary>
    private const int HeaderV4 = 28;
    private const int HeaderV6 = 48;

    private readonly Dictionary<IPAddress, SimulatedHost> _hosts = [];
    private readonly Dictionary<IPAddress, Nat> _nats = [];
    private readonly Dictionary<(SimulatedHost, SimulatedHost), LinkConditions> _ways = [];
    private readonly HashSet<(SimulatedHost, SimulatedHost)> _cuts = [];
    private readonly HashSet<(SimulatedHost, IPAddress)> _narrow = [];
    private readonly Dictionary<(bool IsStream, IPEndPoint), object> _bound = [];
    private readonly List<StreamPair> _streams = [];
    private readonly Chance _chance = network.Chance.Branch(ulong.MaxValue - 1);
    private int _ephemeral = FirstEphemeral;

    public LinkConditions Default { get; set; } = conditions;

    public Chance Chance => _chance;

    public bool IsTaken(IPAddress address) =>
        _hosts.ContainsKey(address) || _nats.ContainsKey(address);

    public void Add(SimulatedHost host)
    {
        foreach (var address in host.Addresses)
        {
            _hosts.Add(address, host);
        }
    }

    public Nat NatAt(IPAddress address)
    {
        if (_hosts.ContainsKey(address))
        {
            throw new ArgumentException($"{address} is a host's.");
        }

        if (!_nats.TryGetValue(address, out var nat))
        {
            nat = new Nat(address);
            _nats.Add(address, nat);
        }

        return nat;
    }

    public void Set(SimulatedHost from, SimulatedHost to, LinkConditions? conditions)
    {
        _ways.Remove((from, to));

        if (conditions is not null)
        {
            _ways.Add((from, to), conditions);
        }
    }

    public LinkConditions Between(SimulatedHost from, SimulatedHost to) =>
        _ways.GetValueOrDefault((from, to), Default);

    public bool IsCut(SimulatedHost from, SimulatedHost to) =>
        Between(from, to).IsCut || _cuts.Contains((from, to));

    public void Cut(
        IReadOnlyCollection<SimulatedHost> one,
        IReadOnlyCollection<SimulatedHost> other
    )
    {
        foreach (var here in one)
        {
            foreach (var there in other)
            {
                _cuts.Add((here, there));
                _cuts.Add((there, here));
            }
        }
    }

    public void Heal() => _cuts.Clear();

    /// <summary>The local ends of a socket: bound nowhere yet, and all at one port.</summary>
    /// <exception cref="IOException">There are none.</exception>
    public IReadOnlyList<IPEndPoint> Free(bool isStream, SimulatedHost host, IPEndPoint bind)
    {
        var addresses = Shell.UdpBinding.IsUnspecified(bind.Address)
            ? [.. host.Addresses.Where(own => own.AddressFamily == bind.AddressFamily)]
            : host.Addresses.Where(own => own.Equals(bind.Address)).ToArray();

        if (addresses.Length == 0)
        {
            throw new IOException($"Cannot bind {bind}: it is no address of {host.Name}.");
        }

        for (var port = bind.Port; ; )
        {
            port = bind.Port == 0 ? Ephemeral() : port;
            IPEndPoint[] locals = [.. addresses.Select(own => new IPEndPoint(own, port))];

            if (!Array.Exists(locals, local => _bound.ContainsKey((isStream, local))))
            {
                return locals;
            }

            if (bind.Port != 0)
            {
                throw new IOException($"Cannot bind {bind} of {host.Name}: it is taken.");
            }
        }
    }

    public int Ephemeral()
    {
        _ephemeral = _ephemeral == ushort.MaxValue ? FirstEphemeral : _ephemeral + 1;
        return _ephemeral;
    }

    public void Bind(bool isStream, IPEndPoint local, object socket) =>
        _bound[(isStream, local)] = socket;

    public void Unbind(bool isStream, IPEndPoint local) => _bound.Remove((isStream, local));

    public StreamPort? Listener(IPEndPoint local) =>
        _bound.GetValueOrDefault((true, local)) as StreamPort;

    /// <summary>Where packets of a host to a destination get to; null: nowhere.</summary>
    public Place? Find(bool isStream, SimulatedHost from, IPEndPoint destination)
    {
        if (_hosts.TryGetValue(destination.Address, out var host))
        {
            var isInside = host == from || host.Nat is null || host.Nat == from.Nat;
            return isInside ? new Place(host, destination) : null;
        }

        return
            _nats.TryGetValue(destination.Address, out var nat)
            && nat.Inside(isStream, destination.Port) is { } inside
            ? new Place(_hosts[inside.Address], inside)
            : null;
    }

    /// <summary>As what a receiver sees the source of a packet.</summary>
    public static IPEndPoint Seen(
        bool isStream,
        SimulatedHost from,
        IPEndPoint local,
        SimulatedHost to
    ) => from.Nat is { } nat && to != from && to.Nat != nat ? nat.Map(isStream, local) : local;

    public void Add(StreamPair stream) => _streams.Add(stream);

    public void Remove(StreamPair stream) => _streams.Remove(stream);

    public IReadOnlyList<StreamPair> Streams(SimulatedHost one, SimulatedHost other) =>
        [.. _streams.Where(stream => stream.IsBetween(one, other))];

    public void Break(Nat nat)
    {
        foreach (var stream in _streams.Where(stream => stream.IsThrough(nat)))
        {
            stream.Break();
        }
    }

    /// <summary>A datagram leaves.</summary>
    public void Post(DatagramLink link, IPEndPoint destination, ReadOnlyMemory<byte> packet)
    {
        if (Find(isStream: false, link.Host, destination) is not { } place)
        {
            Trace(link.LocalEndPoint, destination.ToString(), PacketFate.Unreachable);
            return;
        }

        var source = Seen(isStream: false, link.Host, link.LocalEndPoint, place.Host);
        var way = Between(link.Host, place.Host);
        var entry = Trace(source, place.Host.Name, PacketFate.Lost);

        if (IsCut(link.Host, place.Host))
        {
            entry.Become(PacketFate.Unreachable);
        }
        else if (IsTooBig(link, destination, packet.Length, way))
        {
            entry.Become(PacketFate.TooBig);
            var mtu = way.Mtu!.Value;
            network.Pump.After(2 * way.Delay, () => link.TooBig(packet.Span, mtu));
        }
        else if (!_chance.Happens(way.Loss))
        {
            Carry(new Flight(link, place, source, packet, way, entry));
        }

        Entry Trace(IPEndPoint from, string to, PacketFate fate) =>
            network.Record.Add(
                new TracedPacket(
                    network.Now,
                    null,
                    link.Host.Name,
                    to,
                    from,
                    destination,
                    Transport.Udp,
                    packet,
                    fate
                )
            );
    }

    private bool IsTooBig(DatagramLink link, IPEndPoint to, int length, LinkConditions way)
    {
        var header = to.AddressFamily == AddressFamily.InterNetwork ? HeaderV4 : HeaderV6;
        return length + header > way.Mtu && _narrow.Add((link.Host, to.Address));
    }

    private void Carry(Flight flight)
    {
        var way = flight.Way;
        var isTwice = _chance.Happens(way.Duplication);
        var isChanged = flight.Packet.Length > 0 && _chance.Happens(way.Corruption);
        var packet = isChanged ? Changed(flight.Packet.Span) : flight.Packet;
        var delay = Delay(way);
        flight.Entry.Become(
            isTwice ? PacketFate.Duplicated
                : isChanged ? PacketFate.Corrupted
                : PacketFate.Delivered,
            network.Now + delay
        );
        network.Pump.After(delay, () => Arrive(flight, packet));

        if (isTwice)
        {
            network.Pump.After(delay + Delay(way), () => Arrive(flight, packet));
        }
    }

    private TimeSpan Delay(LinkConditions way) =>
        way.Delay
        + _chance.Upto(way.Jitter)
        + (_chance.Happens(way.Reordering) ? way.ReorderDelay : TimeSpan.Zero);

    private byte[] Changed(ReadOnlySpan<byte> packet)
    {
        var changed = packet.ToArray();

        for (var left = 1 + _chance.Below(4); left > 0; left--)
        {
            changed[_chance.Below(changed.Length)] ^= (byte)(1 + _chance.Below(255));
        }

        return changed;
    }

    private void Arrive(Flight flight, ReadOnlyMemory<byte> packet)
    {
        if (_bound.GetValueOrDefault((false, flight.Place.EndPoint)) is DatagramLink socket)
        {
            socket.Receive(flight.Source, packet.Span);
        }
        else
        {
            flight.Entry.Become(PacketFate.Refused);

            if (flight.Way.ReportsUnreachable && !IsCut(flight.Place.Host, flight.Link.Host))
            {
                network.Pump.After(flight.Way.Delay, () => flight.Link.Bounce(flight.Packet.Span));
            }
        }
    }

    private sealed record Flight(
        DatagramLink Link,
        Place Place,
        IPEndPoint Source,
        ReadOnlyMemory<byte> Packet,
        LinkConditions Way,
        Entry Entry
    );
}
