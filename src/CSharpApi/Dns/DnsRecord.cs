namespace SipFun;

/// <summary>
/// One record of an answer: an <see cref="AddressRecord"/>, a <see cref="CnameRecord"/>, an
/// <see cref="SrvRecord"/> or a <see cref="NaptrRecord"/>. Names may be in any case, with or
/// without the trailing dot.
/// </summary>
/// <param name="Name">The name the record belongs to.</param>
/// <param name="Ttl">
/// For how long it may be believed. Fractions of a second are dropped; what is negative is zero.
/// </param>
public abstract record DnsRecord(string Name, TimeSpan Ttl);
