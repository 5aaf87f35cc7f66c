using System.Security.Cryptography;

namespace SipFun;

/// <summary>What a <see cref="StatelessProxy"/> forwards, and how. All of it may be left out: then it
/// forwards what belongs to dialogs that it is on the path of, and nothing else.</summary>
public sealed record StatelessProxyOptions
{
    /// <summary>So many bytes <see cref="Secret"/> has at least.</summary>
    public const int ShortestSecret = 16;

    /// <summary>
    /// The domains whose users are looked up in <see cref="Locations"/>, as they stand in URIs. A user
    /// without a binding is answered 480. Default: none.
    /// </summary>
    public IReadOnlyList<string> Domains { get; init; } = [];

    /// <summary>
    /// Who is bound where (RFC 3261, 16.5); needed for <see cref="Domains"/>. Of a user's bindings the
    /// one with the highest q is taken. <see cref="InMemoryLocationStore"/> answers within the turn;
    /// every other store is asked on the thread pool.
    /// </summary>
    public ILocationStore? Locations { get; init; }

    /// <summary>
    /// Further names of this proxy, "sip.example.com" or "sip.example.com:5060", beside the addresses
    /// and the <see cref="LegOptions.Advertise"/> of its legs: a Route to one of them ends here, a
    /// Request-URI is no other's. Default: none.
    /// </summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>
    /// Stays on the path of dialogs: adds a Record-Route, and two where a request leaves by another leg
    /// than it came by (RFC 3261, 16.6, item 4; RFC 5658). Default: only where RFC 3261 asks for it,
    /// which is between sips and what is not TLS.
    /// </summary>
    public bool RecordRoute { get; init; }

    /// <summary>
    /// For an edge with user agents behind NATs: the Contacts of neighbours lead through this proxy,
    /// back over the connection, or to the address and port, they came from. Default: only Contacts
    /// whose host ends in ".invalid" do, which browsers send (RFC 7118, 5) and nobody else can reach.
    /// </summary>
    public bool RewriteContact { get; init; }

    /// <summary>
    /// Forwards to any domain, for anybody: keep such a proxy from the public. Default: forwards to its
    /// own domains, to where <see cref="DispatcherOptions.DomainProxies"/> or
    /// <see cref="DispatcherOptions.OutgoingProxy"/> lead, within dialogs that lead through it
    /// (<see cref="RecordRoute"/>, <see cref="RewriteContact"/>), and to any domain
    /// for whom a <see cref="DigestAuthenticator"/> before it has believed
    /// (<see cref="Received.AuthenticatedUser"/>); all else is answered 404. ACK and CANCEL, which bear no
    /// proof, go anywhere that takes no new connection.
    /// </summary>
    public bool AllowForeign { get; init; }

    /// <summary>Forwards to multicast addresses too. Default: no; broadcast never.</summary>
    public bool AllowMulticast { get; init; }

    /// <summary>
    /// At least 16 bytes that nobody else knows: they key the branches and Contacts by which responses
    /// and requests find their way back. The same after a restart, or in several proxies of one name:
    /// responses in flight, rewritten Contacts and dialogs with foreign domains stay good. Default: new in
    /// each proxy.
    /// </summary>
    public ReadOnlyMemory<byte> Secret { get; init; }

    /// <summary>
    /// Requests that wait for <see cref="Locations"/> or for the DNS at one time; default 10,000. One
    /// more is answered 503.
    /// </summary>
    public int MaxWaiting { get; init; } = 10_000;

    /// <summary>How long <see cref="Locations"/> may take, by the dispatcher's clock; then the request is
    /// answered 504. Default 5 s.</summary>
    public TimeSpan LookupWithin { get; init; } = TimeSpan.FromSeconds(5);

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Domains);
        ArgumentNullException.ThrowIfNull(Aliases);

        if (Domains.Count > 0 && Locations is null)
        {
            throw new ArgumentException("Domains needs Locations, where their users are bound.");
        }

        if (Domains.FirstOrDefault(name => !Shell.SentBy.TryHost(name, out _)) is { } domain)
        {
            throw new ArgumentException(
                $"\"{domain}\" is no host such as example.com or [::1]. A domain has no port."
            );
        }

        if (Aliases.FirstOrDefault(name => !Shell.SentBy.IsValid(name)) is { } bad)
        {
            throw new ArgumentException($"\"{bad}\" is no host such as example.com or [::1]:5060.");
        }

        if (Secret.Length is > 0 and < ShortestSecret)
        {
            throw new ArgumentException($"Secret has less than {ShortestSecret} bytes.");
        }

        if (MaxWaiting < 1 || LookupWithin <= TimeSpan.Zero || LookupWithin > TimeSpan.FromDays(1))
        {
            throw new ArgumentException(
                "MaxWaiting is at least 1, LookupWithin more than zero and at most a day."
            );
        }
    }

    /// <summary>The secret as a key of the core's; none: there is no secret.</summary>
    internal (ulong, ulong)? Key()
    {
        if (Secret.IsEmpty)
        {
            return null;
        }

        var hash = SHA256.HashData(Secret.Span);
        return (BitConverter.ToUInt64(hash, 0), BitConverter.ToUInt64(hash, 8));
    }
}
