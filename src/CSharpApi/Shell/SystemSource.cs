// From which address the system would send to a destination, as its routing table has it
// (RFC 6724, 5). A datagram socket is connected and read: no packet is sent, nothing waits.
using System.Net;
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>Asks the system.</summary>
internal static class SystemSource
{
    /// <summary>Any port but 0, which some systems refuse: nothing is sent there.</summary>
    private const int DiscardPort = 9;

    /// <summary>Null: the system has no way there.</summary>
    public static IPAddress? For(IPAddress destination)
    {
        try
        {
            using var socket = new Socket(
                destination.AddressFamily,
                SocketType.Dgram,
                ProtocolType.Udp
            );
            socket.Connect(destination, DiscardPort);
            return (socket.LocalEndPoint as IPEndPoint)?.Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
