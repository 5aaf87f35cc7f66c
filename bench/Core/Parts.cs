namespace SipFun.Bench.Core;

/// <summary>What the edits and looks that each message takes cost by themselves.</summary>
internal static class Parts
{
    public static void Run()
    {
        var request = CoreWorld.Request(1);
        var via = "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK2a-9f86d081884c7d65";
        var response = request.PushVia(via).CreateResponse(200, "t");
        Show("PushVia", () => request.PushVia(via));
        Show("WithoutTopVia", () => response.WithoutTopVia());
        var bytes = response.Bytes.ToArray();
        Show("Read", () => CoreWorld.Read(bytes));
        Show("Read+TopVia", () => ((SipMessage)CoreWorld.Read(bytes)).TopVia);
        Show("Read+CSeq", () => ((SipMessage)CoreWorld.Read(bytes)).CSeq);
        Show("Read+TopVia.SentBy", () => ((SipMessage)CoreWorld.Read(bytes)).TopVia.SentBy);
        Show("Read+TopVia.Branch", () => ((SipMessage)CoreWorld.Read(bytes)).TopVia.Branch!);
        Show("Read+CallId", () => ((SipMessage)CoreWorld.Read(bytes)).CallId);
        var branch = SipFun.Core.BranchModule.make(12345, 0x123456789abcdef, 0);
        Show(
            "Packet.create",
            () => SipFun.Core.PacketModule.create(Transport.Udp, "192.0.2.1:5060", branch, request)
        );
        Show("Branch.ofMessage", () => SipFun.Core.BranchModule.ofMessage(response));
    }

    private static void Show(string name, Func<object> work)
    {
        for (var i = 0; i < 100_000; i++)
        {
            work();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var i = 0; i < 100_000; i++)
        {
            work();
        }

        var ns = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalNanoseconds / 1e5;
        Console.WriteLine(
            $"{name}: {ns:F0} ns, {(GC.GetAllocatedBytesForCurrentThread() - before) / 100_000} B"
        );
    }
}
