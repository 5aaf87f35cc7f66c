namespace SipFun.Bench.Goals;

/// <summary>One line of the table.</summary>
/// <param name="Goal">Its number; a figure beside one has none of its own.</param>
/// <param name="What">What was measured, in a few words.</param>
/// <param name="Ours">SipFun's own, with its unit.</param>
/// <param name="Beside">The anchor's, with its unit and its name; empty without one.</param>
/// <param name="Figure">What the aim is about: a ratio, round by round, or ours alone.</param>
/// <param name="Aim">At most this; null: a figure to know, not a goal.</param>
internal sealed record Row(
    string Goal,
    string What,
    string Ours,
    string Beside,
    Series Figure,
    double? Aim
)
{
    /// <summary>Why there is no figure.</summary>
    public static Row Skipped(string goal, string what, string why) =>
        new(goal, what, $"not measured: {why}", "", new Series(), null);

    /// <summary>Ours over the anchor's, round by round.</summary>
    public static Row Ratio(
        string goal,
        string what,
        string unit,
        IReadOnlyList<double> ours,
        string anchor,
        IReadOnlyList<double> anchors,
        double? aim
    ) =>
        new(
            goal,
            what,
            $"{Series.Text(new Series(ours).Median)} {unit}",
            $"{anchor}: {Series.Text(new Series(anchors).Median)} {unit}",
            new Series(ours.Zip(anchors, (our, theirs) => our / theirs)),
            aim
        );

    public string Verdict =>
        Aim is not { } most || Figure.IsEmpty ? ""
        : Figure.Median <= most ? "met"
        : "missed";
}
