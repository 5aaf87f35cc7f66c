namespace SipFun;

/// <summary>A CNAME record: the name is an alias (RFC 1034, 3.6.2). Up to 8 are followed.</summary>
/// <param name="Name">The alias.</param>
/// <param name="Ttl">For how long it may be believed.</param>
/// <param name="CanonicalName">The name to ask for instead.</param>
public sealed record CnameRecord(string Name, TimeSpan Ttl, string CanonicalName)
    : DnsRecord(Name, Ttl);
