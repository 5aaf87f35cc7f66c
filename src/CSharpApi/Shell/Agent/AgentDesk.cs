// Between the user agent's machine and the objects that the application holds: each event finds its call,
// exchange or registration by number. Everything here happens inside the turn; the user's code is
// called from the lanes.
using System.Collections.Concurrent;
using Microsoft.FSharp.Core;

namespace SipFun.Shell;

/// <summary>What is open, by number.</summary>
internal sealed class AgentDesk(UserAgent agent, Engine engine) : Core.IAgentListener
{
    private readonly ConcurrentDictionary<long, Call> _calls = new();
    private readonly ConcurrentDictionary<long, Invitation> _invitations = new();
    private readonly ConcurrentDictionary<long, IncomingRequest> _requests = new();
    private readonly ConcurrentDictionary<long, Exchange> _exchanges = new();
    private readonly ConcurrentDictionary<long, Registration> _registrations = new();
    private readonly AgentLane _lane = new(engine.Code);
    private volatile bool _closed;

    public IReadOnlyCollection<Call> Calls => [.. _calls.Values];

    public IReadOnlyCollection<Registration> Registrations => [.. _registrations.Values];

    public UserCode Code => engine.Code;

    public void Add(Call call)
    {
        _calls[call.Number] = call;
        EndAllIfClosed();
    }

    public void Add(Exchange exchange)
    {
        _exchanges[exchange.Number] = exchange;
        EndAllIfClosed();
    }

    public void Add(Registration registration)
    {
        _registrations[registration.Number] = registration;
        EndAllIfClosed();
    }

    /// <summary>Whatever is open ends here: nothing more comes.</summary>
    public void Close()
    {
        _closed = true;
        EndAllIfClosed();
    }

    /// <summary>A request is on its way for one of us.</summary>
    public void Sending(Core.Purpose? purpose, Delivery delivery)
    {
        switch (purpose)
        {
            case Core.Purpose.Inviting inviting when Find(inviting.call) is { } call:
                (call.Delivery, call.Final, call.Outcome) = (delivery, null, null);
                break;
            case Core.Purpose.Asking asking
                when _exchanges.TryGetValue(asking.exchange, out var exchange):
                exchange.Delivery = delivery;
                break;
        }
    }

    /// <summary>Its first copy has left.</summary>
    public void Sent(Core.Purpose? purpose)
    {
        if (purpose is Core.Purpose.Inviting inviting)
        {
            Find(inviting.call)?.SetSent();
        }
    }

    /// <summary>A final response to it came; null: none, and what became of it.</summary>
    public void Concluded(Core.Purpose? purpose, SipResponse? final, DeliveryOutcome? outcome)
    {
        if (purpose is Core.Purpose.Inviting inviting && Find(inviting.call) is { } call)
        {
            (call.Final, call.Outcome) = (final ?? call.Final, outcome ?? call.Outcome);
        }
    }

    /// <summary>A request is answered, by the application or for it.</summary>
    public void Replied(long received, SipResponse response)
    {
        if (!response.IsFinal)
        {
            return;
        }

        if (response.IsSuccess && _invitations.TryRemove(received, out var invitation))
        {
            invitation.SetAccepted(response);
        }

        if (_requests.TryRemove(received, out var request))
        {
            request.SetAnswered(response);
        }
    }

    void Core.IAgentListener.Invited(long call, Core.Arrival arrival, SipRequest request)
    {
        var source = Translate.ToSource(arrival.Source);
        var incoming = new Call(agent, call, request, new AgentLane(engine.Code));
        var invitation = new Invitation(agent, incoming, request, source);
        _invitations[call] = invitation;
        Add(incoming);
        incoming.Lane.Ask(() => agent.OnInvitedAsync(invitation), invitation.Fail);
    }

    void Core.IAgentListener.Progressed(long call, SipResponse response) =>
        Find(call)?.SetProgress(response);

    void Core.IAgentListener.Answered(long call, SipResponse response) =>
        Find(call)?.SetAnswered(response);

    void Core.IAgentListener.Forked(long call, long sibling, SipResponse response)
    {
        if (Find(call) is { } first)
        {
            var further = first.Fork(sibling, new AgentLane(engine.Code));
            Add(further);
            further.SetAnswered(response);
            first.Lane.Tell(() => TellForked(first, further));
        }
    }

