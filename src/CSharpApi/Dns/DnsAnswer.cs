namespace SipFun;

/// <summary>The answer to one <see cref="DnsQuestion"/>; equal by value, in order.</summary>
/// <param name="Status">How the question ended.</param>
/// <param name="Records">
/// The records, with <see cref="DnsStatus.Ok"/> only; at most 1,000 of them are looked at.
/// </param>
public sealed record DnsAnswer(DnsStatus Status, IReadOnlyList<DnsRecord> Records)
{
    /// <summary>
    /// How long the absence of records may be believed: the lesser of the SOA record's TTL and its
    /// minimum (RFC 2308, 5); at most 5 minutes are. Default zero: it is asked for again each time.
    /// </summary>
    public TimeSpan NegativeTtl { get; init; }

    /// <summary>An answer with records, else <see cref="DnsStatus.NoData"/>.</summary>
    /// <param name="records">The records, in the order in which they should be used.</param>
    public static DnsAnswer Of(params IReadOnlyList<DnsRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        return new(records.Count == 0 ? DnsStatus.NoData : DnsStatus.Ok, records);
    }

    /// <summary>An answer without records.</summary>
    /// <param name="status">Why there are none.</param>
    public static DnsAnswer Failed(DnsStatus status) => new(status, []);

    /// <summary>Whether status and records, in order, are equal.</summary>
    /// <param name="other">Another answer.</param>
    public bool Equals(DnsAnswer? other) =>
        other is not null
        && Status == other.Status
        && NegativeTtl == other.NegativeTtl
        && (Records ?? []).SequenceEqual(other.Records ?? []);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Status, Records?.Count ?? 0);
}
