using System.CommandLine;
using System.Diagnostics;

namespace SipFun.Cli;

/// <summary><c>sipfun call</c>: one call, from the INVITE to the BYE; nobody speaks.</summary>
internal sealed class CallCommand : Command
{
    private readonly Screen _screen;
    private readonly NetworkOptions _network;
    private readonly LoginOptions _login;

    private readonly Argument<SipUri?> _uri = new("URI")
    {
        Description = "Whom to call: sip:bob@example.com, sip:127.0.0.1:5060",
        CustomParser = Values.Uri,
    };

    private readonly Option<NameAddr?> _from = new("--from")
    {
        Description = "Who calls [default: Anonymous]",
        HelpName = "URI",
        CustomParser = Values.Address,
    };

    private readonly Option<int?> _duration = new("--duration")
    {
        Description = "Hang up so many seconds after the answer [default: 0]",
        HelpName = "S",
        CustomParser = Values.Number(0, 86_400),
    };

    private readonly Option<int?> _cancelAfter = new("--cancel-after")
    {
        Description = "Take the call back if it is not answered after so many milliseconds",
        HelpName = "MS",
        CustomParser = Values.Number(0, 86_400_000),
    };

    private readonly Option<bool> _explain = new("--explain")
    {
        Description = "Tell how the next hop of the INVITE was found, each copy, each response",
    };

    public CallCommand(Screen screen)
        : base("call", "Calls somebody and hangs up again: INVITE, ACK, BYE; no sound is sent.")
    {
        _screen = screen;
        Arguments.Add(_uri);
        Options.Add(_from);
        Options.Add(_duration);
        Options.Add(_cancelAfter);
        Options.Add(_explain);
        _login = new LoginOptions(this);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var options = OptionsOf(parsed);
        await using var dispatcher = await _network.StartAsync(parsed, 0, null, cancel);
        await using var agent = Start(dispatcher, options);
        agent.OnRequest = request => TakeAsync(request, dispatcher);
        dispatcher.SetReceiver(agent);

        try
        {
            var (call, isTakenBack) = await CallAsync(agent, parsed, cancel);
            return Conclude(call, await call.Ended, isTakenBack, parsed);
        }
        catch (OperationCanceledException)
        {
            throw Failure.Network("Stopped before the INVITE left. Run it again to wait longer.");
        }
    }

    private UserAgentOptions OptionsOf(ParseResult parsed) =>
        new()
        {
            Address =
                parsed.GetValue(_from)
                ?? NameAddr.Parse("\"Anonymous\" <sip:anonymous@anonymous.invalid>"),
            Credentials = _login.Credentials(parsed),
            DisposeWithin = Answering.TidyUpWithin,
        };

    private static UserAgent Start(Dispatcher dispatcher, UserAgentOptions options)
    {
        try
        {
            return new UserAgent(dispatcher, options);
        }
        catch (ArgumentException wrong)
        {
            throw Failure.Usage($"--from or --user does not fit. {wrong.Message}");
        }
    }

    /// <summary>Tells how it ended, and what to do next.</summary>
    private int Conclude(Call call, CallEnd end, bool isTakenBack, ParseResult parsed)
    {
        _screen.Line($"{end}");

        if (end is { Kind: CallEndKind.Redirected, Response: { } moved })
        {
            foreach (var contact in moved.Contacts)
            {
                _screen.Line($"moved to {contact.Uri}");
            }
        }

        if (parsed.GetValue(_explain))
        {
            _screen.Line();
            _screen.Lines(call.Explain());
        }

        var (exitCode, advice) = Verdict.Of(end, isTakenBack, _network.GiveUpAfter(parsed));
        return advice is null ? exitCode : _screen.Fail(exitCode, advice);
    }

    /// <summary>The call, and whether it was taken back because that was asked for.</summary>
    private async Task<(Call Call, bool IsTakenBack)> CallAsync(
        UserAgent agent,
        ParseResult parsed,
        CancellationToken cancel
    )
    {
        var start = Stopwatch.GetTimestamp();
        var call = await agent.CallAsync(
            parsed.GetRequiredValue(_uri)!,
            new CallOptions
            {
                Body = SessionDescription.Inactive(agent.Dispatcher),
                OnProgress = response => Show(response, start),
            },
            cancel
        );
        await using var stop = cancel.Register(() => _ = call.CancelAsync(CancellationToken.None));
        var isTakenBack =
            parsed.GetValue(_cancelAfter) is { } patience
            && !await WaitAsync(call.Answered, TimeSpan.FromMilliseconds(patience), cancel);

        if (isTakenBack)
        {
            await call.CancelAsync(CancellationToken.None);
        }

        if (await call.Answered is { } answer)
        {
            Show(answer, start);
            var duration = TimeSpan.FromSeconds(parsed.GetValue(_duration) ?? 0);
            await WaitAsync(call.Ended, duration, cancel);
            await call.ByeAsync(CancellationToken.None);
        }

        return (call, isTakenBack);
    }

    private void Show(SipResponse response, long start)
    {
        var after = ResponseText.Milliseconds(Stopwatch.GetElapsedTime(start));
        _screen.Line(
            $"{ResponseText.Status(response)}  after {after} ms",
            ResponseText.Colour(response)
        );
    }

    /// <summary>The other end may offer something else; it gets what it had.</summary>
    private Task TakeAsync(IncomingRequest request, Dispatcher dispatcher)
    {
        _screen.Line($"{request.Request.Method} from {request.Source}: 200 OK");
        request.Respond(body: SessionDescription.AnswerTo(request, dispatcher));
        return Task.CompletedTask;
    }

    /// <summary>Whether it was done in time.</summary>
    private static async Task<bool> WaitAsync(Task task, TimeSpan time, CancellationToken cancel)
    {
        await Task.WhenAny(task, Task.Delay(time, cancel));
        return task.IsCompleted || cancel.IsCancellationRequested;
    }
}
