// `message OTHERS ROUNDS` is what Message/run.sh calls; all else is BenchmarkDotNet's.
if (args is ["message", var others, var rounds])
{
    SipFun.Bench.Message.MessageRun.Run(others, int.Parse(rounds));
}
else
{
    BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
}
