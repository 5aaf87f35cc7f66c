using System.CommandLine;
using System.Diagnostics;

namespace SipFun.Cli;

/// <summary><c>sipfun send</c>: one request, and each response as it comes.</summary>
internal sealed class SendCommand : Command
{
    private readonly Screen _screen;
    private readonly NetworkOptions _network;
    private readonly RequestOptions _request;
    private readonly LoginOptions _login;

    private readonly Option<bool> _explain = new("--explain")
    {
        Description = "Tell the whole story: how the next hop was found, each copy, each response",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print one JSON object when all is over",
    };

    public SendCommand(Screen screen)
        : base("send", "Delivers one request and prints each response as it comes.")
    {
        _screen = screen;
        _request = new RequestOptions(this);
        _login = new LoginOptions(this);
        Options.Add(_explain);
        Options.Add(_json);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var digest = _login.Digest(parsed);
        await using var dispatcher = await _network.StartAsync(parsed, 0, null, cancel);
        var request = _request.Compose(dispatcher, parsed);
        var exchange = new Exchange(dispatcher, request, Stopwatch.GetTimestamp(), digest);

        if (!parsed.GetValue(_json))
        {
            exchange.OnResponse = _screen.Response;
        }

        var outcome = await exchange.RunAsync(cancel);
        var story = parsed.GetValue(_explain) ? exchange.Explain() : null;

        if (parsed.GetValue(_json))
        {
            _screen.Json(JsonReport.Of(exchange, outcome, story));
        }
        else if (story is not null)
        {
            _screen.Line();
            _screen.Lines(story);
        }

        return Conclude(outcome, exchange.FirstHop, parsed);
    }

    private int Conclude(DeliveryOutcome outcome, Hop? hop, ParseResult parsed)
    {
        var (exitCode, advice) = Verdict.Of(outcome, hop, _network.GiveUpAfter(parsed));
        return advice is null ? exitCode : _screen.Fail(exitCode, advice);
    }
}
