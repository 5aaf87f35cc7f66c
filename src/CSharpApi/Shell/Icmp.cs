// Which ICMP messages end a transaction, and as what (RFC 3261, 18.4).
namespace SipFun.Shell;

/// <summary>Reads type and code of ICMP (RFC 792, RFC 1812) and ICMPv6 (RFC 4443).</summary>
internal static class Icmp
{
    private const byte OriginV4 = 2;
    private const byte OriginV6 = 3;

    /// <summary>"Fragmentation needed", "packet too big": the message bears the MTU of the next link
    /// (RFC 1191, 4; RFC 4443, 3.2).</summary>
    public static bool IsTooBig(byte origin, byte type, byte code) =>
        (origin, type, code) is (OriginV4, 3, 4) or (OriginV6, 2, _);

    /// <summary>
    /// The fault a message reports, and its name. Null where the datagram's transaction goes on:
    /// "source quench and TTL exceeded SHOULD be ignored" (RFC 3261, 18.4); and after "too big" the
    /// system knows the path's MTU, so that the next copy goes in fragments that fit.
    /// </summary>
    /// <param name="origin">SO_EE_ORIGIN_ICMP or SO_EE_ORIGIN_ICMP6; others are no ICMP.</param>
    /// <param name="type">The message's type.</param>
    /// <param name="code">The message's code.</param>
    public static (TransportFault Fault, string Detail)? Read(byte origin, byte type, byte code) =>
        (origin, type, code) switch
        {
            (OriginV4, 3, 2) or (OriginV6, 4, _) or (OriginV4, 12, _) => (
                TransportFault.HostUnreachable,
                "ICMP: the peer does not take such packets"
            ),
            (OriginV4, 3, 3) or (OriginV6, 1, 4) => (
                TransportFault.ConnectionRefused,
                "ICMP: port unreachable"
            ),
            (OriginV4, 3, 4) => null,
            (OriginV4, 3, 9 or 10 or 13) or (OriginV6, 1, 1 or 5 or 6) => (
                TransportFault.HostUnreachable,
                "ICMP: administratively prohibited"
            ),
            (OriginV4, 3, 0 or 6 or 11) or (OriginV6, 1, 0) => (
                TransportFault.HostUnreachable,
                "ICMP: network unreachable"
            ),
            (OriginV4, 3, _) or (OriginV6, 1, _) => (
                TransportFault.HostUnreachable,
                "ICMP: host unreachable"
            ),
            _ => null,
        };
}
