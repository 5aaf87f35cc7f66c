namespace SipFun;

/// <summary>One decision about where a message goes, as data: what <c>Explain()</c> says in
/// words.</summary>
/// <param name="After">Since the first decision.</param>
/// <param name="Kind">
/// What was decided: "naptr", "srv", "query", "answer", "cached", "candidate", "set_aside", "leg",
/// "sent" and so on. More may come with later versions.
/// </param>
/// <param name="Text">The same in words.</param>
/// <param name="Values">What it was decided from, by name: "question", "ttl", "draw".</param>
public sealed record ExplanationStep(
    TimeSpan After,
    string Kind,
    string Text,
    IReadOnlyDictionary<string, string> Values
)
{
    internal static IReadOnlyList<ExplanationStep> Of(Core.Trace? trace) =>
        trace is null ? [] : [.. Core.Story.steps(trace).Select(Of)];

    private static ExplanationStep Of(Core.Story.Step step) =>
        new(
            TimeSpan.FromMilliseconds(step.After),
            step.Kind,
            step.Text,
            step.Values.ToDictionary(pair => pair.Item1, pair => pair.Item2)
        );
}
