// `message OTHERS ROUNDS` is what Message/run.sh calls; `core WAITING TRANSACTIONS DECISIONS`, `allocations DECISIONS` and
// `parts` are about the core alone, and so are `queue SIZES`, `waiting SIZES` and `shards ROUNDS`; all else is BenchmarkDotNet's.
if (args is ["message", var others, var rounds])
{
    SipFun.Bench.Message.MessageRun.Run(others, int.Parse(rounds));
}
else if (args is ["queue", .. var queued])
{
    SipFun.Bench.Core.QueueRun.Run([.. queued.Select(int.Parse)]);
}
else if (args is ["waiting", .. var numbers])
{
    SipFun.Bench.Core.MemoryRun.Run([.. numbers.Select(int.Parse)]);
}
else if (args is ["shards", var times])
{
    SipFun.Bench.Core.ShardRun.Run(int.Parse(times));
}
else if (args is ["shard"])
{
    SipFun.Bench.Core.ShardRun.One();
}
else if (args is ["parts"])
{
    SipFun.Bench.Core.Parts.Run();
}
else if (args is ["allocations", var kept])
{
    SipFun.Bench.Core.AllocationRun.Run(int.Parse(kept));
}
else if (args is ["core", var waiting, var transactions, var decisions])
{
    SipFun.Bench.Core.CoreRun.Run(
        int.Parse(waiting),
        int.Parse(transactions),
        int.Parse(decisions)
    );
}
else
{
    BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
}
