// Goal 12: how long the command takes from its start to its end, beside a program that only prints a line.
using System.Diagnostics;

namespace SipFun.Bench.Goals;

/// <summary>Wall time of whole runs, in turns.</summary>
internal static class StartupGoal
{
    private const int Runs = 15;

    public static IEnumerable<Row> Measure(Workshop shop, int rounds)
    {
        List<double> bare = [];
        List<double> version = [];
        List<double> send = [];
        var port = shop.Port();
        using var peer = Child.Start(0, shop.Peers, "answer", $"{port}");
        string[] request = ["send", "OPTIONS", $"sip:127.0.0.1:{port}"];

        for (var round = 0; round < rounds; round++)
        {
            var times = Enumerable
                .Range(0, Runs)
                .Select(_ =>
                    (Time(shop.Bare), Time(shop.Sipfun, "--version"), Time(shop.Sipfun, request))
                )
                .ToArray();
            bare.Add(new Series(times.Select(one => one.Item1)).Median);
            version.Add(new Series(times.Select(one => one.Item2)).Median);
            send.Add(new Series(times.Select(one => one.Item3)).Median);
        }

        peer.End();
        return
        [
            Row.Ratio("12", "sipfun --version, wall time", "ms", version, "bare program", bare, 2),
            Row.Ratio("12", "sipfun send, wall time", "ms", send, "bare program", bare, 2),
        ];
    }

    private static double Time(string command, params string[] arguments)
    {
        var start = Stopwatch.GetTimestamp();
        Child.Run(1, command, arguments);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
