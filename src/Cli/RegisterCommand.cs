using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace SipFun.Cli;

/// <summary><c>sipfun register</c>: one REGISTER (RFC 3261, 10.2), and the bindings there are
/// then.</summary>
internal sealed class RegisterCommand : Command
{
    private readonly Screen _screen;
    private readonly NetworkOptions _network;
    private readonly LoginOptions _login;

    private readonly Argument<SipUri?> _record = new("AOR")
    {
        Description = "The address of record: sip:alice@example.com",
        CustomParser = Values.Uri,
    };

    private readonly Option<SipUri?> _contact = new("--contact")
    {
        Description = "Where the user is to be reached",
        HelpName = "URI",
        Required = true,
        CustomParser = Values.Uri,
    };

    private readonly Option<SipUri?> _registrar = new("--registrar")
    {
        Description = "Whom to tell: sip:example.com",
        HelpName = "URI",
        Required = true,
        CustomParser = Values.Uri,
    };

    private readonly Option<int?> _expires = new("--expires")
    {
        Description = "For how many seconds; 0 takes the binding away [default: 3600]",
        HelpName = "S",
        CustomParser = Values.Number(0, int.MaxValue),
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print one JSON object when all is over",
    };

    public RegisterCommand(Screen screen)
        : base("register", "Sends one REGISTER and prints the bindings there are then.")
    {
        _screen = screen;
        Arguments.Add(_record);
        Options.Add(_contact);
        Options.Add(_registrar);
        Options.Add(_expires);
        Options.Add(_json);
        _login = new LoginOptions(this);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var digest = _login.Digest(parsed);
        await using var dispatcher = await _network.StartAsync(parsed, 0, null, cancel);
        var request = Compose(dispatcher, parsed);
        var isJson = parsed.GetValue(_json);
        var exchange = Start(dispatcher, request, digest, isJson);
        var outcome = await exchange.RunAsync(cancel);

        if (TooBrief(outcome, Expires(parsed)) is { } seconds)
        {
            // RFC 3261, 10.2.8: once more, for as long as the registrar wants at least.
            if (!isJson)
            {
                _screen.Line($"once more with the registrar's Min-Expires, {seconds} s");
            }

            var longer = exchange.Next().WithHeader("Expires", Text(seconds));
            exchange = Start(dispatcher, longer, digest, isJson);
            outcome = await exchange.RunAsync(cancel);
        }

        var bindings = (outcome as DeliveryOutcome.Answered)?.Response
            is { IsSuccess: true } success
            ? success.Contacts
            : null;

        if (isJson)
        {
            _screen.Json(JsonReport.Of(exchange, outcome, bindings));
        }
        else if (bindings is not null)
        {
            ShowBindings(bindings);
        }

        var (exitCode, advice) = Verdict.Of(
            outcome,
            exchange.FirstHop,
            _network.GiveUpAfter(parsed)
        );
        return advice is null ? exitCode : _screen.Fail(exitCode, advice);
    }

    private SipRequest Compose(Dispatcher dispatcher, ParseResult parsed)
    {
        var record = NameAddr.Parse($"<{parsed.GetRequiredValue(_record)}>");
        return dispatcher
            .CreateRequest(SipMethod.Register, parsed.GetRequiredValue(_registrar)!, record, record)
            .WithHeader("Contact", $"<{parsed.GetRequiredValue(_contact)}>")
            .WithHeader("Expires", Text(Expires(parsed)));
    }

    private Exchange Start(
        Dispatcher dispatcher,
        SipRequest request,
        DigestClient? digest,
        bool isSilent
    )
    {
        var exchange = new Exchange(dispatcher, request, Stopwatch.GetTimestamp(), digest);

        if (!isSilent)
        {
            exchange.OnResponse = _screen.Response;
        }

        return exchange;
    }

    private uint Expires(ParseResult parsed) => (uint)(parsed.GetValue(_expires) ?? 3600);

    /// <summary>How long the registrar wants the binding, when that is longer. One that is taken away is
    /// never made longer.</summary>
    private static uint? TooBrief(DeliveryOutcome outcome, uint asked) =>
        outcome is DeliveryOutcome.Answered({ StatusCode: 423, MinExpires: { } least })
        && asked > 0
        && least > asked
            ? least
            : null;

    private void ShowBindings(IReadOnlyList<NameAddr> bindings)
    {
        foreach (var contact in bindings)
        {
            var left = contact.GetParameter("expires") is { } seconds ? $", {seconds} s" : "";
            _screen.Line($"bound to {contact.Uri}{left}");
        }

        if (bindings.Count == 0)
        {
            _screen.Line("bound to nothing");
        }
    }

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
