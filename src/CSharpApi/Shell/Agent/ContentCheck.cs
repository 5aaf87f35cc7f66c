// Tries out what the application puts into an agent's messages, at the call: in the turn nothing may throw.
namespace SipFun.Shell;

/// <summary>Refuses what could not be sent, or not be read where it arrives.</summary>
internal static class ContentCheck
{
    private static readonly SipRequest _probe = SipRequest.Create(
        SipMethod.Options,
        SipUri.Parse("sip:probe.invalid"),
        NameAddr.Parse("<sip:probe.invalid>;tag=1"),
        NameAddr.Parse("<sip:probe.invalid>"),
        CallId.Parse("probe"),
        1
    );

    /// <summary>The agent writes these, once in each message.</summary>
    private static readonly HashSet<string> _own = new(
        [
            "Via",
            "v",
            "From",
            "f",
            "To",
            "t",
            "Call-ID",
            "i",
            "CSeq",
            "Max-Forwards",
            "Content-Length",
            "l",
            "Content-Type",
            "c",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>Header fields and a body for a message.</summary>
    /// <param name="body">Null: none.</param>
    /// <param name="headers">Null: none.</param>
    /// <param name="isRefusal">300 to 699: its Contacts are other places to try, not this
    /// end.</param>
    /// <exception cref="ArgumentException">One of them cannot be so; the message says
    /// which.</exception>
    public static void ThrowIfUnfit(
        SipBody? body,
        IReadOnlyList<KeyValuePair<string, string>>? headers,
        bool isRefusal
    )
    {
        var probe = _probe;

        foreach (var (name, value) in headers ?? [])
        {
            probe = With(probe, name, value);
        }

        if (!isRefusal && probe.GetHeader("Contact") is not null && !IsOneSipAddress(probe))
        {
            throw new ArgumentException(
                "Contact is one sip: or sips: address (RFC 3261, 8.1.1.8). Leave it out: the agent "
                    + "writes it."
            );
        }

        if (body is not null)
        {
            ThrowIfNoType(body.ContentType);
        }
    }

    /// <summary>One value of a header field.</summary>
    /// <exception cref="ArgumentException">It cannot be so.</exception>
    public static void ThrowIfUnfit(string name, string value) => With(_probe, name, value);

    /// <summary>A type of bodies: "application/sdp".</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static void ThrowIfNoType(string type)
    {
        ArgumentNullException.ThrowIfNull(type);
        Try($"The type '{type}'", () => _probe.WithBody(type, new byte[1]));
    }

    /// <summary>An option tag: "replaces".</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static void ThrowIfNoTag(string tag)
    {
        if (With(_probe, "Supported", tag).Supported is not [var read] || read != tag)
        {
            throw new ArgumentException(Core.Sanitizer.text($"'{tag}' is no option tag."));
        }
    }

    private static SipRequest With(SipRequest probe, string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);

        if (_own.Contains(name))
        {
            throw new ArgumentException($"{name} is written by the agent: leave it out.");
        }

        return Try($"The header field '{name}: {value}'", () => probe.WithAddedHeader(name, value));
    }

    private static SipRequest Try(string what, Func<SipRequest> make)
    {
        string why;

        try
        {
            var made = make();

            if (made.Validate(SipRole.UserAgent) is not [var fault, ..])
            {
                return made;
            }

            why = $"expected {fault.Expected}.";
        }
        catch (ArgumentException wrong)
        {
            why = wrong.Message;
        }

        throw new ArgumentException(Core.Sanitizer.text($"{what} cannot be sent: {why}"));
    }

    private static bool IsOneSipAddress(SipRequest probe) =>
        probe.GetHeaders("Contact").Count == 1 && probe.Contacts is [{ Uri.IsSip: true }];
}
