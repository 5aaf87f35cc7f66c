// The user agent's machine in the dispatcher's turn: its inputs are stepped there, its effects become
// orders of the same loop, and its next deadline is one more alarm.
using System.Collections.Concurrent;

namespace SipFun.Shell;

/// <summary>Holds the state; the only one who steps it.</summary>
internal sealed class AgentMachine : Core.IAgentShell, IDisposable
{
    private static readonly DeliverOptions _insisting = new() { Retransmit = true };

    private readonly Dispatcher _dispatcher;
    private readonly Engine _engine;
    private readonly Core.AgentSettings _settings;
    private readonly AgentDesk _desk;
    private readonly Func<int, SipMessage, NameAddr> _contact;
    private readonly Alarm _alarm;

    /// <summary>The requests that are not answered yet.</summary>
    private readonly Dictionary<long, Received> _unanswered = [];
    private readonly Dictionary<long, long> _deliveries = [];
    private readonly Promise _idle;
    private volatile Core.AgentState _state = Core.UserAgent.start;
    private Receipt _receipt;
    private bool _isClosing;

    /// <param name="dispatcher">Whose turn it is.</param>
    /// <param name="settings">The machine's.</param>
    /// <param name="desk">Hears the events.</param>
    /// <param name="contact">Under which this end is reached by whoever sent a message by a leg of the core's.</param>
    public AgentMachine(
        Dispatcher dispatcher,
        Core.AgentSettings settings,
        AgentDesk desk,
        Func<int, SipMessage, NameAddr> contact
    )
    {
        (_dispatcher, _engine) = (dispatcher, dispatcher.Engine);
        _idle = new Promise(_engine.Platform);
        (_settings, _desk, _contact) = (settings, desk, contact);
        _alarm = new Alarm(_engine.Clock, () => Post(Core.AgentInput.Tick));
    }

    /// <summary>As the last step left it; any thread may look at it.</summary>
    public Core.AgentState State => _state;

    /// <summary>As it was before that step. In the turn.</summary>
    public Core.AgentState Before { get; private set; } = Core.UserAgent.start;

    /// <summary>After <see cref="Close"/>: when no call, request and binding is under way any more.
    /// What the dispatcher remembers of ended ones is not waited for.</summary>
    public Task Idle => _idle.Task;

    /// <summary>Has an input stepped in the turn. Never waits.</summary>
    public void Post(Core.AgentInput input) => _engine.Loop.Post(() => Step(input));

    /// <summary>Nothing new is taken on, and what there is ends.</summary>
    public void Close() =>
        _engine.Loop.Post(() =>
        {
            _isClosing = true;
            Step(Core.AgentInput.Close);
        });

    /// <summary>What is still under way is left alone.</summary>
    public void Dispose()
    {
        _alarm.Dispose();
        _engine.Loop.Post(Abandon);
    }

    /// <summary>Inside the turn: whether a message is this agent's.</summary>
    public Receipt Receive(Received received)
    {
        var number = received.Number ?? 0;
        _receipt = Receipt.Pass;

        if (number != 0)
        {
            _unanswered[number] = received;
        }

        Step(
            Core.AgentInput.NewArrived(
                new Core.Arrival(
                    number,
                    received.LegNumber,
                    received.From,
                    _contact(received.LegNumber, received.Message),
                    received.Message
                )
            )
        );

        if (_receipt == Receipt.Pass)
        {
            _unanswered.Remove(number);
        }

        return _receipt;
    }

    void Core.IAgentShell.Send(
        long sending,
        SipRequest request,
        Microsoft.FSharp.Core.FSharpValueOption<Core.Hop> destination
    )
    {
        var options = destination.IsSome
            ? _insisting with
            {
                Destination = Translate.ToSource(destination.Value),
            }
            : _insisting;
        var row = Core.AgentStateModule.trySending(sending, _state);
        var purpose = row.IsSome ? row.Value.Purpose : null;
        var watch = new SendingWatch(this, sending, purpose);
        var delivery = _dispatcher.Post(request, options, null, 0, watch);
        _deliveries[sending] = delivery.Number;
        _desk.Sending(purpose, delivery);
    }

