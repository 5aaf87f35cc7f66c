// What waits takes: memory a delivery, its packet of 450 bytes included, and a step that has nothing to do.
using System.Diagnostics;

namespace SipFun.Bench.Core;

/// <summary>Bytes a waiting delivery, and the time of a step with nothing due.</summary>
internal static class MemoryRun
{
    private const int Steps = 1_000_000;

    public static void Run(int[] sizes)
    {
        Measure(1_000, isShown: false);
        foreach (var size in sizes)
        {
            Measure(size, isShown: true);
        }
    }

    private static void Measure(int size, bool isShown)
    {
        var before = GC.GetTotalMemory(true);
        var world = new CoreWorld(0);
        for (var serial = 0; serial < size; serial++)
        {
            world.Deliver(world.Order(CoreWorld.Request(serial)));
        }

        var each = (GC.GetTotalMemory(true) - before) / (double)size;
        var start = Stopwatch.GetTimestamp();
        for (var step = 0; step < Steps; step++)
        {
            world.Idle();
        }

        var idle = Stopwatch.GetElapsedTime(start).TotalNanoseconds / Steps;
        if (isShown)
        {
            Console.WriteLine($"{size} waiting: {each:F0} B each, idle step {idle:F0} ns");
        }

        GC.KeepAlive(world);
    }
}
