using System.Net;
using System.Net.Sockets;
using SipFun.Shell;

namespace SipFun;

/// <summary>
/// What a leg is made of. Begin with <see cref="Udp"/>, <see cref="Tcp"/>, <see cref="Tls"/>,
/// <see cref="Ws"/>, <see cref="Wss"/> or <see cref="FromSocket"/>, and change what you need:
/// <c>LegOptions.Udp("0.0.0.0:5060") with { Advertise = "sip.example.com" }</c>.
/// </summary>
public sealed partial record LegOptions
{
    private readonly string? _advertise;
    private readonly int _receiveBuffer = 4 * 1024 * 1024;
    private readonly int? _pathMtu;

    private LegOptions(Transport transport, IPEndPoint? bind, Socket? socket) =>
        (Transport, Bind, Socket) = (transport, bind, socket);

    /// <summary>What carries messages here.</summary>
    public Transport Transport { get; }

    /// <summary>
    /// The host that peers know us by, with or without a port, for the sent-by of our Via: behind a
    /// translator of addresses, or where a name is better. Default: the local address. Without a
    /// port the local one is added.
    /// </summary>
    /// <exception cref="ArgumentException">It is no host and no host:port.</exception>
    public string? Advertise
    {
        get => _advertise;
        init =>
            _advertise =
                value is null || SentBy.IsValid(value)
                    ? value
                    : throw new ArgumentException(
                        $"\"{value}\" cannot stand in a Via. Give a name, an IPv4 address or an "
                            + "IPv6 address in brackets, with or without :port.",
                        nameof(value)
                    );
    }

    /// <summary>
    /// A UDP socket's receive buffer in bytes: what the system keeps while we are busy. Default: 4
    /// MiB. The system may give less; a socket of one's own keeps what it has.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int ReceiveBuffer
    {
        get => _receiveBuffer;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            _receiveBuffer = value;
        }
    }

    /// <summary>
    /// The largest IP packet, in bytes, that the paths from a UDP leg take, where you know it: 9000
    /// in a data centre with jumbo frames, 1400 behind a tunnel. A request within 200 bytes of it
    /// goes over TCP (RFC 3261, 18.1.1), instead of <see cref="DispatcherOptions.LargeRequest"/>.
    /// Default: null, not known. What ICMP says of a path ("fragmentation needed", "packet too
    /// big") counts for ten minutes if it is less; Linux only, and only while the request is under
    /// way.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 576.</exception>
    public int? PathMtu
    {
        get => _pathMtu;
        init
        {
            if (value is { } mtu)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(mtu, Core.PathMtu.smallest);
            }

            _pathMtu = value;
        }
    }

    /// <summary>
    /// The networks that are reached by this leg, and no others: <c>[IPNetwork.Parse("10.0.0.0/8")]</c>
    /// for a leg of an inner network. For an address in them it comes before legs without
    /// networks. Responses go back by the leg of their request, whatever its networks. Default:
    /// none, which means every address of its family.
    /// </summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    internal IPEndPoint? Bind { get; private init; }

    internal Socket? Socket { get; }

    /// <summary>UDP at a local address.</summary>
    /// <param name="bind">
    /// "127.0.0.1:5060", "[::1]:0". Port 0 picks a free one. "0.0.0.0" and "[::]" are one socket
    /// for each local address of that family, all with the same port.
    /// </param>
    /// <exception cref="ArgumentException">The text is no address and port.</exception>
    public static LegOptions Udp(string bind) => new(Transport.Udp, ParseBind(bind), socket: null);

    /// <summary>
    /// TCP at a local address (RFC 3261, 18): listens there, and connects from there with a free
    /// port.
    /// </summary>
    /// <param name="bind">
    /// "127.0.0.1:5060", "[::1]:0". Port 0 picks a free one. "0.0.0.0" and "[::]" listen at each
    /// local address of that family, all with the same port.
    /// </param>
    /// <exception cref="ArgumentException">The text is no address and port.</exception>
    public static LegOptions Tcp(string bind) => new(Transport.Tcp, ParseBind(bind), socket: null);

    /// <summary>
    /// TLS at a local address (RFC 3261, 26.3.2.1): connects from there and, with a
    /// <see cref="Certificate"/> (see <see cref="WithPem"/>) or
    /// <see cref="SslServerAuthenticationOptions"/> that have one, listens there. Without one it
    /// only connects: its port is bound, and refuses.
    /// </summary>
    /// <param name="bind">As in <see cref="Tcp"/>.</param>
    /// <exception cref="ArgumentException">The text is no address and port.</exception>
    public static LegOptions Tls(string bind) => new(Transport.Tls, ParseBind(bind), socket: null);

    /// <summary>A UDP socket of one's own, bound. The leg disposes it when it is removed.</summary>
    /// <param name="socket">Bound to one address; not to the unspecified one.</param>
    /// <exception cref="ArgumentException">It is no such socket.</exception>
    public static LegOptions FromSocket(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);

        if (
            socket.SocketType != SocketType.Dgram
            || socket.LocalEndPoint is not IPEndPoint local
            || UdpBinding.IsUnspecified(local.Address)
            || socket.Connected
        )
        {
            throw new ArgumentException(
                "A leg needs a UDP socket that is bound to one local address, not to the "
                    + "unspecified one, and not connected.",
                nameof(socket)
            );
        }

        socket.Blocking = true;
        return new LegOptions(Transport.Udp, bind: null, socket);
    }

    /// <summary>The same at this port.</summary>
    internal LegOptions At(int port) => this with { Bind = new IPEndPoint(Bind!.Address, port) };

    /// <summary>"udp:127.0.0.1:5060", as it was asked for.</summary>
    public override string ToString() =>
        $"{Core.TransportName.parameter(Transport)}:{Bind ?? Socket?.LocalEndPoint}";

    private static IPEndPoint ParseBind(string bind)
    {
        ArgumentNullException.ThrowIfNull(bind);
        var colon = bind.LastIndexOf(':');

        return
            colon > 0
            && Core.HostAddress.tryParse(bind[..colon]) is { } address
            && ushort.TryParse(bind.AsSpan(colon + 1), out var port)
            ? new IPEndPoint(address, port)
            : throw new ArgumentException(
                $"\"{bind}\" is no address and port. Write 127.0.0.1:5060 or [::1]:0 (0: any).",
                nameof(bind)
            );
    }
}
