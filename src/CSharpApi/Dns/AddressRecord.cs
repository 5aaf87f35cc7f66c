using System.Net;

namespace SipFun;

/// <summary>An A or AAAA record, by the address's family (RFC 1035, 3.4.1; RFC 3596).</summary>
/// <param name="Name">The host's name.</param>
/// <param name="Ttl">For how long it may be believed.</param>
/// <param name="Address">One of the host's addresses.</param>
public sealed record AddressRecord(string Name, TimeSpan Ttl, IPAddress Address)
    : DnsRecord(Name, Ttl);