    void Core.IAgentShell.Reply(long received, long reply, SipResponse response)
    {
        if (!_unanswered.TryGetValue(received, out var request))
        {
            return;
        }

        if (response.IsFinal)
        {
            _unanswered.Remove(received);
        }

        _desk.Replied(received, response);
        _dispatcher.Post(
            request.Signed(response),
            _insisting,
            [request.LegNumber],
            request.From.Flow,
            new ReplyWatch(this, reply)
        );
    }

    void Core.IAgentShell.Receipt(long received, Receipt receipt) => _receipt = receipt;

    void Core.IAgentShell.CancelDelivery(long sending)
    {
        if (_deliveries.TryGetValue(sending, out var number))
        {
            _engine.Loop.Post(Core.Input.NewCancelDelivery(Core.Which.NewByNumber(number)));
        }
    }

    void Core.IAgentShell.Tell(Core.AgentEvent @event) => Core.AgentEventModule.tell(_desk, @event);

    private void Step(Core.AgentInput input)
    {
        var (state, effects) = Core.UserAgent.step(_settings, _engine.Clock.Now, input, _state);
        (Before, _state) = (_state, state);

        foreach (var effect in effects)
        {
            Perform(effect);
        }

        _alarm.Set(Core.UserAgent.alarm(state));

        if (_isClosing && state.Counts is { Calls: 0, Asked: 0, Exchanges: 0, Registrations: 0 })
        {
            _idle.Set();
        }
    }

    /// <summary>One effect that fails takes no other with it.</summary>
    private void Perform(Core.AgentEffect effect)
    {
        try
        {
            Core.AgentEffectModule.perform(this, effect);
        }
        catch (Exception exception)
        {
            _engine.Counters.Add(Reason.EffectFailed);
            _engine.Log.EffectFailed(effect.Tag, exception);
        }
    }

    private void Abandon()
    {
        foreach (var number in _deliveries.Values)
        {
            _engine.Loop.Post(Core.Input.NewCancelDelivery(Core.Which.NewByNumber(number)));
        }
    }

    private void Forget(long sending) => _deliveries.Remove(sending);

    /// <summary>Carries what becomes of a request back to the machine.</summary>
    private sealed class SendingWatch(AgentMachine machine, long sending, Core.Purpose? purpose)
        : IDeliveryListener
    {
        public void Sent(Delivery delivery) => machine._desk.Sent(purpose);

        public void Responded(Delivery delivery, SipResponse response) =>
            machine._engine.Loop.Post(() =>
            {
                machine._desk.Concluded(purpose, response.IsFinal ? response : null, null);
                machine.Step(Core.AgentInput.NewResponded(sending, response));
            });

        public void Ended(Delivery delivery, Core.Outcome outcome, bool last) =>
            machine._engine.Loop.Post(() =>
            {
                machine._desk.Concluded(purpose, null, Translate.ToOutcome(outcome));
                machine.Step(Core.AgentInput.NewCompleted(sending, outcome, last));

                if (last)
                {
                    machine.Forget(sending);
                }
            });

        public void Forgotten(Delivery delivery) =>
            machine._engine.Loop.Post(() =>
            {
                machine.Step(Core.AgentInput.NewForgotten(sending));
                machine.Forget(sending);
            });
    }

    /// <summary>Carries what becomes of a response back to the machine.</summary>
    private sealed class ReplyWatch(AgentMachine machine, long reply) : IDeliveryListener
    {
        public void Sent(Delivery delivery) { }

        public void Responded(Delivery delivery, SipResponse response) { }

        public void Ended(Delivery delivery, Core.Outcome outcome, bool last) =>
            machine.Post(Core.AgentInput.NewReplied(reply, outcome));

        public void Forgotten(Delivery delivery) { }
    }
}
