namespace SipFun;

/// <summary>What was left when <see cref="Dispatcher.DrainAsync"/> stopped waiting.</summary>
/// <param name="Deliveries">Still under way.</param>
/// <param name="Unanswered">How many requests that came in have no final response yet.</param>
public sealed record DrainResult(IReadOnlyList<Delivery> Deliveries, int Unanswered)
{
    /// <summary>Nothing is left.</summary>
    public bool IsDone => Deliveries.Count == 0 && Unanswered == 0;
}
