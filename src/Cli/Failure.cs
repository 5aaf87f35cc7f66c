namespace SipFun.Cli;

/// <summary>Ends the command: one line that says what to do next, and the exit code.</summary>
internal sealed class Failure(int exitCode, string advice) : Exception(advice)
{
    public int ExitCode { get; } = exitCode;

    public static Failure Usage(string advice) => new(Cli.ExitCode.Usage, advice);

    public static Failure Network(string advice) => new(Cli.ExitCode.NoAnswer, advice);
}
