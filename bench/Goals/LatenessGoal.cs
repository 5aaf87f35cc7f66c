// Goal 9: copies on the real clock. 100,000 INVITEs begin evenly over 32 s, and nobody answers; the peer
// notes when each copy comes, from its call's first packet on.
using System.Diagnostics;
using System.Text;

namespace SipFun.Bench.Goals;

/// <summary>How late copies are.</summary>
internal static class LatenessGoal
{
    private const int Calls = 100_000;
    private static readonly TimeSpan _over = TimeSpan.FromSeconds(32);

    public static IEnumerable<Row> Measure(Workshop shop, int rounds)
    {
        List<double> late = [];
        var worst = 0d;

        for (var round = 0; round < rounds; round++)
        {
            var port = shop.Port();
            using var peer = Child.Start(0, shop.Peers, "watch", $"{port}", "75");
            using var ours = Child.Start(1, Workshop.Self, "late", $"{port}");
            var said = peer.Output();
            ours.End();
            Console.WriteLine(said.TrimEnd());
            late.Add(Workshop.Value(said, "p99_ms"));
            worst = Math.Max(worst, Workshop.Value(said, "max_ms"));
        }

        return
        [
            new Row(
                "9",
                "lateness of copies, 100,000 waiting INVITEs, p99",
                $"{Series.Text(new Series(late).Median)} ms, worst {worst:F0} ms",
                "",
                new Series(late),
                5
            ),
        ];
    }

    /// <summary>What runs as a process of its own, and ends by itself.</summary>
    public static async Task RunAsync(int port)
    {
        await using var dispatcher = await Dispatcher.StartAsync(
            new() { Legs = [LegOptions.Udp("127.0.0.1:0")] }
        );
        var peer = new DeliverOptions { Destination = Hop.Parse($"udp:127.0.0.1:{port}") };
        var start = Stopwatch.GetTimestamp();

        for (var call = 0; call < Calls; )
        {
            var due = (int)(Stopwatch.GetElapsedTime(start) / _over * Calls);

            for (; call < Math.Min(due, Calls); call++)
            {
                dispatcher.Deliver(Invite(call), peer);
            }

            await Task.Delay(1);
        }

        await Task.Delay(_over + TimeSpan.FromSeconds(3));
    }

    private static SipMessage Invite(int call) =>
        SipMessage.Parse(
            Encoding.ASCII.GetBytes(
                "INVITE sip:service@127.0.0.1 SIP/2.0\r\nMax-Forwards: 70\r\n"
                    + $"From: <sip:bench@127.0.0.1>;tag=f{call}\r\nTo: <sip:service@127.0.0.1>\r\n"
                    + $"Call-ID: call-{call}@127.0.0.1\r\nCSeq: 1 INVITE\r\n"
                    + "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKa\r\n"
                    + "Contact: <sip:bench@127.0.0.1:9>\r\nContent-Length: 0\r\n\r\n"
            )
        );
}
