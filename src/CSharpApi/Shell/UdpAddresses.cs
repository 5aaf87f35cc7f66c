// Between the system's socket addresses and the core's hops, without an object for either.
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>
/// sockaddr_in and sockaddr_in6 have their port at 2, IPv4 address at 4, IPv6 address at 8 and
/// scope at 24 on every system that .NET runs on.
/// </summary>
internal static class UdpAddresses
{
    private const int Port = 2;
    private const int V4 = 4;
    private const int V6 = 8;
    private const int Scope = 24;

    public static Core.Hop ToHop(SocketAddress from)
    {
        var bytes = from.Buffer.Span;
        var port = BinaryPrimitives.ReadUInt16BigEndian(bytes[Port..]);
        var address =
            from.Family == AddressFamily.InterNetwork
                ? Core.AddressModule.ofV4(BinaryPrimitives.ReadUInt32BigEndian(bytes[V4..]))
                : Core.AddressModule.ofV6(
                    BinaryPrimitives.ReadUInt64BigEndian(bytes[V6..]),
                    BinaryPrimitives.ReadUInt64BigEndian(bytes[(V6 + sizeof(ulong))..]),
                    BitConverter.ToUInt32(bytes[Scope..])
                );

        return new Core.Hop(Transport.Udp, address, port, null, 0);
    }

    /// <summary>Writes a hop over a socket address of the same family; false for another
    /// family.</summary>
    public static bool TryWrite(in Core.Hop hop, SocketAddress to)
    {
        var address = hop.Address;
        var isV4 = to.Family == AddressFamily.InterNetwork;

        if (isV4 != (address.Family == Core.Family.V4))
        {
            return false;
        }

        var bytes = to.Buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[Port..], (ushort)hop.Port);

        if (isV4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[V4..], (uint)address.Low);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes[V6..], address.High);
            BinaryPrimitives.WriteUInt64BigEndian(bytes[(V6 + sizeof(ulong))..], address.Low);
            BitConverter.TryWriteBytes(bytes[Scope..], address.Scope);
        }

        return true;
    }

    /// <summary>An empty socket address of a family, to be written over.</summary>
    public static SocketAddress Blank(AddressFamily family) =>
        new IPEndPoint(
            family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any,
            0
        ).Serialize();
}
