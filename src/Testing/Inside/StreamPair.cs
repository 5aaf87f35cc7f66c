// A byte stream between two hosts: two sockets, and what is under way between them. Nothing is lost
// and nothing overtakes; what a bad link does to it is time (RFC 9293, RFC 6298).
using System.Net;

namespace SipFun.Testing.Inside;

/// <summary>One end: whose it is, where it is, and as what it sees the other.</summary>
internal sealed record StreamEnd(SimulatedHost Host, IPEndPoint Local, IPEndPoint Remote);

/// <summary>Both sockets of a stream.</summary>
internal sealed class StreamPair
{
    private readonly SimulatedNetwork _network;
    private readonly Transport _transport;
    private bool _isBroken;

    public StreamPair(
        SimulatedNetwork network,
        Transport transport,
        StreamEnd opener,
        StreamEnd accepter
    )
    {
        (_network, _transport) = (network, transport);
        Opener = new StreamSocket(this, network.Pump, opener);
        Accepter = new StreamSocket(this, network.Pump, accepter);
    }

    public StreamSocket Opener { get; }

    public StreamSocket Accepter { get; }

    public StreamSocket Other(StreamSocket socket) => socket == Opener ? Accepter : Opener;

    public bool IsBetween(SimulatedHost one, SimulatedHost other) =>
        (Opener.End.Host == one && Accepter.End.Host == other)
        || (Opener.End.Host == other && Accepter.End.Host == one);

    public bool IsThrough(Nat nat) => Opener.End.Host.Nat == nat || Accepter.End.Host.Nat == nat;

    /// <summary>What is written from now on gets nowhere, and comes back as a reset.</summary>
    public void Break() => _isBroken = true;

    public bool Reset()
    {
        Opener.Fail();
        Accepter.Fail();
        return true;
    }

    /// <summary>The other end of a host reads an end.</summary>
    public bool EndFrom(SimulatedHost host)
    {
        (Opener.End.Host == host ? Opener : Accepter).Shutdown();
        return true;
    }

    /// <summary>Bytes, or the end for none, leave one socket for the other.</summary>
    public void Carry(StreamSocket from, ReadOnlyMemory<byte> bytes)
    {
        var (here, there) = (from.End.Host, Other(from).End.Host);
        var way = _network.Wires.Between(here, there);
        var at = _network.Now + way.Delay + Late(way);
        at = at > from.LastArrival ? at : from.LastArrival;
        from.LastArrival = at;

        if (!bytes.IsEmpty)
        {
            Trace(from, bytes, at);
        }

        from.Flying.Enqueue(bytes);
        _network.Pump.At(at.Ticks, () => Arrive(from));
    }

    /// <summary>A socket was closed with bytes of the other's unread, or while it was read.</summary>
    public void Abort(StreamSocket from)
    {
        from.Flying.Clear();
        var way = _network.Wires.Between(from.End.Host, Other(from).End.Host);
        _network.Pump.After(way.Delay, Other(from).Fail);
    }

    public void Closed()
    {
        if (Opener.IsClosed && Accepter.IsClosed)
        {
            _network.Wires.Remove(this);
        }
    }

    private void Arrive(StreamSocket from)
    {
        var to = Other(from);

        if (_isBroken)
        {
            Reset();
        }
        else if (_network.Wires.IsCut(from.End.Host, to.End.Host))
        {
            // Sent again and again, until it gets through or somebody gives up.
            _network.Pump.After(TimeSpan.FromSeconds(1), () => Arrive(from));
        }
        else if (from.Flying.TryDequeue(out var bytes))
        {
            Give(to, bytes);
        }
    }

    private void Give(StreamSocket to, ReadOnlyMemory<byte> bytes)
    {
        if (to.IsClosed && !bytes.IsEmpty)
        {
            Abort(to);
        }
        else
        {
            to.Take(bytes);
        }
    }

    /// <summary>What losses cost: the timeout is 200 ms at least in all systems that matter.</summary>
    private TimeSpan Late(LinkConditions way)
    {
        var chance = _network.Wires.Chance;
        var late = chance.Upto(way.Jitter);
        var timeout = TimeSpan.FromMilliseconds(200) + (2 * way.Delay);

        for (var tries = 0; tries < 15 && chance.Happens(way.Loss); tries++)
        {
            late += timeout;
            timeout *= 2;
        }

        return late;
    }

    private void Trace(StreamSocket from, ReadOnlyMemory<byte> bytes, TimeSpan at) =>
        _network.Record.Add(
            new TracedPacket(
                _network.Now,
                at,
                from.End.Host.Name,
                Other(from).End.Host.Name,
                Other(from).End.Remote,
                from.End.Remote,
                _transport,
                bytes,
                PacketFate.Delivered
            )
        );
}
