namespace SipFun;

/// <summary>How a call ended, and by what message.</summary>
/// <param name="Kind">How.</param>
public sealed record CallEnd(CallEndKind Kind)
{
    /// <summary>The response that ended it: to the INVITE (487 after a CANCEL, or the 2xx that crossed
    /// it), to our BYE, or to a request within the dialog; null: none came.</summary>
    public SipResponse? Response { get; init; }

    /// <summary>The other end's BYE; null otherwise.</summary>
    public SipRequest? Bye { get; init; }

    /// <summary>What became of the request that was not answered; null otherwise.</summary>
    public DeliveryOutcome? Outcome { get; init; }

    /// <summary>With which status an incoming call was declined; null otherwise.</summary>
    public int? Status { get; init; }

    /// <summary>"Rejected: 486 Busy Here", on one printable line.</summary>
    public override string ToString() =>
        (Response, Status, Outcome) switch
        {
            ({ }, _, _) when Kind == CallEndKind.Cancelled => $"{Kind}",
            ({ } response, _, _) => Core.Sanitizer.text(
                $"{Kind}: {response.StatusCode} {response.ReasonPhrase}"
            ),
            (_, { } status, _) => $"{Kind}: {status}",
            (_, _, { } outcome) when $"{outcome.Kind}" != $"{Kind}" => $"{Kind}: {outcome.Kind}",
            _ => $"{Kind}",
        };
}
