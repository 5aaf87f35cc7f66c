using SipFun.Shell;

namespace SipFun.Bench.Goals;

/// <summary>Sends back what comes in, in the turn, and keeps account of what that allocates.</summary>
internal sealed class EchoOwner(Loop loop, UdpLink link) : ILinkOwner
{
    /// <summary>The first ones are not counted: code is compiled then.</summary>
    private const int Warm = 100_000;

    private readonly byte[] _packet = new byte[65_535];
    private long _from;
    private long _to;

    public long Datagrams { get; private set; }

    /// <summary>Not a number as long as nothing is counted.</summary>
    public double BytesEach =>
        Datagrams > Warm ? (double)(_to - _from) / (Datagrams - Warm) : double.NaN;

    public bool TryBegin() => loop.TryTake();

    public void End() => loop.GiveBack();

    public void Received(in SipFun.Core.Hop source, ReadOnlySpan<byte> packet, bool inTurn)
    {
        packet.CopyTo(_packet);
        link.Send(0, source, _packet.AsMemory(0, packet.Length), report: false);
        Datagrams++;
        _to = GC.GetAllocatedBytesForCurrentThread();

        if (Datagrams == Warm)
        {
            _from = _to;
        }
    }

    public void Received(in SipFun.Core.Hop source, SipMessage message) { }

    public void Malformed(
        in SipFun.Core.Hop source,
        ReadOnlyMemory<byte> octets,
        ParseError error
    ) { }

    public long NextFlow() => 0;

    public void Accepted(in SipFun.Core.Hop source, IReadOnlyList<string> names) { }

    public void Connected(long flow) { }

    public void Closed(long flow, TransportFault fault, string detail) { }

    public void Idle(long flow) { }

    public void Expired(long flow) { }

    public void Transmitted(long number) { }

    public void Failed(long number, in SipFun.Core.Hop hop, TransportFault fault, string detail) { }

    public void Bounced(ReadOnlySpan<byte> packet, TransportFault fault, string detail) { }

    public void TooBig(ReadOnlySpan<byte> packet, int mtu) { }

    public void Dropped(Reason reason) { }

    public void Ended(in SipFun.Core.Hop peer, Reason reason, string detail) { }

    public void ReceiveFailed(Exception exception) => Console.Error.WriteLine(exception);
}
