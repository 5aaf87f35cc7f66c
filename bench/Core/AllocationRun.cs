namespace SipFun.Bench.Core;

/// <summary>Of which types the bytes of a client transaction are: deliver, receive, tick.</summary>
internal static class AllocationRun
{
    public static void Run(int decisions)
    {
        const int Many = 100_000;
        var world = new CoreWorld(decisions);
        var orders = Enumerable
            .Range(0, Many)
            .Select(i => world.Order(CoreWorld.Request(i)))
            .ToArray();
        var packets = new ReadOnlyMemory<byte>[Many];
        using (var sampler = new AllocationSampler())
        {
            for (var i = 0; i < Many; i++)
            {
                packets[i] = world.Deliver(orders[i]);
            }

            Console.WriteLine("deliver");
            sampler.Print(Many);
        }

        var messages = packets.Select(packet => CoreWorld.Read(CoreWorld.Answer(packet))).ToArray();
        using (var sampler = new AllocationSampler())
        {
            for (var i = 0; i < Many; i++)
            {
                world.Receive(messages[i]);
            }

            Console.WriteLine("receive");
            sampler.Print(Many);
        }

        world.Now = 100_000;
        using (var sampler = new AllocationSampler())
        {
            world.TickWhileDue();
            Console.WriteLine("tick");
            sampler.Print(Many);
        }
    }
}
