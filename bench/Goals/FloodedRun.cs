using System.Globalization;

namespace SipFun.Bench.Goals;

/// <summary>An element that answers OPTIONS, with transactions of its own to a friend by the same
/// socket: before, during and after a flood.</summary>
internal static class FloodedRun
{
    /// <summary>What it may hold of the flood: far less than a minute's.</summary>
    private const int Most = 100_000;

    /// <summary>When the flood, of a minute, is to begin.</summary>
    public static TimeSpan FloodAt { get; } = TimeSpan.FromSeconds(15);

    /// <summary>Counters of something else, or of messages that another counts too.</summary>
    private static readonly string[] _ofNoMessage =
    [
        "icmp_ignored",
        "not_lingering",
        "receive_queue_full",
    ];

    private static TimeSpan Watch { get; } = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(int port, int friend)
    {
        var limits = SipFun.Limits.Default with { Transactions = Most, Lingering = Most };
        var dispatcher = await Dispatcher.StartAsync(
            new() { Legs = [LegOptions.Udp($"127.0.0.1:{port}")], Limits = limits }
        );
        var offered = 0L;
        dispatcher.SetReceiver(received =>
        {
            Interlocked.Increment(ref offered);
            received.Respond(received.CreateResponse(StatusCode.Ok));
            return Receipt.Handled;
        });
        var load = new FacadeLoad(dispatcher, Hop.Parse($"udp:127.0.0.1:{friend}"));
        load.Start(16);
        await Task.Delay(FloodAt - Watch);
        var before = await RateAsync(load);

        // The flood's minute, and as long as what it left lingers.
        await Task.Delay(TimeSpan.FromSeconds(60 + 35));
        var after = await RateAsync(load);
        load.Stop();
        await Task.Delay(TimeSpan.FromSeconds(1));
        var counters = dispatcher.Counters;
        var dropped = counters
            .Where(pair => !_ofNoMessage.Contains(pair.Key) && !IsPart(pair.Key))
            .Sum(pair => pair.Value);
        Console.WriteLine(
            string.Join(
                ' ',
                counters.Where(pair => pair.Value > 0).Select(pair => $"{pair.Key}={pair.Value}")
            )
        );
        Console.WriteLine(
            $"counted={offered + load.Answered + dropped} offered={offered} finished={load.Answered} failed={load.Failed} "
                + $"before={before:F0} after={after:F0} kernel_dropped={KernelDropped(port)} "
                + $"peak_mib={Environment.WorkingSet >> 20}"
        );
        Environment.Exit(0);
    }

    /// <summary>"malformed" is the sum of its kinds.</summary>
    private static bool IsPart(string name) =>
        name.StartsWith("malformed_", StringComparison.Ordinal);

    private static async Task<double> RateAsync(FacadeLoad load)
    {
        var before = load.Answered;
        await Task.Delay(Watch);
        return (load.Answered - before) / Watch.TotalSeconds;
    }

    /// <summary>What the system threw away before our socket: the last column of its table.</summary>
    private static long KernelDropped(int port)
    {
        var local = $"0100007F:{port.ToString("X4", CultureInfo.InvariantCulture)}";
        return File.ReadLines("/proc/net/udp")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words[1] == local)
            .Sum(words => long.Parse(words[^1], CultureInfo.InvariantCulture));
    }
}
