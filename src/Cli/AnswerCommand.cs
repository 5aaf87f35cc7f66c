using System.CommandLine;

namespace SipFun.Cli;

/// <summary><c>sipfun answer</c>: answers what comes in until it is stopped.</summary>
internal sealed class AnswerCommand : Command
{
    private const int DefaultPort = 5060;

    private readonly Screen _screen;
    private readonly NetworkOptions _network;

    private readonly Option<int?> _ring = new("--ring")
    {
        Description = "Ring for so many milliseconds before a call is answered [default: not]",
        HelpName = "MS",
        CustomParser = Values.Number(0, 86_400_000),
    };

    private readonly Option<int?> _status = new("--status")
    {
        Description = "Answer with this final status instead of 200",
        HelpName = "CODE",
        CustomParser = Values.Number(200, 699),
    };

    private readonly Option<int?> _hangUpAfter = new("--hangup-after")
    {
        Description = "Hang up so many milliseconds after a call was answered [default: never]",
        HelpName = "MS",
        CustomParser = Values.Number(0, 86_400_000),
    };

    public AnswerCommand(Screen screen)
        : base("answer", "Answers calls, OPTIONS, MESSAGE, INFO; listens on port 5060 unless told.")
    {
        _screen = screen;
        Options.Add(_ring);
        Options.Add(_status);
        Options.Add(_hangUpAfter);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        await using var dispatcher = await _network.StartAsync(parsed, DefaultPort, null, cancel);
        Listening.ThrowIfDeaf(dispatcher);
        await using var answering = new Answering(dispatcher, _screen)
        {
            Status = parsed.GetValue(_status) ?? StatusCode.Ok,
            RingFor = Time(parsed.GetValue(_ring)),
            HangUpAfter = Time(parsed.GetValue(_hangUpAfter)),
        };
        dispatcher.SetReceiver(answering.Receiver);

        Listening.Announce(dispatcher, _screen);
        await Listening.UntilStoppedAsync(cancel);
        return ExitCode.Success;
    }

    private static TimeSpan? Time(int? milliseconds) =>
        milliseconds is { } some ? TimeSpan.FromMilliseconds(some) : null;
}
