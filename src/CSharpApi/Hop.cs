using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SipFun;

/// <summary>
/// Where one message goes next, or came from: a transport, a numeric address and a port (RFC 3263,
/// 4).
/// </summary>
/// <param name="Transport">What carries the message.</param>
/// <param name="Address">An IPv4 or IPv6 address.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record Hop(Transport Transport, IPAddress Address, int Port)
{
    /// <summary>
    /// The name that the peer's certificate must bear; null where there is none (RFC 5922, 7.4).
    /// </summary>
    public string? VerifyName { get; init; }

    /// <summary>
    /// The connection a message came by (<see cref="Received.Source"/>); 0: none. As a
    /// destination it means this very connection as long as it lives, then the address.
    /// </summary>
    public long Flow { get; init; }

    /// <summary>Reads a hop as <see cref="ToString"/> writes it: "udp:192.0.2.1:5060".</summary>
    /// <param name="text">Transport, address (IPv6 in brackets) and port, with colons
    /// between.</param>
    /// <exception cref="FormatException">The text is no hop.</exception>
    public static Hop Parse(string text) =>
        TryParse(text, out var hop)
            ? hop
            : throw new FormatException(
                "A hop is written as udp:192.0.2.1:5060 or udp:[2001:db8::1]:5060: "
                    + "a transport, a numeric address and a port."
            );

    /// <summary>Reads a hop as <see cref="ToString"/> writes it: "udp:192.0.2.1:5060".</summary>
    /// <param name="text">Transport, address (IPv6 in brackets) and port, with colons
    /// between.</param>
    /// <param name="hop">The hop, or null.</param>
    /// <returns>Whether the text is a hop.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Hop? hop)
    {
        hop = null;
        var colon = text?.IndexOf(':') ?? -1;

        if (
            colon > 0
            && Core.TransportName.tryParse(text![..colon]) is { IsSome: true } transport
            && text.LastIndexOf(':') is var last
            && last > colon
            && Core.HostAddress.tryParse(text[(colon + 1)..last]) is { } address
            && ushort.TryParse(
                text.AsSpan(last + 1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var port
            )
            && port > 0
        )
        {
            hop = new Hop(transport.Value, address, port);
        }

        return hop is not null;
    }

    /// <summary>"udp:192.0.2.1:5060", or "udp:[2001:db8::1]:5060".</summary>
    public override string ToString() =>
        $"{Core.TransportName.parameter(Transport)}:{Core.HostAddress.toHost(Address)}:{Port}";

    /// <exception cref="ArgumentException">Nothing can be sent there.</exception>
    internal void Validate(string parameter)
    {
        if (
            !Enum.IsDefined(Transport)
            || Port is < 1 or > ushort.MaxValue
            || Address?.AddressFamily
                is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
        )
        {
            throw new ArgumentException(
                "A hop needs a known transport, a numeric address and a port from 1 to 65535.",
                parameter
            );
        }
    }
}
