namespace SipFun;

/// <summary>A binding was not made. The message says what to do next.</summary>
public sealed class RegistrationException : Exception
{
    internal RegistrationException(string message, SipResponse? response, DeliveryOutcome? outcome)
        : base(message) => (Response, Outcome) = (response, outcome);

    /// <summary>The registrar's refusal; null: there was no response.</summary>
    public SipResponse? Response { get; }

    /// <summary>Why there was no response; null: there was one.</summary>
    public DeliveryOutcome? Outcome { get; }
}
