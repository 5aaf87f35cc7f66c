namespace SipFun;

/// <summary>One next hop that was found, and the legs that can reach it.</summary>
/// <param name="Hop">Where to send to.</param>
/// <param name="Legs">From where it can be sent; the first is the one that would be chosen.</param>
public sealed record Candidate(Hop Hop, IReadOnlyList<Leg> Legs)
{
    /// <summary>The same hop, by the same legs.</summary>
    public bool Equals(Candidate? other) =>
        other is not null && Hop == other.Hop && Legs.SequenceEqual(other.Legs);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Hop, Legs.Count);
}
