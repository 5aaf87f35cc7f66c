namespace SipFun.Cli;

/// <summary>Answers calls and single requests, and tells of each.</summary>
internal sealed class Answering : IAsyncDisposable
{
    private static readonly SipMethod[] _single =
    [
        SipMethod.Options,
        SipMethod.Message,
        SipMethod.Info,
    ];

    private readonly Dispatcher _dispatcher;
    private readonly Screen _screen;
    private readonly UserAgent _agent;

    public Answering(Dispatcher dispatcher, Screen screen, UserAgentOptions options)
    {
        (_dispatcher, _screen) = (dispatcher, screen);
        _agent = new UserAgent(dispatcher, options)
        {
            OnInvitation = AnswerAsync,
            OnRequest = RespondAsync,
        };
        Receiver = SipFun.Receiver.Chain(SipFun.Receiver.From(Take, _single), _agent);
    }

    /// <summary>How long calls may take to end when the command ends: less than the runtime gives
    /// it.</summary>
    public static TimeSpan TidyUpWithin { get; } = TimeSpan.FromSeconds(2);

    /// <summary>With which final status.</summary>
    public int Status { get; init; } = StatusCode.Ok;

    /// <summary>Null: a call is answered at once.</summary>
    public TimeSpan? RingFor { get; init; }

    /// <summary>Null: the caller hangs up.</summary>
    public TimeSpan? HangUpAfter { get; init; }

    public IReceiver Receiver { get; }

    /// <summary>Takes the binding back, too.</summary>
    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    /// <exception cref="RegistrationException">It was not bound.</exception>
    /// <exception cref="OperationCanceledException">It was stopped first.</exception>
    public async Task RegisterAsync(CancellationToken cancel)
    {
        var registration = await _agent.RegisterAsync(
            new RegisterOptions { OnChanged = ShowTrouble },
            cancel
        );
        _screen.Line(
            $"registered {_agent.Options.Address.Uri} for {registration.Expires.TotalSeconds} s"
        );
    }

    private void ShowTrouble(Registration registration)
    {
        if (registration.LastFailure is { } failure)
        {
            _screen.Line($"{_agent.Options.Address.Uri} is not registered: {failure.Message}");
        }
    }

    /// <summary>Single requests, answered with the status asked for, OPTIONS too.</summary>
    private Receipt Take(Received received)
    {
        if (
            received.Message is not SipRequest { ToTag: null } request
            || !_single.Contains(request.Method)
        )
        {
            return Receipt.Pass;
        }

        var response = received.CreateResponse(Status);

        if (request.Method == SipMethod.Options)
        {
            response = response
                .WithAddedHeader("Allow", string.Join(", ", Receiver.AllowedMethods))
                .WithAddedHeader("Accept", "text/plain, application/sdp");
        }

        received.Respond(response);
        Tell(request, received.Source, ResponseText.Status(response));
        return Receipt.Handled;
    }

    private async Task AnswerAsync(Invitation invitation)
    {
        if (RingFor is { } time)
        {
            invitation.Ring();
            Tell(invitation.Request, invitation.Source, "180 Ringing");
            await Task.WhenAny(invitation.Call.Ended, Task.Delay(time));
        }

        if (invitation.Call.Ended.IsCompleted)
        {
            await FinishAsync(invitation.Call);
        }
        else if (Status >= 300)
        {
            invitation.Reject(Status);
            Tell(invitation.Request, invitation.Source, $"{Status}");
        }
        else
        {
            var call = invitation.Accept(SessionDescription.Inactive(_dispatcher));
            Tell(invitation.Request, invitation.Source, "200 OK");
            await FinishAsync(call);
        }
    }

    /// <summary>Tells when a call is over, and hangs it up when its time has come.</summary>
    private async Task FinishAsync(Call call)
    {
        if (HangUpAfter is { } time && await call.Acknowledged is not null)
        {
            await Task.WhenAny(call.Ended, Task.Delay(time));
            await call.ByeAsync();
        }

        _screen.Line($"call from {call.Target}: {await call.Ended}");
    }

    /// <summary>Within a call: a new offer gets the same answer again.</summary>
    private Task RespondAsync(IncomingRequest request)
    {
        request.Respond(body: SessionDescription.AnswerTo(request, _dispatcher));
        Tell(request.Request, request.Source, "200 OK");
        return Task.CompletedTask;
    }

    private void Tell(SipRequest request, Hop source, string answer) =>
        _screen.Line($"{request.Method} {request.RequestUri} from {source}: {answer}");
}
