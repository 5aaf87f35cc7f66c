// Goal 2: the UDP leg alone. A datagram comes in by the leg, in a turn, and goes out again by it.
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using SipFun.Shell;

namespace SipFun.Bench.Goals;

/// <summary>CPU beside a C echo, and what the leg allocates.</summary>
internal static class LegGoal
{
    public static IEnumerable<Row> Measure(Workshop shop, int rounds)
    {
        if (shop.Anchors is null)
        {
            return [Row.Skipped("2", "UDP leg alone", "no ../shared/bench")];
        }

        List<double> ours = [];
        List<double> theirs = [];
        List<double> bytes = [];

        for (var round = 0; round < rounds; round++)
        {
            theirs.Add(EchoAnchor.Measure(shop, 3));
            var port = shop.Port();
            var (cost, said) = EchoAnchor.Measure(shop, port, 3, Workshop.Self, "leg", $"{port}");
            ours.Add(cost);
            bytes.Add(Workshop.Value(said, "bytes"));
        }

        return
        [
            Row.Ratio(
                "2",
                "UDP leg and turn, echo, CPU a datagram and answer",
                "µs",
                ours,
                "C echo",
                theirs,
                1.3
            ),
            new Row(
                "2",
                "UDP leg and turn, allocated a datagram",
                $"{Series.Text(new Series(bytes).Median)} B",
                "",
                new Series(bytes),
                0
            ),
        ];
    }

    /// <summary>What runs as a process of its own, until SIGTERM.</summary>
    public static void Serve(int port)
    {
        using var counters = new Counters();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        using var loop = new Loop(
            Translate.ToSettings(new DispatcherOptions(), (1, 2), 3),
            null!,
            new Clock(TimeProvider.System),
            counters,
            new Log(NullLogger.Instance, counters),
            Platform.System,
            null
        );
        using var link = new UdpLink(socket, SipFun.Limits.Default.DatagramsPerTurn);
        var echo = new EchoOwner(loop, link);
        link.Attach(echo);
        link.Start();
        using var done = new ManualResetEventSlim();
        using var signal = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM,
            context =>
            {
                context.Cancel = true;
                done.Set();
            }
        );
        done.Wait();
        Console.WriteLine($"datagrams={echo.Datagrams} bytes={echo.BytesEach:F3}");
    }
}
