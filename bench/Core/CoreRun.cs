using System.Diagnostics;

namespace SipFun.Bench.Core;

/// <summary>
/// A whole client transaction in the core at any number waiting: Deliver with a known hop, Transmit,
/// Received 200, Complete, Timer K. Time advances so that a request waits a quarter of a second.
/// </summary>
internal static class CoreRun
{
    private const int Batch = 1_000;
    private const double WaitsFor = 250;

    public static void Run(int waiting, int transactions, int decisions)
    {
        var world = new CoreWorld(decisions);
        var packets = new Queue<ReadOnlyMemory<byte>>();
        var serial = 0;
        var perMillisecond = waiting / WaitsFor;

        for (; serial < waiting; serial++)
        {
            packets.Enqueue(world.Deliver(world.Order(CoreWorld.Request(serial))));
        }

        var heap = GC.GetTotalMemory(true) / waiting;
        var time = 0d;
        var deliver = TimeSpan.Zero;
        var receive = TimeSpan.Zero;
        var parse = TimeSpan.Zero;
        var tick = TimeSpan.Zero;
        var bytes = new long[3];
        var measured = 0;
        // The lingering population, and time for the compiler to come to its end.
        var warm = Math.Max(200_000, (int)(perMillisecond * 5_500));
        warm = Math.Min(warm, 2 * transactions);

        while (measured < transactions)
        {
            var isWarm = serial >= waiting + warm;
            var orders = new SipFun.Core.Order[Batch];
            for (var i = 0; i < Batch; i++)
            {
                orders[i] = world.Order(CoreWorld.Request(serial++));
            }

            var answers = new byte[Batch][];
            for (var i = 0; i < Batch; i++)
            {
                answers[i] = CoreWorld.Answer(packets.Dequeue());
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            var t0 = Cpu();
            for (var i = 0; i < Batch; i++)
            {
                packets.Enqueue(world.Deliver(orders[i]));
            }

            var t1 = Cpu();
            var afterDeliver = GC.GetAllocatedBytesForCurrentThread();
            var messages = new SipMessage[Batch];
            for (var i = 0; i < Batch; i++)
            {
                messages[i] = CoreWorld.Read(answers[i]);
            }

            var afterParse = GC.GetAllocatedBytesForCurrentThread();
            var t2 = Cpu();
            for (var i = 0; i < Batch; i++)
            {
                world.Receive(messages[i]);
            }

            var t3 = Cpu();
            var afterReceive = GC.GetAllocatedBytesForCurrentThread();
            time += Batch / perMillisecond;
            world.Now = (long)time;
            world.TickWhileDue();
            var t4 = Cpu();
            if (isWarm)
            {
                deliver += t1 - t0;
                parse += t2 - t1;
                receive += t3 - t2;
                tick += t4 - t3;
                bytes[0] += afterDeliver - before;
                bytes[1] += afterReceive - afterParse;
                bytes[2] += GC.GetAllocatedBytesForCurrentThread() - afterReceive;
                measured += Batch;
            }
        }

        double Each(TimeSpan all) => all.TotalNanoseconds / measured;
        Console.WriteLine(
            $"{waiting} waiting, {world.Lingering} lingering: deliver {Each(deliver):F0}, receive {Each(receive):F0}, "
                + $"ticks {Each(tick):F0}, together {Each(deliver + receive + tick):F0} ns CPU; parsing the answer {Each(parse):F0} ns; "
                + $"{bytes[0] / measured}, {bytes[1] / measured}, {bytes[2] / measured} B; heap {heap} B a waiting one; pause total {GC.GetTotalPauseDuration().TotalMilliseconds:F0} ms, gc {GC.CollectionCount(0)}/{GC.CollectionCount(1)}/{GC.CollectionCount(2)}"
        );

        var idle = Stopwatch.GetTimestamp();
        for (var i = 0; i < 1_000_000; i++)
        {
            world.Idle();
        }

        Console.WriteLine(
            $"idle step {Stopwatch.GetElapsedTime(idle).TotalNanoseconds / 1e6:F0} ns"
        );
    }

    private static TimeSpan Cpu() => Environment.CpuUsage.TotalTime;
}
