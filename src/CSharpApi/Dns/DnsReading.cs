// What DnsClient's records and faults are in our words (RFC 1035, RFC 2308).
using DnsClient;
using DnsClient.Protocol;

namespace SipFun;

/// <summary>Answers and failures of DnsClient as answers of ours.</summary>
internal static class DnsReading
{
    public static DnsAnswer ToAnswer(IDnsQueryResponse response) =>
        response.Header.ResponseCode switch
        {
            DnsHeaderResponseCode.NoError => DnsAnswer.Of([.. Records(response)]) with
            {
                NegativeTtl = NegativeTtl(response),
            },
            DnsHeaderResponseCode.NotExistentDomain => DnsAnswer.Failed(DnsStatus.NxDomain) with
            {
                NegativeTtl = NegativeTtl(response),
            },
            DnsHeaderResponseCode.Refused => DnsAnswer.Failed(DnsStatus.Refused),
            _ => DnsAnswer.Failed(DnsStatus.ServFail),
        };

    public static DnsStatus StatusOf(Exception fault) =>
        fault switch
        {
            OperationCanceledException or TimeoutException => DnsStatus.TimedOut,
            DnsResponseException { Code: DnsResponseCode.ConnectionTimeout } => DnsStatus.TimedOut,
            DnsResponseException { InnerException: { } inner } => StatusOf(inner),
            ArgumentException => DnsStatus.NxDomain,
            _ => DnsStatus.ServFail,
        };

    /// <summary>The lesser of the SOA record's TTL and its minimum (RFC 2308, 5), and, of an alias of
    /// a name that does not exist (2.1), of its own TTL.</summary>
    private static TimeSpan NegativeTtl(IDnsQueryResponse response) =>
        IsNegative(response) && response.Authorities.OfType<SoaRecord>().FirstOrDefault() is { } soa
            ? TimeSpan.FromSeconds(
                response
                    .Answers.Select(record => (long)record.InitialTimeToLive)
                    .Append(Math.Min(soa.InitialTimeToLive, soa.Minimum))
                    .Min()
            )
            : TimeSpan.Zero;

    private static bool IsNegative(IDnsQueryResponse response) =>
        response.Answers.Count == 0
        || response.Header.ResponseCode == DnsHeaderResponseCode.NotExistentDomain;

    private static IEnumerable<DnsRecord> Records(IDnsQueryResponse response) =>
        response.Answers.Take(DnsMapping.MaxRecords).Select(ToRecord).OfType<DnsRecord>();

    private static DnsRecord? ToRecord(DnsResourceRecord record)
    {
        var name = record.DomainName.Value;
        var ttl = TimeSpan.FromSeconds(record.InitialTimeToLive);
        return record switch
        {
            DnsClient.Protocol.AddressRecord a => new AddressRecord(name, ttl, a.Address),
            DnsClient.Protocol.SrvRecord s => new SrvRecord(
                name,
                ttl,
                s.Priority,
                s.Weight,
                s.Port,
                s.Target.Value
            ),
            DnsClient.Protocol.CNameRecord c => new CnameRecord(name, ttl, c.CanonicalName.Value),
            NAPtrRecord n => new NaptrRecord(
                name,
                ttl,
                n.Order,
                n.Preference,
                n.Flags,
                n.Services,
                n.RegularExpression,
                n.Replacement.Value
            ),
            _ => null,
        };
    }
}
