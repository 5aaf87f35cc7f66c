// `goals [ROUNDS] [NUMBERS]` measures goals of speed beside others, and prints a table; it calls
// the verbs below for what runs in a process of its own. `message OTHERS ROUNDS` is what Message/run.sh calls; `core WAITING
// TRANSACTIONS DECISIONS`, `allocations DECISIONS` and `parts` are about the core alone, and so are
// `queue SIZES`, `waiting SIZES` and `shards ROUNDS`; all else is BenchmarkDotNet's.
using SipFun.Bench.Goals;

switch (args)
{
    case ["goals", .. var rest]:
        GoalsRun.Run(
            rest is [var count, ..] ? int.Parse(count) : 3,
            rest is [_, var only] ? only : null
        );
        break;

    case ["leg", var port]:
        LegGoal.Serve(int.Parse(port));
        break;

    case ["facade", var port, var seconds]:
        await FacadeGoal.RunAsync(int.Parse(port), int.Parse(seconds));
        break;

    case ["pause", var answers, var silence, var seconds]:
        await PauseGoal.RunAsync(int.Parse(answers), int.Parse(silence), int.Parse(seconds));
        break;

    case ["late", var port]:
        await LatenessGoal.RunAsync(int.Parse(port));
        break;

    case ["flooded", var port, var friend]:
        await FloodedRun.RunAsync(int.Parse(port), int.Parse(friend));
        break;

    case ["message", var others, var rounds]:
        SipFun.Bench.Message.MessageRun.Run(others, int.Parse(rounds));
        break;

    case ["queue", .. var queued]:
        SipFun.Bench.Core.QueueRun.Run([.. queued.Select(int.Parse)]);
        break;

    case ["waiting", .. var numbers]:
        SipFun.Bench.Core.MemoryRun.Run([.. numbers.Select(int.Parse)]);
        break;

    case ["shards", var times]:
        SipFun.Bench.Core.ShardRun.Run(int.Parse(times));
        break;

    case ["shard"]:
        SipFun.Bench.Core.ShardRun.One();
        break;

    case ["parts"]:
        SipFun.Bench.Core.Parts.Run();
        break;

    case ["allocations", var kept]:
        SipFun.Bench.Core.AllocationRun.Run(int.Parse(kept));
        break;

    case ["core", var waiting, var transactions, var decisions]:
        SipFun.Bench.Core.CoreRun.Run(
            int.Parse(waiting),
            int.Parse(transactions),
            int.Parse(decisions)
        );
        break;

    default:
        BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        break;
}
