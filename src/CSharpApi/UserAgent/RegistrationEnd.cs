namespace SipFun;

/// <summary>How a registration ended, and by what.</summary>
/// <param name="Kind">How.</param>
public sealed record RegistrationEnd(RegistrationEndKind Kind)
{
    /// <summary>The response to the last REGISTER; null: there was none.</summary>
    public SipResponse? Response { get; init; }

    /// <summary>What became of the last REGISTER without a response; null otherwise.</summary>
    public DeliveryOutcome? Outcome { get; init; }
}
