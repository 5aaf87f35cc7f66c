namespace SipFun;

/// <summary>
/// Where somebody can be reached who registered (RFC 3261, 10): one Contact of an address-of-record.
/// </summary>
public sealed record Binding
{
    /// <summary>
    /// The Contact as it was registered, without <c>expires</c>: display name, URI, and parameters
    /// such as <c>q</c>.
    /// </summary>
    public required NameAddr Contact { get; init; }

    /// <summary>How much this binding is preferred, 0 to 1; default 1 (RFC 3261, 20.10).</summary>
    public decimal Q { get; init; } = 1;

    /// <summary>
    /// How long it is still valid, counted from the moment it is given to a store or got from one. So
    /// no two clocks need agree: a store keeps the instant by its own.
    /// </summary>
    public required TimeSpan ExpiresIn { get; init; }

    /// <summary>
    /// How long ago it was made or refreshed, counted as <see cref="ExpiresIn"/> is: of the bindings
    /// of one device (<see cref="Instance"/>) the youngest is the one to use (RFC 5627, 6.1).
    /// </summary>
    public TimeSpan Age { get; init; }

    /// <summary>The Call-ID of the REGISTER that made or refreshed it.</summary>
    public required CallId CallId { get; init; }

    /// <summary>The CSeq number of that REGISTER.</summary>
    public required uint CSeq { get; init; }

    /// <summary>The Path of that REGISTER: the Route, in this order, of requests to here (RFC
    /// 3327).</summary>
    public IReadOnlyList<NameAddr> Path { get; init; } = [];

    /// <summary><c>+sip.instance</c> of the Contact, which names the device (RFC 5626, 4.1), without
    /// quotes; null without one.</summary>
    public string? Instance { get; init; }

    /// <summary><c>reg-id</c> of the Contact, which names a flow of the device, if the binding is one
    /// of RFC 5626 (6); else null.</summary>
    public int? RegId { get; init; }

    /// <summary>
    /// Where that REGISTER came from, with the number of its connection (<see cref="Hop.Flow"/>);
    /// null when that is not known, or is known to another process.
    /// </summary>
    public Hop? Source { get; init; }

    /// <summary>
    /// The run of the dispatcher that the REGISTER came by: the number of a connection
    /// (<see cref="Hop.Flow"/>) means something there only, and a proxy of another run goes by the Contact.
    /// A store keeps it with <see cref="Source"/>. Default 0: not known.
    /// </summary>
    public uint Epoch { get; init; }

    /// <summary>The leg that it came by; null when that is not known.</summary>
    public Leg? Leg { get; init; }

    /// <summary>The core's number of the leg; 0: not known.</summary>
    internal int LegNumber { get; init; }

    /// <summary>The URI to send to: the Contact's.</summary>
    public SipUri Uri => Contact.Uri;
}
