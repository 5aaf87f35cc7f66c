using System.Net;
using SipFun.Shell;

namespace SipFun.Testing.Inside;

/// <summary>A UDP socket of a simulated host.</summary>
internal sealed class DatagramLink : ILink
{
    private readonly SimulatedNetwork _network;
    private ILinkOwner? _owner;
    private bool _started;
    private bool _disposed;

    public DatagramLink(SimulatedNetwork network, SimulatedHost host, IPEndPoint local)
    {
        (_network, Host, LocalEndPoint) = (network, host, local);
        network.Wires.Bind(isStream: false, local, this);
    }

    public SimulatedHost Host { get; }

    public Transport Transport => Transport.Udp;

    public IPEndPoint LocalEndPoint { get; }

    public Task Stopped => Task.CompletedTask;

    public void Attach(ILinkOwner owner) => _owner = owner;

    public void Start() => _started = true;

    public void Send(long number, in Core.Hop hop, ReadOnlyMemory<byte> packet, bool report)
    {
        var address = Core.AddressModule.toIPAddress(hop.Address);

        if (_disposed)
        {
            _owner?.Failed(number, hop, TransportFault.LegRemoved, "the leg was removed");
        }
        else if (address.AddressFamily != LocalEndPoint.AddressFamily)
        {
            _owner?.Failed(number, hop, TransportFault.SendFailed, "another address family");
        }
        else
        {
            _network.Wires.Post(this, new IPEndPoint(address, hop.Port), packet);

            if (report)
            {
                _owner?.Transmitted(number);
            }
        }
    }

    public void Receive(IPEndPoint source, ReadOnlySpan<byte> packet)
    {
        if (_disposed || !_started || _owner is not { } owner)
        {
            return;
        }

        var address = Core.AddressModule.ofIPAddress(source.Address);
        var hop = new Core.Hop(Transport.Udp, address, source.Port, null, 0);
        var inTurn = owner.TryBegin();

        try
        {
            owner.Received(hop, packet, inTurn);
        }
        finally
        {
            if (inTurn)
            {
                owner.End();
            }
        }
    }

    /// <summary>ICMP: nobody listens there.</summary>
    public void Bounce(ReadOnlySpan<byte> packet) =>
        _owner?.Bounced(packet, TransportFault.ConnectionRefused, "ICMP: port unreachable");

    /// <summary>ICMP: the way takes no more than this.</summary>
    public void TooBig(ReadOnlySpan<byte> packet, int mtu) => _owner?.TooBig(packet, mtu);

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _network.Wires.Unbind(isStream: false, LocalEndPoint);
        }
    }
}
