using System.Globalization;
using System.Text;

namespace SipFun;

/// <summary>The first step of a replay whose effects are others than those recorded.</summary>
/// <param name="Step">Which, from 1.</param>
/// <param name="Instant">When it was taken, since the dispatcher's start.</param>
/// <param name="Input">The kind of its input, as "Received" or "Tick".</param>
/// <param name="Expected">The effects recorded, one line each: what is done, and a hash of all of
/// it.</param>
/// <param name="Got">The effects of this program.</param>
public sealed record ReplayDifference(
    long Step,
    TimeSpan Instant,
    string Input,
    IReadOnlyList<string> Expected,
    IReadOnlyList<string> Got
)
{
    /// <summary>Some lines of text: the step, and both lists of effects.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"step {Step}, {Instant.TotalSeconds:0.000} s, {Input}: the effects differ"
        );
        Append(text, "recorded", Expected);
        Append(text, "replayed", Got);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string which, IReadOnlyList<string> effects)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n  {which}:");

        foreach (var effect in effects.DefaultIfEmpty("nothing"))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n    {effect}");
        }
    }
}
