namespace SipFun;

/// <summary>What one resolution may use.</summary>
public sealed record ResolveOptions
{
    /// <summary>Only these transports, in this order; null: what the legs offer, UDP
    /// first.</summary>
    public IReadOnlyList<Transport>? Transports { get; init; }

    /// <summary>Only these legs of the dispatcher, at least one; null: all.</summary>
    public IReadOnlyList<Leg>? Legs { get; init; }
}
