namespace SipFun;

/// <summary>
/// Who answers the questions that locating a SIP server asks (RFC 3263). SipFun comes with
/// <see cref="DnsClientResolver"/> and <see cref="StaticDnsResolver"/>; a resolver of one's own
/// is as good as either.
/// </summary>
/// <remarks>
/// Questions come from several threads, several at a time. What an answer says about other names
/// than the one asked for, or reached from it by CNAME, is not believed.
/// </remarks>
public interface IDnsResolver
{
    /// <summary>Answers one question. A failure is an answer too, with its status.</summary>
    /// <param name="question">What is asked; the name in lower case, without trailing dot.</param>
    /// <param name="cancel">Set when the answer is no longer wanted.</param>
    /// <returns>
    /// The records of the type asked for, and any CNAME records on the way to them. A task that
    /// fails, or whose answer is <c>null</c>, counts as <see cref="DnsStatus.ServFail"/>.
    /// </returns>
    Task<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancel);
}
