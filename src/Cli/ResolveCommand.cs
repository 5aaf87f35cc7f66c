using System.CommandLine;

namespace SipFun.Cli;

/// <summary><c>sipfun resolve</c>: the next hops of a URI in order, and why (RFC 3263).</summary>
internal sealed class ResolveCommand : Command
{
    private readonly Screen _screen;
    private readonly NetworkOptions _network;

    private readonly Argument<SipUri?> _uri = new("URI")
    {
        Description = "What to find: sip:bob@example.com",
        CustomParser = Values.Uri,
    };

    private readonly Option<ulong?> _seed = new("--seed")
    {
        Description = "Fixes the draws among SRV records of equal priority [default: random]",
        HelpName = "N",
        CustomParser = Values.Seed,
    };

    private readonly Option<Transport[]> _transports = new("--transport")
    {
        Description = "Only this transport; may be repeated [default: all there are]",
        HelpName = "NAME",
        CustomParser = Values.Transports,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object" };

    public ResolveCommand(Screen screen)
        : base("resolve", "Finds the next hops of a URI, in the order in which they are tried.")
    {
        _screen = screen;
        Arguments.Add(_uri);
        Options.Add(_seed);
        Options.Add(_transports);
        Options.Add(_json);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        await using var dispatcher = await _network.StartAsync(
            parsed,
            port: 0,
            parsed.GetValue(_seed),
            cancel
        );
        var options = new ResolveOptions
        {
            Transports = parsed.GetValue(_transports) is { Length: > 0 } only ? only : null,
        };
        var found = await dispatcher.ResolveUriAsync(
            parsed.GetRequiredValue(_uri)!,
            options,
            cancel
        );

        if (parsed.GetValue(_json))
        {
            _screen.Json(JsonReport.Of(found));
        }
        else
        {
            Show(found);
        }

        return found.Error is { } error
            ? _screen.Fail(ExitCode.NoAnswer, error.Detail)
            : ExitCode.Success;
    }

    private void Show(Resolution found)
    {
        if (found.Candidates.Count > 0)
        {
            _screen.Table(["", "next hop", "from leg"], [.. found.Candidates.Select(Row)]);
            _screen.Line();
        }

        _screen.Lines(found.Explain());
    }

    private static string[] Row(Candidate candidate, int index) =>
        [$"{index + 1}", candidate.Hop.ToString(), string.Join(", ", candidate.Legs)];
}
