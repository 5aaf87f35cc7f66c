namespace SipFun;

/// <summary>What one delivery wants. All of it may be left out.</summary>
/// <remarks>
/// The callbacks of one delivery come one at a time, in order: <see cref="OnSent"/>, each
/// <see cref="OnResponse"/>, <see cref="OnCompleted"/>, then <see cref="Delivery.Completion"/>.
/// They run on the thread pool, never under a lock: every method may be called from inside them.
/// One that throws is logged and counted.
/// </remarks>
public sealed record DeliverOptions
{
    internal static DeliverOptions None { get; } = new();

    /// <summary>
    /// Its name. Default: a fresh one. With the id of a delivery under way the outcome is
    /// <see cref="RefusalReason.DuplicateId"/>.
    /// </summary>
    public DeliveryId? Id { get; init; }

    /// <summary>For <c>CancelDelivery(CallId)</c>. Default: the message's own Call-ID.</summary>
    public CallId? CallId { get; init; }

    /// <summary>The leg to send from. Default: found from the destination.</summary>
    public Leg? Leg { get; init; }

    /// <summary>
    /// Where to send to, whatever the message says. Default: found by RFC 3263 for requests, by RFC
    /// 3261, 18.2.2 and RFC 3581 for responses.
    /// </summary>
    public Hop? Destination { get; init; }

    /// <summary>
    /// Whether a transaction is kept, and copies are sent on UDP. Default: the dispatcher's
    /// (<see cref="DispatcherOptions.Retransmit"/>).
    /// </summary>
    public bool? Retransmit { get; init; }

    /// <summary>Only these transports, in this order. Default: what the legs offer.</summary>
    public IReadOnlyList<Transport>? Transports { get; init; }

    /// <summary>
    /// How long to wait for a final response. Default: an INVITE that got a provisional response
    /// may ring for ever; everything else ends by Timers B and F (64*T1).
    /// </summary>
    public TimeSpan? AnswerWithin { get; init; }

    /// <summary>
    /// While another target is left, one that says nothing at all is given up after this long (RFC
    /// 3263, 4.3). Default: the dispatcher's (<see cref="DispatcherOptions.TryNextAfter"/>).
    /// </summary>
    public TimeSpan? TryNextAfter { get; init; }

    /// <summary>The first copy was given to the socket, or written to the stream.</summary>
    public Action<Hop>? OnSent { get; init; }

    /// <summary>Every 1xx, every 2xx with its forks and repeats, and the final response.</summary>
    public Action<SipResponse>? OnResponse { get; init; }

    /// <summary>How it ended, once.</summary>
    public Action<DeliveryOutcome>? OnCompleted { get; init; }

    internal void Validate()
    {
        if (AnswerWithin is { } within && (within <= TimeSpan.Zero || within > Longest))
        {
            throw new ArgumentException(
                $"AnswerWithin is {within}: give a time from 1 ms to 365 days, or leave it out."
            );
        }

        if (TryNextAfter is { } next && (next <= TimeSpan.Zero || next > Longest))
        {
            throw new ArgumentException(
                $"TryNextAfter is {next}: give a time from 1 ms to 365 days, or leave it out."
            );
        }

        if (
            Transports is { } transports
            && (transports.Count == 0 || !transports.All(Enum.IsDefined))
        )
        {
            throw new ArgumentException(
                "Transports names no transport that exists: leave it out to allow all."
            );
        }

        Destination?.Validate(nameof(Destination));
    }

    private static TimeSpan Longest => TimeSpan.FromDays(365);
}
