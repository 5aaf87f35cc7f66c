// Goal 4: a whole client transaction through the facade, over loopback to a peer in C.
namespace SipFun.Bench.Goals;

/// <summary>CPU of our process a transaction, beside one C echo.</summary>
internal static class FacadeGoal
{
    private const int Window = 64;

    public static IEnumerable<Row> Measure(Workshop shop, int rounds)
    {
        const string What = "client transaction through the facade, UDP to a C peer, CPU";

        if (shop.Anchors is null)
        {
            return [Row.Skipped("4", What, "no ../shared/bench")];
        }

        List<double> ours = [];
        List<double> theirs = [];

        for (var round = 0; round < rounds; round++)
        {
            theirs.Add(EchoAnchor.Measure(shop, 3));
            var port = shop.Port();
            using var peer = Child.Start(0, shop.Peers, "answer", $"{port}");
            var said = Child.Run(1, Workshop.Self, "facade", $"{port}", "5");
            ours.Add(Workshop.Value(said, "cpu"));
            peer.End();
        }

        return [Row.Ratio("4", What, "µs", ours, "C echo", theirs, 3)];
    }

    /// <summary>What runs as a process of its own.</summary>
    public static async Task RunAsync(int port, int seconds)
    {
        await using var dispatcher = await Dispatcher.StartAsync(
            new() { Legs = [LegOptions.Udp("127.0.0.1:0")] }
        );
        var load = new FacadeLoad(dispatcher, Hop.Parse($"udp:127.0.0.1:{port}"));
        load.Start(Window);

        // So long that the code is compiled, and as many linger as ever will (Timer K).
        await Task.Delay(TimeSpan.FromSeconds(8));
        var (cpu, answered) = (Environment.CpuUsage.TotalTime, load.Answered);
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var used = Environment.CpuUsage.TotalTime - cpu;
        var done = load.Answered - answered;
        load.Stop();
        Console.WriteLine(
            $"transactions={done} failed={load.Failed} cpu={used.TotalMicroseconds / done:F2}"
        );
    }
}
