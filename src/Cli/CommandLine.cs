using System.CommandLine;
using System.CommandLine.Help;

namespace SipFun.Cli;

/// <summary>The command <c>sipfun</c> as a whole: its commands, and how a fault ends it.</summary>
internal static class CommandLine
{
    /// <summary>How long a command may tidy up after Ctrl-C or SIGTERM.</summary>
    private static readonly TimeSpan _tidyUp = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(string[] args, Screen screen)
    {
        var parsed = Create(screen)
            .Parse(
                args,
                new ParserConfiguration
                {
                    EnablePosixBundling = false,
                    ResponseFileTokenReplacer = null,
                }
            );

        if (parsed.Errors is [var error, ..])
        {
            return screen.Fail(ExitCode.Usage, $"{error.Message} {Help(parsed)}");
        }

        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = _tidyUp,
            Output = screen.Output,
            Error = screen.Error,
        };

        try
        {
            return await parsed.InvokeAsync(invocation);
        }
        catch (Failure failure)
        {
            return screen.Fail(failure.ExitCode, failure.Message);
        }
    }

    private static Command Create(Screen screen) =>
        new("sipfun", "Delivers SIP requests, calls, answers, and explains what happened.")
        {
            new SendCommand(screen),
            new PingCommand(screen),
            new ResolveCommand(screen),
            new RegisterCommand(screen),
            new CallCommand(screen),
            new AnswerCommand(screen),
            new RegistrarCommand(screen),
            new ProxyCommand(screen),
            new LadderCommand(screen),
            new ReplayCommand(screen),
            new MaskCommand(screen),
            new DemoCommand(screen),
            new HelpOption { Recursive = true },
            new VersionOption(),
        };

    private static string Help(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command.Name;
        return command == "sipfun" ? "See sipfun --help." : $"See sipfun {command} --help.";
    }
}
