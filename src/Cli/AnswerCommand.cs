using System.CommandLine;

namespace SipFun.Cli;

/// <summary><c>sipfun answer</c>: answers what comes in until it is stopped.</summary>
internal sealed class AnswerCommand : Command
{
    private const int DefaultPort = 5060;

    private readonly Screen _screen;
    private readonly NetworkOptions _network;
    private readonly LoginOptions _login;

    private readonly Option<SipUri?> _record = new("--aor")
    {
        Description = "Register as this address of record, and answer for it until stopped",
        HelpName = "AOR",
        CustomParser = Values.Uri,
    };

    private readonly Option<SipUri?> _registrar = new("--registrar")
    {
        Description = "Where to register --aor [default: at its host]",
        HelpName = "URI",
        CustomParser = Values.Uri,
    };

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
        Options.Add(_record);
        Options.Add(_registrar);
        _login = new LoginOptions(this);
        Options.Add(_ring);
        Options.Add(_status);
        Options.Add(_hangUpAfter);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var options = AgentOf(parsed);
        await using var dispatcher = await _network.StartAsync(parsed, DefaultPort, null, cancel);
        Listening.ThrowIfDeaf(dispatcher);
        await using var answering = new Answering(dispatcher, _screen, options)
        {
            Status = parsed.GetValue(_status) ?? StatusCode.Ok,
            RingFor = Time(parsed.GetValue(_ring)),
            HangUpAfter = Time(parsed.GetValue(_hangUpAfter)),
        };
        dispatcher.SetReceiver(answering.Receiver);
        Listening.ShowLegs(dispatcher, _screen);

        if (parsed.GetValue(_record) is not null)
        {
            await RegisterAsync(answering, cancel);
        }

        Listening.ShowReady(_screen);
        await Listening.UntilStoppedAsync(cancel);
        return ExitCode.Success;
    }

    /// <exception cref="Failure">What belongs to a registration is there without one.</exception>
    private UserAgentOptions AgentOf(ParseResult parsed)
    {
        var record = parsed.GetValue(_record);
        var registrar = parsed.GetValue(_registrar);
        var credentials = _login.Credentials(parsed);

        return record is null && (registrar is not null || credentials.Count > 0)
            ? throw Failure.Usage("--registrar and --user are for --aor: give that too.")
            : new UserAgentOptions
            {
                Address = NameAddr.Parse($"<{record?.ToString() ?? "sip:sipfun@localhost"}>"),
                Registrar = registrar,
                Credentials = credentials,
                DisposeWithin = Answering.TidyUpWithin,
            };
    }

    /// <exception cref="Failure">The registrar refused, or is not there.</exception>
    private static async Task RegisterAsync(Answering answering, CancellationToken cancel)
    {
        try
        {
            await answering.RegisterAsync(cancel);
        }
        catch (RegistrationException refused)
        {
            var code = refused.Response is null ? ExitCode.NoAnswer : ExitCode.OtherAnswer;
            throw new Failure(code, refused.Message);
        }
        catch (OperationCanceledException)
        {
            throw Failure.Network("Stopped before it was registered.");
        }
    }

    private static TimeSpan? Time(int? milliseconds) =>
        milliseconds is { } some ? TimeSpan.FromMilliseconds(some) : null;
}
