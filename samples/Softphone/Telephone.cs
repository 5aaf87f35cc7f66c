using SipFun;

namespace Softphone;

/// <summary>One line: a call that rings, or one that goes on.</summary>
internal sealed class Telephone
{
    private readonly UserAgent _agent;
    private volatile Invitation? _ringing;
    private volatile Call? _call;

    public Telephone(UserAgent agent)
    {
        _agent = agent;
        agent.OnInvitation = RingAsync;
        agent.OnRequest = TakeAsync;
    }

    private SipBody Description => SessionDescription.Inactive(_agent.Dispatcher);

    /// <summary>What was typed.</summary>
    public Task DoAsync(string[] words) =>
        words switch
        {
            ["call", var target] when SipUri.TryParse(target, out var uri) => CallAsync(uri),
            ["answer"] when _ringing is { } invitation => AnswerAsync(invitation),
            ["reject"] when _ringing is { } invitation => RejectAsync(invitation),
            ["hangup"] when _call is { } call => call.ByeAsync(),
            _ => SayAsync("There is nothing to do so."),
        };

    private async Task CallAsync(SipUri target)
    {
        var call = await _agent.CallAsync(
            target,
            new()
            {
                Body = Description,
                OnProgress = response => Console.WriteLine(response.ReasonPhrase),
            }
        );
        _ = FollowAsync(call);
    }

    /// <summary>Somebody calls. The telephone rings until it is answered, or he gives up.</summary>
    private async Task RingAsync(Invitation invitation)
    {
        if (_call is not null || _ringing is not null)
        {
            invitation.Reject();
            return;
        }

        _ringing = invitation;
        invitation.Ring();
        Console.WriteLine($"{invitation.From} calls.");

        if (await invitation.Cancelled)
        {
            Console.WriteLine("He gave up.");
        }

        _ringing = null;
    }

    private Task AnswerAsync(Invitation invitation)
    {
        _ = FollowAsync(invitation.Accept(Description));
        return Task.CompletedTask;
    }

    private static Task RejectAsync(Invitation invitation)
    {
        invitation.Reject();
        return Task.CompletedTask;
    }

    /// <summary>Tells when the call is answered, and when it is over.</summary>
    private async Task FollowAsync(Call call)
    {
        _call = call;

        if (await call.Answered is not null)
        {
            Console.WriteLine($"Connected with {call.Target}.");
        }

        Console.WriteLine($"Over: {await call.Ended}.");
        _call = null;
    }

    /// <summary>Messages are read out; within a call a new offer gets the same answer.</summary>
    private Task TakeAsync(IncomingRequest request)
    {
        Console.WriteLine($"{request.Request.Method}: {request.Body}");
        request.Respond(body: SessionDescription.AnswerTo(request, _agent.Dispatcher));
        return Task.CompletedTask;
    }

    private static Task SayAsync(string text)
    {
        Console.WriteLine(text);
        return Task.CompletedTask;
    }
}
