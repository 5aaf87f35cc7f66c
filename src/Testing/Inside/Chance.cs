// All chance of a simulation, from one seed: SplitMix64 (Steele, Lea, Flood 2014), which needs no
// state but a counter, and gives the same numbers on every machine and version.
using SipFun.Shell;

namespace SipFun.Testing.Inside;

/// <summary>A stream of lots, and branches of it that do not disturb each other.</summary>
internal sealed class Chance(ulong seed) : Draws
{
    private const ulong Step = 0x9E3779B97F4A7C15;
    private ulong _state = Mixed(seed + Step);

    /// <summary>A stream of its own, the same for the same number.</summary>
    public Chance Branch(ulong number) => new(Mixed(seed) ^ Mixed(number + Step));

    public override ulong Next() => Mixed(_state += Step);

    /// <summary>Draws no lot where there is nothing to decide.</summary>
    public bool Happens(double share) => share > 0 && Fraction() < share;

    public TimeSpan Upto(TimeSpan most) =>
        most <= TimeSpan.Zero ? TimeSpan.Zero : new TimeSpan((long)(Fraction() * most.Ticks));

    public int Below(int count) => (int)(Next() % (ulong)count);

    private static ulong Mixed(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
