using System.Diagnostics;

namespace SipFun.Cli;

/// <summary>One request and everything that came back, each with its time; with credentials again
/// where it is challenged.</summary>
internal sealed class Exchange(
    Dispatcher dispatcher,
    SipRequest request,
    long start,
    DigestClient? digest = null
)
{
    private SipRequest _request = request;
    private readonly List<Answer> _answers = [];
    private readonly List<Delivery> _acknowledgements = [];
    private Delivery? _delivery;
    private bool _isAlerted;

    /// <summary>Told of each response as it comes.</summary>
    public Action<Answer> OnResponse { get; set; } = _ => { };

    /// <summary>Where the first copy went; null when nothing was sent.</summary>
    public Hop? FirstHop { get; private set; }

    public IReadOnlyList<Answer> Answers => _answers;

    public string Explain() => _delivery?.Explain() ?? "";

    public async Task<DeliveryOutcome> RunAsync(CancellationToken cancel)
    {
        _request = digest?.Begin(_request) ?? _request;
        var outcome = await TryAsync(cancel);

        while (
            outcome is DeliveryOutcome.Answered(var response)
            && digest?.Answer(_request, response) is { } again
        )
        {
            _request = again;
            outcome = await TryAsync(cancel);
        }

        return outcome;
    }

    /// <summary>The request with the next CSeq: for another exchange of the same call.</summary>
    public SipRequest Next() =>
        _request.WithHeader("CSeq", $"{_request.CSeq.Number + 1} {_request.Method}");

    private async Task<DeliveryOutcome> TryAsync(CancellationToken cancel)
    {
        _delivery = dispatcher.Deliver(
            _request,
            new DeliverOptions { OnSent = hop => FirstHop ??= hop, OnResponse = Take }
        );

        await using var stop = cancel.Register(GiveUp);
        var outcome = await _delivery.Completion;
        await Task.WhenAll(_acknowledgements.Select(ack => ack.Completion));
        return outcome;
    }

    private void Take(SipResponse response)
    {
        var answer = new Answer(response, Stopwatch.GetElapsedTime(start));
        _answers.Add(answer);
        _isAlerted |= response.IsProvisional;
        OnResponse(answer);

        if (_request.Method == SipMethod.Invite && response.IsSuccess)
        {
            // Without it the peer would repeat its 2xx for 64*T1 (RFC 3261, 13.2.2.4).
            _acknowledgements.Add(dispatcher.Deliver(_request.CreateAck(response)));
        }
    }

    /// <summary>A peer that rings has to hear of it (RFC 3261, 9.1); its 487 ends the exchange.</summary>
    private void GiveUp()
    {
        if (_request.Method == SipMethod.Invite && _isAlerted)
        {
            dispatcher.Deliver(_request.CreateCancel());
        }
        else
        {
            _delivery?.Cancel();
        }
    }
}

/// <summary>A response, and how long after the request it came.</summary>
internal sealed record Answer(SipResponse Response, TimeSpan After);
