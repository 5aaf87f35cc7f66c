// Binding. A socket bound to the unspecified address would answer from whatever address the system
// likes, and could not say in its Via where it is (RFC 3261, 18.1.1; RFC 3581, 4): so one socket
// for each local address instead, all with the same port.
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>Opens the sockets of one leg.</summary>
internal static class UdpBinding
{
    /// <summary>How many free ports are tried until one is free on every address.</summary>
    private const int Tries = 16;

    /// <summary>One bound socket, or one for each local address of the family.</summary>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static Socket[] Bind(IPEndPoint local, int receiveBuffer) =>
        Bind(local, "udp", SocketType.Dgram, socket => socket.ReceiveBufferSize = receiveBuffer);

    /// <summary>The same of any transport.</summary>
    /// <param name="local">Where.</param>
    /// <param name="name">The transport's, for the exception.</param>
    /// <param name="type">Of the sockets.</param>
    /// <param name="prepare">What each needs once it is bound.</param>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static Socket[] Bind(
        IPEndPoint local,
        string name,
        SocketType type,
        Action<Socket> prepare
    )
    {
        IPAddress[] addresses = IsUnspecified(local.Address)
            ? [.. LocalAddresses(local.AddressFamily)]
            : [local.Address];

        for (var left = local.Port == 0 ? Tries : 1; ; left--)
        {
            try
            {
                return BindAll(addresses, local.Port, type, prepare);
            }
            catch (SocketException exception)
                when (exception.SocketErrorCode != SocketError.AddressAlreadyInUse || left <= 1)
            {
                throw new IOException(
                    $"Cannot bind {name}:{local}: {exception.SocketErrorCode}. "
                        + "Choose another port (0 for a free one) or an address of this machine.",
                    exception
                );
            }
            catch (SocketException)
            {
                // The port was free on some addresses only: try another.
            }
        }
    }

    /// <summary>Whether this machine has an address of the family.</summary>
    public static bool IsAvailable(AddressFamily family) =>
        family == AddressFamily.InterNetwork
            ? Socket.OSSupportsIPv4
            : Socket.OSSupportsIPv6 && LocalAddresses(family).Count > 0;

    public static bool IsUnspecified(IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>The unicast addresses of the interfaces that are up; link-local ones only if
    /// alone.</summary>
    private static List<IPAddress> LocalAddresses(AddressFamily family)
    {
        var all = Unicast()
            .Where(address => address.AddressFamily == family && !address.IsIPv4MappedToIPv6)
            .Distinct()
            .ToList();
        var wide = all.FindAll(address => !IsLinkLocal(address));
        return wide.Count > 0 ? wide
            : all.Count > 0 ? all
            : family == AddressFamily.InterNetwork ? [IPAddress.Loopback]
            : [];
    }

    private static IEnumerable<IPAddress> Unicast()
    {
        try
        {
            return
            [
                .. NetworkInterface
                    .GetAllNetworkInterfaces()
                    .Where(one => one.OperationalStatus != OperationalStatus.Down)
                    .SelectMany(one => one.GetIPProperties().UnicastAddresses)
                    .Select(one => one.Address),
            ];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }

    private static bool IsLinkLocal(IPAddress address) =>
        address.IsIPv6LinkLocal
        || (
            address.AddressFamily == AddressFamily.InterNetwork
            && address.GetAddressBytes() is [169, 254, ..]
        );

    private static Socket[] BindAll(
        IPAddress[] addresses,
        int port,
        SocketType type,
        Action<Socket> prepare
    )
    {
        List<Socket> sockets = [];

        try
        {
            foreach (var address in addresses)
            {
                // Named, so that the port of connections just closed can be bound again.
                var protocol = type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp;
                var socket = new Socket(address.AddressFamily, type, protocol);
                sockets.Add(socket);
                KeepToItsFamily(socket);
                socket.Bind(new IPEndPoint(address, port));
                prepare(socket);
                port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            }

            return [.. sockets];
        }
        catch
        {
            sockets.ForEach(socket => socket.Dispose());
            throw;
        }
    }

    private static void KeepToItsFamily(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = false;
        }
    }
}
