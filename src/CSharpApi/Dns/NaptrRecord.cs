namespace SipFun;

/// <summary>A NAPTR record: transports a domain prefers (RFC 3403, 4.1; RFC 3263, 4.1).</summary>
/// <param name="Name">The domain.</param>
/// <param name="Ttl">For how long it may be believed.</param>
/// <param name="Order">0 to 65535; the lowest is looked at first.</param>
/// <param name="Preference">0 to 65535; the order among records of equal order.</param>
/// <param name="Flags">"s": the replacement is the name of SRV records.</param>
/// <param name="Service">"SIP+D2U", "SIP+D2T", "SIPS+D2T" and so on.</param>
/// <param name="Regexp">Empty, where SIP servers are located.</param>
/// <param name="Replacement">The name to ask for next.</param>
public sealed record NaptrRecord(
    string Name,
    TimeSpan Ttl,
    int Order,
    int Preference,
    string Flags,
    string Service,
    string Regexp,
    string Replacement
) : DnsRecord(Name, Ttl);
