using System.CommandLine;
using Spectre.Console;

namespace SipFun.Cli;

/// <summary><c>sipfun ping</c>: OPTIONS at an interval, with round-trip times and loss.</summary>
internal sealed class PingCommand : Command
{
    private readonly Screen _screen;
    private readonly NetworkOptions _network;

    private readonly Argument<SipUri?> _uri = new("URI")
    {
        Description = "Whom to ask: sip:127.0.0.1:5060",
        CustomParser = Values.Uri,
    };

    private readonly Option<int?> _count = new("--count")
    {
        Description = "Stop after so many [default: at Ctrl-C]",
        HelpName = "N",
        CustomParser = Values.Number(1, int.MaxValue),
    };

    private readonly Option<int?> _interval = new("--interval")
    {
        Description = "Milliseconds between them [default: 1000]",
        HelpName = "MS",
        CustomParser = Values.Number(1, 3_600_000),
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print one JSON object for each request, and one for all",
    };

    public PingCommand(Screen screen)
        : base("ping", "Sends OPTIONS at an interval, with round-trip times and loss.")
    {
        _screen = screen;
        Arguments.Add(_uri);
        Options.Add(_count);
        Options.Add(_interval);
        Options.Add(_json);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        await using var dispatcher = await _network.StartAsync(parsed, 0, null, cancel);
        var uri = parsed.GetRequiredValue(_uri)!;
        var hop = await FindAsync(dispatcher, uri, cancel);
        await WarmUp.RunAsync(cancel);
        var statistics = new PingStatistics();
        Action<Echo> show = parsed.GetValue(_json) ? ShowJson : Show;

        if (!parsed.GetValue(_json))
        {
            _screen.Line($"PING {uri} with OPTIONS to {hop}");
        }

        List<Task> echoes = [];
        var interval = TimeSpan.FromMilliseconds(parsed.GetValue(_interval) ?? 1000);
        var count = parsed.GetValue(_count) ?? int.MaxValue;

        for (var number = 1; number <= count && !cancel.IsCancellationRequested; number++)
        {
            echoes.Add(PingAsync(number));
            await PauseAsync(number < count ? interval : TimeSpan.Zero, cancel);
        }

        await Task.WhenAll(echoes);
        return Conclude(statistics, uri, hop, parsed);

        async Task PingAsync(int number)
        {
            var echo = await Echo.AskAsync(dispatcher, uri, hop, number, cancel);

            if (statistics.Add(echo))
            {
                show(echo);
            }
        }
    }

    /// <summary>Found once: the times are those of the road, not of the DNS.</summary>
    private static async Task<Hop> FindAsync(
        Dispatcher dispatcher,
        SipUri uri,
        CancellationToken cancel
    )
    {
        var found = await dispatcher.ResolveUriAsync(uri, cancel: cancel);
        return found.Error is { } error
            ? throw Failure.Network(error.Detail)
            : found.Candidates[0].Hop;
    }

    private static async Task PauseAsync(TimeSpan time, CancellationToken cancel) =>
        await Task.Delay(time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private int Conclude(PingStatistics statistics, SipUri uri, Hop hop, ParseResult parsed)
    {
        if (parsed.GetValue(_json))
        {
            _screen.Json(statistics.ToJson());
        }
        else
        {
            _screen.Line();
            _screen.Lines(statistics.ToText(uri));
        }

        var patience = _network.GiveUpAfter(parsed);
        return statistics switch
        {
            { Successes: > 0 } => ExitCode.Success,
            { Answered: > 0 } => ExitCode.OtherAnswer,
            { Last: { } last } when Verdict.Of(last, hop, patience) is (_, { } advice) =>
                _screen.Fail(ExitCode.NoAnswer, advice),
            _ => ExitCode.NoAnswer,
        };
    }

    private void Show(Echo echo)
    {
        if (echo.Response is { } response)
        {
            var time = ResponseText.Milliseconds(echo.Time);
            _screen.Line(
                $"{ResponseText.Status(response)}: seq={echo.Number} time={time} ms",
                ResponseText.Colour(response)
            );
        }
        else
        {
            _screen.Line($"{echo.Outcome.Kind}: seq={echo.Number}", Color.Red);
        }
    }

    private void ShowJson(Echo echo) => _screen.Json(echo.ToJson());
}