    void Core.IAgentListener.Redirected(long call, SipUri target) => Find(call)?.SetTarget(target);

    void Core.IAgentListener.Acknowledged(long call, SipRequest request) =>
        Find(call)?.SetAcknowledged(request);

    void Core.IAgentListener.Refreshed(long call) { }

    void Core.IAgentListener.Ended(long call, Core.CallEnd ending)
    {
        if (_invitations.TryRemove(call, out var invitation))
        {
            invitation.SetEnded(ending.IsWithdrawn);
        }

        if (_calls.TryRemove(call, out var ended))
        {
            ended.SetEnded(AgentWords.ToCallEnd(ending), agent.LastDialogOf(call));
        }
    }

    void Core.IAgentListener.Requested(
        long received,
        FSharpValueOption<long> call,
        Core.Arrival arrival,
        SipRequest request
    )
    {
        var within = call.IsSome ? Find(call.Value) : null;
        var source = Translate.ToSource(arrival.Source);
        var incoming = new IncomingRequest(agent, received, within, request, source);
        _requests[received] = incoming;
        (within?.Lane ?? _lane).Ask(() => agent.OnRequestedAsync(incoming), incoming.Fail);
    }

    void Core.IAgentListener.Withdrawn(long received)
    {
        if (_requests.TryRemove(received, out var request))
        {
            request.SetWithdrawn();
        }
    }

    void Core.IAgentListener.Responded(long exchange, SipResponse response)
    {
        if (_exchanges.TryGetValue(exchange, out var known) && known.OnResponse is { } tell)
        {
            (known.Call?.Lane ?? _lane).Tell(() => tell(response));
        }
    }

    void Core.IAgentListener.Finished(long exchange, Core.ExchangeEnd ending)
    {
        if (_exchanges.TryRemove(exchange, out var known))
        {
            known.Settle(ending);

            if (known.OnResponse is null)
            {
                known.End(ending);
            }
            else
            {
                (known.Call?.Lane ?? _lane).After(() => known.End(ending));
            }
        }
    }

    void Core.IAgentListener.Registered(long registration, long expires, SipResponse response)
    {
        if (_registrations.TryGetValue(registration, out var known))
        {
            known.SetBound(TimeSpan.FromMilliseconds(expires), response);
            _lane.Tell(() => known.OnChanged?.Invoke(known));
        }
    }

    void Core.IAgentListener.RegistrationFailed(
        long registration,
        Core.ExchangeEnd ending,
        FSharpValueOption<long> again
    )
    {
        if (_registrations.TryGetValue(registration, out var known))
        {
            known.SetFailed(AgentWords.ToFailure(ending), isOver: again.IsNone);
            _lane.Tell(() => known.OnChanged?.Invoke(known));
        }

        if (again.IsNone)
        {
            _registrations.TryRemove(registration, out _);
        }
    }

    void Core.IAgentListener.Unregistered(long registration, Core.ExchangeEnd ending)
    {
        if (_registrations.TryRemove(registration, out var known))
        {
            known.SetUnregistered(ending);
        }
    }

    /// <summary>A call that nobody takes is not left standing.</summary>
    private void TellForked(Call first, Call further)
    {
        if (first.OnForked is { } hear)
        {
            hear(further);
        }
        else
        {
            agent.HangUp(further.Number);
        }
    }

    private Call? Find(long call) => _calls.GetValueOrDefault(call);

    private void EndAllIfClosed()
    {
        if (!_closed)
        {
            return;
        }

        foreach (var (number, call) in _calls)
        {
            _calls.TryRemove(number, out _);
            call.SetEnded(new CallEnd(CallEndKind.Disposed));
        }

        foreach (var invitation in _invitations.Values)
        {
            invitation.SetEnded(isWithdrawn: false);
        }

        foreach (var request in _requests.Values)
        {
            request.SetWithdrawn();
        }

        foreach (var exchange in _exchanges.Values)
        {
            exchange.Dispose();
        }

        foreach (var registration in _registrations.Values)
        {
            registration.SetDisposed();
        }

        _invitations.Clear();
        _requests.Clear();
        _exchanges.Clear();
        _registrations.Clear();
    }
}
