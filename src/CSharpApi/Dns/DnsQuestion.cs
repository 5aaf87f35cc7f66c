namespace SipFun;

/// <summary>One question to the DNS.</summary>
/// <param name="Name">A domain name, such as "_sip._udp.example.com".</param>
/// <param name="Type">The type of the records wanted.</param>
public sealed record DnsQuestion(string Name, DnsType Type)
{
    /// <summary>As explanations show it: "SRV _sip._udp.example.com".</summary>
    public override string ToString() => $"{Type.ToString().ToUpperInvariant()} {Name}";
}
