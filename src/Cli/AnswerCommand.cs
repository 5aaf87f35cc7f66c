using System.CommandLine;

namespace SipFun.Cli;

/// <summary><c>sipfun answer</c>: answers what comes in until it is stopped.</summary>
internal sealed class AnswerCommand : Command
{
    private const int DefaultPort = 5060;
    private static readonly SipMethod[] _methods =
    [
        SipMethod.Options,
        SipMethod.Message,
        SipMethod.Info,
    ];

    private readonly Screen _screen;
    private readonly NetworkOptions _network;

    private readonly Option<int?> _status = new("--status")
    {
        Description = "Answer with this final status instead of 200",
        HelpName = "CODE",
        CustomParser = Values.Number(200, 699),
    };

    public AnswerCommand(Screen screen)
        : base("answer", "Answers OPTIONS, MESSAGE and INFO; listens on port 5060 unless told.")
    {
        _screen = screen;
        Options.Add(_status);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        await using var dispatcher = await _network.StartAsync(parsed, DefaultPort, null, cancel);
        ThrowIfDeaf(dispatcher);
        var status = parsed.GetValue(_status) ?? StatusCode.Ok;
        dispatcher.SetReceiver(Receiver.From(received => Take(received, status), _methods));

        foreach (var leg in dispatcher.Legs)
        {
            _screen.Line($"listening {leg}");
        }

        _screen.Line("ready");
        await Task.Delay(Timeout.Infinite, cancel)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ExitCode.Success;
    }

    /// <exception cref="Failure">Nobody could connect to one of the legs.</exception>
    private static void ThrowIfDeaf(Dispatcher dispatcher)
    {
        if (
            dispatcher.GetLegs(where: leg =>
                CertificateOptions.IsSecure(leg.Options) && leg.Options.Certificate is null
            )
            is [var deaf, ..]
        )
        {
            throw Failure.Usage($"{deaf} needs a certificate to show. Give --cert and --key.");
        }
    }

    private Receipt Take(Received received, int status)
    {
        if (received.Message is not SipRequest request || !_methods.Contains(request.Method))
        {
            return Receipt.Pass;
        }

        var response = Answer(received, request, status);
        received.Respond(response);
        _screen.Line(
            $"{request.Method} {request.RequestUri} from {received.Source}: "
                + ResponseText.Status(response),
            ResponseText.Colour(response)
        );
        return Receipt.Handled;
    }

    /// <summary>The answer to an OPTIONS says what may be asked (RFC 3261, 11.2).</summary>
    private static SipResponse Answer(Received received, SipRequest request, int status)
    {
        var response = received.CreateResponse(status);
        return request.Method == SipMethod.Options
            ? response
                .WithAddedHeader("Allow", string.Join(", ", _methods.AsEnumerable()))
                .WithAddedHeader("Accept", "text/plain")
            : response;
    }
}
