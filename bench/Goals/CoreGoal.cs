// Goals 3 and 6: the core alone, which Core/CoreRun.cs measures, beside one C echo.
using System.Text.RegularExpressions;

namespace SipFun.Bench.Goals;

/// <summary>CPU of a client transaction in the core, and of a step that finds nothing to do.</summary>
internal static partial class CoreGoal
{
    public static IEnumerable<Row> Measure(Workshop shop, int rounds)
    {
        if (shop.Anchors is null)
        {
            return [Row.Skipped("3", "client transaction in the core", "no ../shared/bench")];
        }

        List<Row> rows = [];

        foreach (
            var (waiting, transactions, aim) in ((int, int, double)[])
                [(1_000, 200_000, 1), (1_000_000, 1_000_000, 3)]
        )
        {
            List<double> ours = [];
            List<double> theirs = [];
            List<double> idle = [];

            for (var round = 0; round < rounds; round++)
            {
                theirs.Add(EchoAnchor.Measure(shop, 3));
                var said = Child.Run(
                    1,
                    Workshop.Self,
                    "core",
                    $"{waiting}",
                    $"{transactions}",
                    "0"
                );
                ours.Add(Number(Together(), said) / 1000);
                idle.Add(Number(Idle(), said) / 1000);
            }

            var many = $"{waiting:N0} waiting";
            rows.Add(
                Row.Ratio(
                    "3",
                    $"client transaction in the core, {many}, CPU",
                    "µs",
                    ours,
                    "C echo",
                    theirs,
                    aim
                )
            );
            rows.Add(
                new Row(
                    "6",
                    $"a step with nothing due, {many}",
                    $"{Series.Text(new Series(idle).Median)} µs",
                    "",
                    new Series(idle),
                    1
                )
            );
        }

        return rows;
    }

    private static double Number(Regex pattern, string said) =>
        pattern.Match(said) is { Success: true } found
            ? double.Parse(found.Groups[1].Value)
            : double.NaN;

    [GeneratedRegex(@"together (\d+) ns")]
    private static partial Regex Together();

    [GeneratedRegex(@"idle step (\d+) ns")]
    private static partial Regex Idle();
}
