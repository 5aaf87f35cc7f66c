namespace SipFun;

/// <summary>For whom a <see cref="Registrar"/> keeps bindings, and how. Only <see cref="Domains"/>
/// must be given.</summary>
public sealed record RegistrarOptions
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(uint.MaxValue);

    /// <summary>
    /// The hosts it registers at: names or numeric addresses, as they stand in Request-URI and To,
    /// where they must be equal to one of these (without regard to case). A Request-URI that is an
    /// address of the dispatcher's own, with its port, stands for all of them.
    /// </summary>
    public required IReadOnlyCollection<string> Domains { get; init; }

    /// <summary>Where the bindings are kept; default: an <see cref="InMemoryLocationStore"/> of its
    /// own. A store of yours is asked on the thread pool, for each address in order of arrival.</summary>
    public ILocationStore Store { get; init; } = new InMemoryLocationStore();

    /// <summary>How long a binding holds when the REGISTER does not say; default 1 hour.</summary>
    public TimeSpan DefaultExpires { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Shorter bindings are refused with 423 (RFC 3261, 10.3); default 60 s; at most an hour, for
    /// longer ones may not be refused. Whole seconds.
    /// </summary>
    public TimeSpan MinExpires { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longer bindings are shortened to this; default 1 hour. Whole seconds.</summary>
    public TimeSpan MaxExpires { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bindings of one address-of-record; default 10. More are refused with 403.</summary>
    public int MaxContacts { get; init; } = 10;

    /// <summary>
    /// Characters of one Contact and its Path; default 512. More are refused with 513. With
    /// <see cref="MaxContacts"/> it bounds the answers: over UDP they have at most three times the bytes of
    /// a request whose sender was not authenticated, and name as many bindings as that holds.
    /// </summary>
    public int MaxContactLength { get; init; } = 512;

    /// <summary>Requests that wait for a store of yours or for <see cref="MayRegister"/>, or are with
    /// them; default 10,000. More are refused with 503.</summary>
    public int MaxWaiting { get; init; } = 10_000;

    /// <summary>
    /// How long a store of yours and <see cref="MayRegister"/> together may take for one request, by
    /// the dispatcher's clock; then it is answered 504 and what they say afterwards changes nothing. It
    /// counts among <see cref="MaxWaiting"/> until they have returned. Default 5 s.
    /// </summary>
    public TimeSpan StoreWithin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether the sender of a request may change the bindings of an address; if not it is refused
    /// with 403 (RFC 3261, 10.3, step 4). Asked on the thread pool. Default: who was authenticated
    /// (<see cref="Received.AuthenticatedUser"/>) may change his own, by the name of user or
    /// user@domain; where nobody asked for credentials, everybody may.
    /// </summary>
    public Func<Received, AddressOfRecord, ValueTask<bool>>? MayRegister { get; init; }

    /// <summary>
    /// Hears of each binding that is added, refreshed, removed or expires: on the thread pool, one at a
    /// time and in order. What it throws is logged and counted; of what waits for a slow one at most
    /// <see cref="Limits.CallbackQueue"/> is kept, and the rest counted.
    /// </summary>
    public Action<BindingChange>? OnChange { get; init; }

    /// <summary>The Service-Route of each 2xx (RFC 3608): by where a user agent sends its requests.
    /// Default: none.</summary>
    public IReadOnlyList<NameAddr> ServiceRoute { get; init; } = [];

    /// <summary>
    /// A Path is taken although the user agent does not say that it supports it. Default false: such a
    /// REGISTER is refused with 420, as RFC 3327, 5.3 recommends.
    /// </summary>
    public bool TakeAnyPath { get; init; }

    /// <summary>Bindings by device and flow for who asks for them (RFC 5626, 6); default
    /// true.</summary>
    public bool Outbound { get; init; } = true;

    /// <summary>Flow-Timer in the answer to a flow's REGISTER (RFC 5626, 10): how often the user agent
    /// is to show that it is there. Default: none; it chooses. Whole seconds.</summary>
    public TimeSpan? FlowTimer { get; init; }

    /// <summary>
    /// GRUUs for devices that ask for them (RFC 5627); default true. Requests to them are found by
    /// <see cref="Registrar.FindAsync"/>.
    /// </summary>
    public bool Gruus { get; init; } = true;

    /// <summary>
    /// A REGISTER for another domain is left to the receivers behind, such as a proxy (RFC 3261, 10.3,
    /// step 1). Default false: it is refused with 404.
    /// </summary>
    public bool PassForeignDomains { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Domains);
        ArgumentNullException.ThrowIfNull(Store);
        ArgumentNullException.ThrowIfNull(ServiceRoute);
        ThrowIf(Domains.Count == 0, "Domains is empty: nobody could register.");

        foreach (var domain in Domains)
        {
            ThrowIf(
                !Shell.SentBy.TryHost(domain, out _),
                $"\"{domain}\" is no host. Write example.com."
            );
        }

        ThrowIf(
            MinExpires < TimeSpan.Zero || MinExpires > TimeSpan.FromHours(1),
            "MinExpires is at most an hour: nothing longer may be refused (RFC 3261, 10.3)."
        );
        ThrowIf(
            IsNoDuration(DefaultExpires)
                || IsNoDuration(MaxExpires)
                || FlowTimer is { } timer && IsNoDuration(timer),
            "DefaultExpires, MaxExpires and FlowTimer are at least a second, and below 2^32 seconds."
        );
        ThrowIf(
            MinExpires > MaxExpires || DefaultExpires < MinExpires,
            "MinExpires is no longer than MaxExpires and DefaultExpires."
        );
        ThrowIf(
            MaxContacts < 1 || MaxContactLength < 1 || MaxWaiting < 1,
            "Every limit is at least 1."
        );
        ThrowIf(
            StoreWithin <= TimeSpan.Zero || StoreWithin > TimeSpan.FromDays(1),
            "StoreWithin is more than zero and at most a day."
        );
        ThrowIf(ServiceRoute.Any(one => one is null), "A Service-Route is null.");
    }

    private static bool IsNoDuration(TimeSpan length) =>
        length < TimeSpan.FromSeconds(1) || length > _longest;

    private static void ThrowIf(bool isWrong, string advice)
    {
        if (isWrong)
        {
            throw new ArgumentException(advice);
        }
    }
}
