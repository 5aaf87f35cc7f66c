// Goal 11: more than we can do. Calls through the relay for a minute; then a flood of new requests for a
// minute at an element that has transactions of its own under way by the same socket.
namespace SipFun.Bench.Goals;

/// <summary>What is left standing.</summary>
internal static class OverloadGoal
{
    private const string Minute = "60";

    public static IEnumerable<Row> Measure(Workshop shop, int rounds) =>
        [.. Calls(shop), .. Flood(shop)];

    /// <summary>256 calls in flight; the rate of 64 before and after.</summary>
    private static IEnumerable<Row> Calls(Workshop shop)
    {
        const string What = "256 calls in flight through the relay for 60 s";

        if (shop.Anchors is not { } anchors)
        {
            yield return Row.Skipped("11", What, "no ../shared/bench");
            yield break;
        }

        var load = Path.Combine(shop.Folder, "sipload");
        Workshop.Shell("gcc", "-O2", "-o", load, Path.Combine(anchors, "relay", "sipload.c"));
        var port = shop.Port();
        using var relay = Child.Start(1, shop.Sipfun, "proxy", "--listen", $"udp:127.0.0.1:{port}");
        Thread.Sleep(1000);
        Run("64", "3");
        var before = Run("64", "5");
        var during = Run("256", Minute);
        var after = Run("64", "5");
        var (done, lost) = (Workshop.Value(during, "done"), Workshop.Value(during, "lost"));
        var peak = relay.HasEnded ? double.NaN : relay.PeakMiB;
        relay.End();
        yield return new Row(
            "11",
            What,
            $"{done:N0} calls, {lost:N0} lost, peak {peak:F0} MiB",
            "",
            new Series(done / (done + lost)),
            null
        );
        yield return Row.Ratio(
            "11",
            "rate of calls before that over the rate after",
            "calls/s",
            [Workshop.Value(before, "done_per_s")],
            "after",
            [Workshop.Value(after, "done_per_s")],
            1.5
        );

        string Run(string window, string seconds) =>
            Child.Run(0, load, $"{port}", $"{port + 1}", $"{port + 2}", "invite", window, seconds);
    }

    private static IEnumerable<Row> Flood(Workshop shop)
    {
        var (port, friend) = (shop.Port(), shop.Port());
        using var peer = Child.Start(0, shop.Peers, "answer", $"{friend}");
        using var ours = Child.Start(1, Workshop.Self, "flooded", $"{port}", $"{friend}");
        Thread.Sleep(FloodedRun.FloodAt);
        var flood = Child.Run(0, shop.Peers, "flood", $"{port}", Minute, "0", "1");
        var said = ours.Output();
        var friends = peer.End();
        Console.WriteLine($"{flood}{said}".TrimEnd());
        var (sent, dropped) = (
            Workshop.Value(flood, "sent"),
            Workshop.Value(said, "kernel_dropped")
        );
        var given = sent + Workshop.Value(friends, "answered") - dropped;
        var finished = Workshop.Value(said, "finished");
        yield return new Row(
            "11",
            $"flood for 60 s: {sent / 60:N0} requests/s sent",
            $"{dropped / 60:N0}/s dropped by the kernel, {Workshop.Value(flood, "refused") / 60:N0}/s refused, peak {Workshop.Value(said, "peak_mib"):F0} MiB",
            "",
            new Series(Workshop.Value(said, "counted") / given),
            null
        );
        yield return new Row(
            "11",
            "of our own transactions under way meanwhile, unfinished, per thousand",
            $"{finished:N0} finished",
            "",
            new Series(
                1000 * Workshop.Value(said, "failed") / (finished + Workshop.Value(said, "failed"))
            ),
            1
        );
        yield return Row.Ratio(
            "11",
            "rate of our own transactions before the flood over the rate after",
            "/s",
            [Workshop.Value(said, "before")],
            "after",
            [Workshop.Value(said, "after")],
            1.5
        );
    }
}
