// Goals 8 and 7: a million requests wait for a peer that never answers, while others are answered: how
// long the collector stops us, and what one that waits takes.
using System.Text;

namespace SipFun.Bench.Goals;

/// <summary>Through the facade, with its default trace.</summary>
internal static class PauseGoal
{
    private const int Waiting = 1_000_000;

    public static IEnumerable<Row> Measure(Workshop shop, int rounds)
    {
        List<double> pauses = [];
        List<double> bytes = [];

        for (var round = 0; round < rounds; round++)
        {
            var (answers, silence) = (shop.Port(), shop.Port());
            using var peer = Child.Start(0, shop.Peers, "answer", $"{answers}");
            using var silent = Child.Start(0, shop.Peers, "swallow", $"{silence}");
            var said = Child.Run(1, Workshop.Self, "pause", $"{answers}", $"{silence}", "20");
            pauses.Add(Workshop.Value(said, "longest"));
            bytes.Add(Workshop.Value(said, "bytes"));
            peer.End();
            silent.End();
        }

        return
        [
            new Row(
                "7",
                "memory of one that waits, 450 B packet included, through the facade, 1,000,000",
                $"{Series.Text(new Series(bytes).Median)} B",
                "",
                new Series(bytes),
                1300
            ),
            new Row(
                "8",
                "longest GC pause, 1,000,000 waiting under load, facade",
                $"{Series.Text(new Series(pauses).Median)} ms",
                "",
                new Series(pauses),
                100
            ),
        ];
    }

    /// <summary>What runs as a process of its own.</summary>
    public static async Task RunAsync(int answers, int silence, int seconds)
    {
        // With T1 so long nothing is sent twice, and all of them wait until the end.
        var slow = Timers.Rfc3261 with
        {
            T1 = TimeSpan.FromMinutes(10),
            T2 = TimeSpan.FromMinutes(10),
        };
        await using var dispatcher = await Dispatcher.StartAsync(
            new()
            {
                Legs = [LegOptions.Udp("127.0.0.1:0")],
                Timers = slow,
                Limits = SipFun.Limits.Default with { Deliveries = 2 * Waiting },
            }
        );
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var nobody = new DeliverOptions { Destination = Hop.Parse($"udp:127.0.0.1:{silence}") };

        for (var serial = 0; serial < Waiting; serial++)
        {
            dispatcher.Deliver(Core.CoreWorld.Request(serial), nobody);
        }

        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / Waiting;
        using var watch = new PauseWatch();
        var load = new FacadeLoad(dispatcher, Hop.Parse($"udp:127.0.0.1:{answers}"));
        load.Start(64);
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        load.Stop();
        var pauses = watch.Take();
        Console.WriteLine(
            $"longest={pauses.Max():F1} median={pauses[pauses.Length / 2]:F1} pauses={pauses.Length} "
                + $"sum={pauses.Sum():F0} answered={load.Answered} bytes={bytes} waiting={dispatcher.Deliveries.Count}"
        );
        Environment.Exit(0);
    }
}
