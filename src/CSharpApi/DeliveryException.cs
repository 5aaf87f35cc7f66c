namespace SipFun;

/// <summary>
/// A request sent by <see cref="Dispatcher.SendAsync"/> has no final response. The message says
/// what to do next.
/// </summary>
public sealed class DeliveryException : Exception
{
    internal DeliveryException(Delivery delivery, DeliveryOutcome outcome)
        : base(Advice(outcome)) => (Delivery, Outcome) = (delivery, outcome);

    /// <summary>The delivery; <see cref="SipFun.Delivery.Explain"/> tells its whole
    /// story.</summary>
    public Delivery Delivery { get; }

    /// <summary>How it ended; <see cref="DeliveryOutcome.Answered"/> only when the response is none to
    /// this request.</summary>
    public DeliveryOutcome Outcome { get; }

    internal static string Advice(DeliveryOutcome outcome) =>
        outcome switch
        {
            DeliveryOutcome.TimedOut =>
                "No final response came in time. Check that the peer listens at the hop that "
                    + "Delivery.Explain() names and that nothing on the way drops the messages.",
            DeliveryOutcome.Unresolved(var error) =>
                $"No next hop was found ({error.Stage}, {error.Fault}): {error.Detail}",
            DeliveryOutcome.Unreachable(var hop, var fault, var detail) =>
                $"Every next hop failed; the last was {hop} ({fault}: {detail}). Check the "
                    + "address, the route to it and the legs of the dispatcher.",
            DeliveryOutcome.Refused(var reason) => $"The delivery was not taken on: {Why(reason)}",
            DeliveryOutcome.Answered =>
                "A response came that is none to this request: another Call-ID, CSeq or From tag. "
                    + "The other end must copy them as they are (RFC 3261, 8.2.6.2).",
            DeliveryOutcome.Cancelled => "The delivery was cancelled before a final response came.",
            DeliveryOutcome.Disposed => "The dispatcher was disposed before a final response came.",
            _ => "No response is waited for. Use Deliver for what has no response.",
        };

    private static string Why(RefusalReason reason) =>
        reason switch
        {
            RefusalReason.DuplicateId =>
                "a delivery with this id is under way. Use DeliveryId.New(), or leave the id out.",
            RefusalReason.NothingToCancel =>
                "no INVITE is under way that this CANCEL matches. Make it with CreateCancel().",
            RefusalReason.TooMany =>
                "too many are under way. Wait for some, or raise Limits.Deliveries.",
            RefusalReason.UnknownLeg =>
                "the leg was removed. Choose one of Dispatcher.Legs, or none.",
            RefusalReason.TooLarge =>
                "the message is too large. Make it smaller, or raise Limits.PacketBytes.",
            RefusalReason.AlreadyAnswered => "the request has already had its final response.",
            RefusalReason.ForbiddenResponse =>
                "RFC 4320 forbids this response to a request other than INVITE.",
            _ => $"{reason}.",
        };
}
