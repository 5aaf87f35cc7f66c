namespace SipFun;

/// <summary>
/// How a delivery ended: one of the records below, exactly once. With several targets it is the
/// best of them: <see cref="Answered"/> before <see cref="TimedOut"/> before
/// <see cref="Unreachable"/>.
/// </summary>
public abstract record DeliveryOutcome
{
    private DeliveryOutcome() { }

    /// <summary>Which of the cases this is.</summary>
    public abstract DeliveryOutcomeKind Kind { get; }

    /// <summary>A final response came (RFC 3261, 17.1).</summary>
    /// <param name="Response">The response, without our Via; with several targets the last
    /// 503.</param>
    public sealed record Answered(SipResponse Response) : DeliveryOutcome
    {
        /// <inheritdoc />
        public override DeliveryOutcomeKind Kind => DeliveryOutcomeKind.Answered;

        /// <summary>"Answered: 200 OK", on one printable line.</summary>
        public override string ToString() =>
            Core.Sanitizer.text($"Answered: {Response.StatusCode} {Response.ReasonPhrase}");
    }

    /// <summary>
    /// It was sent, and there is no response to wait for: an ACK, a response that needs no ACK, or
    /// <c>Retransmit = false</c>. A request with a transaction never ends so.
    /// </summary>
    public sealed record Sent : DeliveryOutcome
    {
        /// <inheritdoc />
        public override DeliveryOutcomeKind Kind => DeliveryOutcomeKind.Sent;
    }

    /// <summary>
    /// On the last target: no response at all (Timers B and F), no ACK (Timer H), or no final
    /// response within <see cref="DeliverOptions.AnswerWithin"/>.
    /// </summary>
    public sealed record TimedOut : DeliveryOutcome
    {
        /// <inheritdoc />
        public override DeliveryOutcomeKind Kind => DeliveryOutcomeKind.TimedOut;
    }

    /// <summary>No target, no protocol, no leg, or a DNS failure (RFC 3263).</summary>
    /// <param name="Error">At which stage, why, and what to do next.</param>
    public sealed record Unresolved(ResolutionError Error) : DeliveryOutcome
    {
        /// <inheritdoc />
        public override DeliveryOutcomeKind Kind => DeliveryOutcomeKind.Unresolved;
    }

    /// <summary>Every target refused, or could not be sent to.</summary>
    /// <param name="LastHop">The last one tried.</param>
    /// <param name="Fault">What kind of failure it was there.</param>
    /// <param name="Detail">The system's own word for it.</param>
    public sealed record Unreachable(Hop LastHop, TransportFault Fault, string Detail)
        : DeliveryOutcome
    {
        /// <inheritdoc />
        public override DeliveryOutcomeKind Kind => DeliveryOutcomeKind.Unreachable;
    }

    /// <summary>It was cancelled by <c>CancelDelivery</c> or
    /// <see cref="Delivery.Cancel"/>.</summary>
    public sealed record Cancelled : DeliveryOutcome
    {
        /// <inheritdoc />
        public override DeliveryOutcomeKind Kind => DeliveryOutcomeKind.Cancelled;
    }

    /// <summary>It was not taken on, and nothing was sent.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(RefusalReason Reason) : DeliveryOutcome
    {
        /// <inheritdoc />
        public override DeliveryOutcomeKind Kind => DeliveryOutcomeKind.Refused;
    }

    /// <summary>The dispatcher was disposed meanwhile.</summary>
    public sealed record Disposed : DeliveryOutcome
    {
        /// <inheritdoc />
        public override DeliveryOutcomeKind Kind => DeliveryOutcomeKind.Disposed;
    }
}
