namespace SipFun;

/// <summary>Whom a <see cref="DigestAuthenticator"/> believes. <see cref="Realm"/> must be given, and
/// users one way or the other.</summary>
public sealed record DigestAuthenticatorOptions
{
    /// <summary>The protection domain, usually a domain name: shown to users, and part of every
    /// hash (RFC 3261, 22.1).</summary>
    public required string Realm { get; init; }

    /// <summary>
    /// True for a proxy: 407 and Proxy-Authorization (RFC 3261, 22.3). Default false, for a
    /// registrar or a user agent: 401 and Authorization (22.2).
    /// </summary>
    public bool IsProxy { get; init; }

    /// <summary>The users by name. Default: none.</summary>
    public IReadOnlyDictionary<string, DigestSecret> Users { get; init; } =
        new Dictionary<string, DigestSecret>();

    /// <summary>
    /// Finds users that are not among <see cref="Users"/>: their secret, or null for nobody. Called
    /// on the thread pool, only for a request with a nonce that is good, and may wait; what it
    /// throws is answered 500. Default: none; then everything is decided inside the turn.
    /// </summary>
    public Func<string, CancellationToken, ValueTask<DigestSecret?>>? FindUser { get; init; }

    /// <summary>
    /// The hashes that are offered, the most preferred first (RFC 8760, 2.3); nothing else is
    /// accepted. Default: SHA-256. MD5 is broken, but the only one that many telephones know: add
    /// it for those.
    /// </summary>
    public IReadOnlyList<DigestAlgorithm> Algorithms { get; init; } = [DigestAlgorithm.Sha256];

    /// <summary>What may be protected; nothing else is accepted, but RFC 2069's form, for which a
    /// nonce is good once. Default: <see cref="DigestQop.Auth"/>.</summary>
    public IReadOnlyList<DigestQop> Qop { get; init; } = [DigestQop.Auth];

    /// <summary>A nonce is good for so long; then the client is told that it is stale, and answers
    /// again without asking its user. Default 5 minutes, at most a day.</summary>
    public TimeSpan NonceLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Of so many nonces it is remembered how often they were used, against replays. More used
    /// within one lifetime: the oldest become stale before their time. Default 100,000.
    /// </summary>
    public int MaxNonces { get; init; } = 100_000;

    /// <summary>
    /// Whether the URI in the credentials must be equivalent to the Request-URI; else 400 (RFC 7616,
    /// 3.4.6). Default true. Set it to false behind a proxy that changes Request-URIs (RFC 3261,
    /// 22.4, 6): then whoever can change a request on its way can send it elsewhere.
    /// </summary>
    public bool ChecksUri { get; init; } = true;

    /// <summary>Only these methods are asked for credentials. Default: empty, all but ACK and
    /// CANCEL, which cannot be (RFC 3261, 22.1).</summary>
    public IReadOnlyCollection<SipMethod> Methods { get; init; } = [];

    /// <summary>
    /// A proxy behind this authenticator: whoever sends a request within a dialog that leads through it,
    /// by the seal in its Record-Route or Contact, is not asked. The other end of a call has no password
    /// here. Nor is who asks that proxy itself by OPTIONS whether it is there. Default: null; all are asked.
    /// </summary>
    public StatelessProxy? DialogsOf { get; init; }

    /// <summary>Sent with each challenge, and to come back unchanged. Default: none.</summary>
    public string? Opaque { get; init; }

    /// <summary>Where else the same credentials are good (RFC 7616, 3.3; not for a proxy). Default:
    /// nothing is said.</summary>
    public IReadOnlyList<SipUri> Domain { get; init; } = [];

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Users);
        ArgumentNullException.ThrowIfNull(Algorithms);
        ArgumentNullException.ThrowIfNull(Qop);
        ArgumentNullException.ThrowIfNull(Methods);
        ArgumentNullException.ThrowIfNull(Domain);
        ThrowIf(!IsText(Realm), "Realm is a text of one line. Write the domain's name.");
        ThrowIf(Opaque is not null && !IsText(Opaque), "Opaque is a text of one line, or null.");
        ThrowIf(
            Users.Count == 0 && FindUser is null,
            "Nobody could log in. Give Users or FindUser."
        );
        ThrowIf(Users.Values.Any(one => one is null), "A user's secret is null.");
        ThrowIf(
            !IsList(Algorithms) || !IsList(Qop),
            "Algorithms and Qop name at least one of theirs, and none twice (RFC 8760, 2.3)."
        );
        ThrowIf(
            NonceLifetime < TimeSpan.FromSeconds(1) || NonceLifetime > TimeSpan.FromDays(1),
            "NonceLifetime is a second to a day."
        );
        ThrowIf(MaxNonces < 1, "MaxNonces is at least 1.");
        ThrowIf(IsProxy && Domain.Count > 0, "Domain means nothing for a proxy (RFC 7616, 3.3).");
    }

    private static bool IsText(string? text) =>
        !string.IsNullOrEmpty(text) && !text.Any(char.IsControl);

    private static bool IsList<T>(IReadOnlyList<T> list)
        where T : struct, Enum =>
        list.Count > 0 && list.Distinct().Count() == list.Count && list.All(Enum.IsDefined);

    private static void ThrowIf(bool isWrong, string advice)
    {
        if (isWrong)
        {
            throw new ArgumentException(advice);
        }
    }
}
