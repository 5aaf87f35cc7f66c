using SipFun.Shell;

namespace SipFun;

/// <summary>Who a <see cref="UserAgent"/> is, and how it behaves. Only <see cref="Address"/> must be
/// given.</summary>
public sealed record UserAgentOptions
{
    /// <summary>The methods that a call may need (<see cref="Methods"/>).</summary>
    private static readonly SipMethod[] _usual =
    [
        SipMethod.Invite,
        SipMethod.Update,
        SipMethod.Info,
        SipMethod.Message,
        SipMethod.Refer,
        SipMethod.Notify,
    ];

    /// <summary>The address of record: the From of what is sent, the To of a registration.</summary>
    public required NameAddr Address { get; init; }

    /// <summary>Where this end is reached: the Contact. Default: the user of
    /// <see cref="Address"/> at the leg by which a request leaves, or came; sips where the way there is
    /// (RFC 3261, 8.1.1.8, 12.1.1).</summary>
    public NameAddr? Contact { get; init; }

    /// <summary>For 401 and 407; the first that fits a realm. Default: none.</summary>
    public IReadOnlyList<DigestCredentials> Credentials { get; init; } = [];

    /// <summary>Whom <see cref="UserAgent.RegisterAsync"/> tells. Default: the host of
    /// <see cref="Address"/>.</summary>
    public SipUri? Registrar { get; init; }

    /// <summary>
    /// Requests outside dialogs go there first, by a Route (RFC 3261, 8.1.2); loose routing is
    /// added if it is not said. Default: none; the dispatcher's own rules hold.
    /// </summary>
    public SipUri? OutgoingProxy { get; init; }

    /// <summary>
    /// Calls are refreshed so often that a peer that vanished is noticed (RFC 4028): the session
    /// interval, at least 90 s. Default: only what the peer asks for is kept.
    /// </summary>
    public TimeSpan? SessionTimer { get; init; }

    /// <summary>Nothing shorter is accepted as a session interval; default 90 s, the least that RFC
    /// 4028, 5 allows.</summary>
    public TimeSpan MinSessionTimer { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>PRACK (RFC 3262). Default: offered, and used with a peer that has it.</summary>
    public ReliableProvisionals ReliableProvisionals { get; init; } = ReliableProvisionals.Offered;

    /// <summary>What becomes of further answers to one INVITE. Default: the first wins.</summary>
    public ForkPolicy ForkPolicy { get; init; }

    /// <summary>
    /// How many targets of 3xx responses a call tries at most, in the order of their q (RFC 3261,
    /// 8.1.3.4). Default 0: a 3xx ends the call. Credentials without a realm stay with the first
    /// target.
    /// </summary>
    public int FollowRedirects { get; init; }

    /// <summary>
    /// The methods taken beside ACK, BYE, CANCEL, OPTIONS, PRACK, and the UPDATE that refreshes a
    /// session, which the agent answers itself; others are answered 405. Default: INVITE, UPDATE, INFO, MESSAGE, REFER, NOTIFY.
    /// </summary>
    public IReadOnlyList<SipMethod> Methods { get; init; } = _usual;

    /// <summary>Option tags that the application understands, beside 100rel and timer; a request
    /// that requires another is answered 420. Default: none.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = [];

    /// <summary>Types of bodies that are understood, "application/sdp"; others are answered 415.
    /// Default: all.</summary>
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>User-Agent and Server in what is sent. Default: neither.</summary>
    public string? Product { get; init; }

    /// <summary>Calls at one time; more are answered 486. Default 1,000.</summary>
    public int MaxCalls { get; init; } = 1_000;

    /// <summary>An incoming call rings so long at most, and is then answered 480. Default 3
    /// minutes.</summary>
    public TimeSpan RingFor { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>A request that the application leaves unanswered is answered 500 after this.
    /// Default 30 s, before its sender gives up.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long <see cref="UserAgent.DisposeAsync"/> waits for BYEs and for bindings to be
    /// given up, by the dispatcher's clock. Default 5 s.</summary>
    public TimeSpan DisposeWithin { get; init; } = TimeSpan.FromSeconds(5);

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Address);
        ArgumentNullException.ThrowIfNull(Credentials);
        ArgumentNullException.ThrowIfNull(Methods);
        ArgumentNullException.ThrowIfNull(Extensions);
        ArgumentNullException.ThrowIfNull(Accept);
        ThrowIf(!Address.Uri.IsSip, "Address is no sip or sips URI. Write sip:user@example.com.");
        ThrowIf(
            Registrar is { IsSip: false } || OutgoingProxy is { IsSip: false },
            "Registrar and OutgoingProxy are reached by sip: or sips:."
        );
        ThrowIf(
            Least > TimeSpan.FromDays(1) || MinSessionTimer < TimeSpan.FromSeconds(90),
            "SessionTimer and MinSessionTimer are at least 90 s (RFC 4028, 5), and at most a day."
        );
        ThrowIf(
            SessionTimer < MinSessionTimer,
            "SessionTimer is shorter than MinSessionTimer: no call could be made."
        );
        ThrowIf(
            Contact is { Uri.IsSip: false },
            "Contact is no sip or sips URI (RFC 3261, 8.1.1.8). Leave it out, or write sip:user@host."
        );
        ThrowIf(FollowRedirects is < 0 or > 100, "FollowRedirects is 0 to 100.");
        ThrowIf(MaxCalls < 1, "MaxCalls is at least 1.");
        ThrowIf(
            new[] { RingFor, AnswerWithin, DisposeWithin }.Any(IsNoDuration),
            "RingFor, AnswerWithin and DisposeWithin are more than zero, and at most a day."
        );
        ThrowIfUnfit();
    }

    /// <summary>What would not fit into a message.</summary>
    private void ThrowIfUnfit()
    {
        foreach (var one in Credentials)
        {
            ArgumentNullException.ThrowIfNull(one, nameof(Credentials));
            one.ToLogin();
        }

        foreach (var method in Methods)
        {
            ArgumentNullException.ThrowIfNull(method, nameof(Methods));
        }

        foreach (var tag in Extensions)
        {
            ContentCheck.ThrowIfNoTag(tag);
        }

        foreach (var type in Accept)
        {
            ContentCheck.ThrowIfNoType(type);
        }

        if (Product is not null)
        {
            ContentCheck.ThrowIfUnfit("User-Agent", Product);
        }
    }

    private TimeSpan Least => SessionTimer > MinSessionTimer ? SessionTimer.Value : MinSessionTimer;

    private static bool IsNoDuration(TimeSpan length) =>
        length <= TimeSpan.Zero || length > TimeSpan.FromDays(1);

    private static void ThrowIf(bool isWrong, string advice)
    {
        if (isWrong)
        {
            throw new ArgumentException(advice);
        }
    }
}
