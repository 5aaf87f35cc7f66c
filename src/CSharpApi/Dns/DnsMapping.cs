using System.Net.Sockets;
using SipFun.Core;

namespace SipFun;

/// <summary>
/// Between the core's questions and answers and the caller's. Total: whatever a resolver says
/// becomes an answer of the core, and what is nonsense in it is left out.
/// </summary>
internal static class DnsMapping
{
    /// <summary>How many records of one answer are looked at.</summary>
    internal const int MaxRecords = 1000;

    private const int MaxNameLength = 255;

    public static DnsQuestion ToDnsQuestion(Question question) =>
        new(question.Name ?? "", question.Type);

    public static Answer ToAnswer(DnsAnswer? answer) =>
        answer switch
        {
            null => AnswerModule.failed(DnsStatus.ServFail),
            { Status: not DnsStatus.Ok } => AnswerModule.empty(
                Known(answer.Status),
                Seconds(answer.NegativeTtl)
            ),
            _ => AnswerModule.ok([.. Taken(answer.Records ?? []).OfType<Record>()]),
        };

    private static DnsStatus Known(DnsStatus status) =>
        Enum.IsDefined(status) ? status : DnsStatus.ServFail;

    private static IEnumerable<Record?> Taken(IReadOnlyList<DnsRecord?> records) =>
        records.Take(MaxRecords).Select(ToRecord);

    private static Record? ToRecord(DnsRecord? record) =>
        record is not null && IsName(record.Name) && ToData(record) is { } data
            ? new Record(QuestionModule.normal(record.Name), Seconds(record.Ttl), data)
            : null;

    private static RecordData? ToData(DnsRecord record) =>
        record switch
        {
            AddressRecord a => ToData(a),
            CnameRecord c when IsName(c.CanonicalName) => RecordData.NewAliasOf(
                QuestionModule.normal(c.CanonicalName)
            ),
            SrvRecord s => ToData(s),
            NaptrRecord n => ToData(n),
            _ => null,
        };

    private static RecordData? ToData(AddressRecord record) =>
        record.Address?.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6
            ? RecordData.NewAddressOf(AddressModule.ofIPAddress(record.Address))
            : null;

    private static RecordData? ToData(SrvRecord record) =>
        Fits(record.Priority) && Fits(record.Weight) && Fits(record.Port) && IsName(record.Target)
            ? RecordData.NewServiceAt(
                record.Priority,
                record.Weight,
                record.Port,
                QuestionModule.normal(record.Target)
            )
            : null;

    private static RecordData? ToData(NaptrRecord record) =>
        Fits(record.Order) && Fits(record.Preference) && IsName(record.Replacement)
            ? RecordData.NewPointerTo(
                record.Order,
                record.Preference,
                Short(record.Flags),
                Short(record.Service),
                Short(record.Regexp),
                QuestionModule.normal(record.Replacement)
            )
            : null;

    private static bool IsName(string? name) => name is { Length: <= MaxNameLength };

    private static bool Fits(int value) => value is >= 0 and <= ushort.MaxValue;

    /// <summary>A character-string of the DNS is at most 255 octets (RFC 1035, 3.3).</summary>
    private static string Short(string? text) =>
        text is null ? "" : text[..Math.Min(text.Length, MaxNameLength)];

    private static int Seconds(TimeSpan ttl) => (int)Math.Clamp(ttl.TotalSeconds, 0, int.MaxValue);
}
