namespace SipFun.Bench.Goals;

/// <summary>
/// The goals of speed beside their anchors, in one run: `goals [ROUNDS] [NUMBER,NUMBER]`. Prints a table,
/// and with all of them writes docs/performance.md's. Goals 5, 10 and the core's part of 7 have verbs of
/// their own: `queue`, `shards`, `waiting`.
/// </summary>
internal static class GoalsRun
{
    private static readonly (
        string Numbers,
        Func<Workshop, int, IEnumerable<Row>> Measure
    )[] _goals =
    [
        ("1", RelayGoal.Measure),
        ("2", LegGoal.Measure),
        ("3,6", CoreGoal.Measure),
        ("4", FacadeGoal.Measure),
        ("7,8", PauseGoal.Measure),
        ("9", LatenessGoal.Measure),
        ("11", OverloadGoal.Measure),
        ("12", StartupGoal.Measure),
    ];

    public static void Run(int rounds, string? only)
    {
        var shop = new Workshop();
        var load = Table.Load();
        List<Row> rows = [];

        foreach (var (numbers, measure) in _goals)
        {
            if (only is null || only.Split(',').Intersect(numbers.Split(',')).Any())
            {
                Console.WriteLine($"goal {numbers} ...");
                rows.AddRange(measure(shop, rounds));
            }
        }

        var table = Table.Of(shop, rounds, load, rows);
        Console.WriteLine(table);

        if (only is null)
        {
            Table.Write(shop, table);
        }
    }
}
