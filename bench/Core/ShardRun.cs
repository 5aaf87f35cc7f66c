// Two shards of one process on two cores, beside two processes: the same transactions, without sockets.
using System.Diagnostics;
using System.Globalization;

namespace SipFun.Bench.Core;

/// <summary>How much of two processes' work two threads with a state each do.</summary>
internal static class ShardRun
{
    private const int Batch = 1_000;
    private const int Seconds = 5;

    public static void Run(int rounds)
    {
        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var (apart, together) = (Processes(), Threads());
            ratios.Add(together / apart);
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"two processes {apart:F0}, two shards {together:F0} transactions a second: {together / apart:F2}"
                )
            );
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"median {ratios.Order().ElementAt(rounds / 2):F2}, {ratios.Min():F2} to {ratios.Max():F2}"
            )
        );
    }

    /// <summary>One shard alone, as a child process runs it.</summary>
    public static void One() =>
        Console.WriteLine(Rate().ToString("F0", CultureInfo.InvariantCulture));

    private static double Threads()
    {
        var rates = new double[2];
        var threads = Enumerable
            .Range(0, 2)
            .Select(shard => new Thread(() => rates[shard] = Rate()))
            .ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return rates.Sum();
    }

    private static double Processes()
    {
        var children = Enumerable
            .Range(0, 2)
            .Select(_ =>
                Process.Start(
                    new ProcessStartInfo(Environment.ProcessPath!, "shard")
                    {
                        RedirectStandardOutput = true,
                    }
                )!
            )
            .ToArray();
        return children.Sum(child =>
            double.Parse(child.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture)
        );
    }

    /// <summary>Transactions a second, a thousand waiting; what surrounds the core is part of it.</summary>
    private static double Rate()
    {
        var world = new CoreWorld(0);
        var serial = 0;
        var time = 0d;
        var packets = new ReadOnlyMemory<byte>[Batch];
        var done = 0;
        var start = 0L;
        var isWarm = false;
        var clock = Stopwatch.StartNew();
        while (!isWarm || Stopwatch.GetElapsedTime(start).TotalSeconds < Seconds)
        {
            if (!isWarm && clock.Elapsed.TotalSeconds > 2)
            {
                (isWarm, start, done) = (true, Stopwatch.GetTimestamp(), 0);
            }

            for (var i = 0; i < Batch; i++)
            {
                packets[i] = world.Deliver(world.Order(CoreWorld.Request(serial++)));
            }

            foreach (var packet in packets)
            {
                world.Receive(CoreWorld.Read(CoreWorld.Answer(packet)));
            }

            time += 250;
            world.Now = (long)time;
            world.TickWhileDue();
            done += Batch;
        }

        return done / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
