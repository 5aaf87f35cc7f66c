namespace SipFun;

/// <summary>A SRV record: one server of a service (RFC 2782).</summary>
/// <param name="Name">The service and its domain: "_sip._udp.example.com".</param>
/// <param name="Ttl">For how long it may be believed.</param>
/// <param name="Priority">0 to 65535; the lowest is tried first.</param>
/// <param name="Weight">0 to 65535; the share of requests among records of equal priority.</param>
/// <param name="Port">1 to 65535; the port of the service on the target.</param>
/// <param name="Target">The server's name; "." says that the service is not offered.</param>
public sealed record SrvRecord(
    string Name,
    TimeSpan Ttl,
    int Priority,
    int Weight,
    int Port,
    string Target
) : DnsRecord(Name, Ttl);
