namespace SipFun;

/// <summary>How a <see cref="Blocker"/> answers one method.</summary>
/// <param name="Status">300 to 699.</param>
public sealed record BlockedMethod(int Status)
{
    /// <summary>Default: the reason phrase of RFC 3261, 21.</summary>
    public string? Reason { get; init; }

    /// <summary>Further header fields of the answer, such as Retry-After. A 405 gets an Allow without
    /// the blocked methods, unless one is given here (RFC 3261, 8.2.1). Default: none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
}
