using SipFun.Shell;

namespace SipFun;

/// <summary>
/// A message on its way: a handle, not a promise of success. It keeps its story after it has ended.
/// </summary>
public sealed class Delivery
{
    private readonly Engine _engine;
    private readonly Callbacks? _callbacks;
    private readonly Lock _lock = new();
    private DeliveryOutcome? _outcome;
    private Core.Trace? _trace;
    private Promise<DeliveryOutcome>? _completion;
    private Task<DeliveryOutcome>? _completed;
    private bool _published;

    internal Delivery(
        Engine engine,
        long number,
        DeliveryId id,
        CallId callId,
        SipMessage message,
        DeliverOptions options
    )
    {
        (_engine, Number, Id, CallId, Message) = (engine, number, id, callId, message);
        _callbacks = Callbacks.AreIn(options) ? new Callbacks(this, options, engine.Code) : null;
    }

    /// <summary>Its name, given or fresh.</summary>
    public DeliveryId Id { get; }

    /// <summary>What <c>CancelDelivery(CallId)</c> finds it by.</summary>
    public CallId CallId { get; }

    /// <summary>The message as it was given, without our Via.</summary>
    public SipMessage Message { get; }

    /// <summary>
    /// How it ended. Completes exactly once, after the callbacks, and never faults; what follows it
    /// runs on the thread pool.
    /// </summary>
    public Task<DeliveryOutcome> Completion
    {
        get
        {
            lock (_lock)
            {
                if (_published)
                {
                    return _completed ??= Task.FromResult(_outcome!);
                }

                _completion ??= new(_engine.Platform);
                return _completion.Task;
            }
        }
    }

    internal long Number { get; }

    /// <summary>A machine in the turn that sent it; null: a caller did.</summary>
    internal IDeliveryListener? Listener { get; init; }

    /// <summary>Not yet ended.</summary>
    internal bool IsUnderWay
    {
        get
        {
            lock (_lock)
            {
                return _outcome is null;
            }
        }
    }

    /// <summary>
    /// The whole story so far, one line a decision, with seconds since its first decision: by which
    /// rule the next hop was found, each DNS answer, the leg, each copy and response, and
    /// how it ended. At most <see cref="Limits.Decisions"/> decisions.
    /// </summary>
    public string Explain()
    {
        // First where it is while under way: it is gone from there only when the end has been told.
        var sofar = SoFar(_engine.Loop.Newest) ?? SoFar(_engine.Loop.State);
        Core.Trace? trace;

        lock (_lock)
        {
            trace = _trace ?? sofar;
        }

        return trace is null ? "" : Core.Explanation.text(trace);

        Core.Trace? SoFar(Core.State state) =>
            Core.StateModule.trace(Number, state) is { IsSome: true } found ? found.Value : null;
    }

    /// <summary>
    /// Cancels it: nothing more is sent for it, and nothing is put on the wire (a SIP CANCEL is a
    /// message of its own: <c>Deliver(request.CreateCancel())</c>).
    /// </summary>
    /// <returns>Whether it was still under way.</returns>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public bool Cancel() => _engine.Dispatcher.CancelDelivery(this);

    /// <summary>Its id.</summary>
    public override string ToString() => Id.ToString();

    internal bool BelongsTo(Engine engine) => ReferenceEquals(engine, _engine);

    internal void TellSent(Core.Hop hop)
    {
        _callbacks?.Sent(hop);
        Listener?.Sent(this);
    }

    /// <summary>False for a response after the end, to which nobody listens.</summary>
    internal bool TryHandUp(SipResponse response)
    {
        if (Listener is not null)
        {
            Listener.Responded(this, response);
            return true;
        }

        if (_callbacks?.HearsResponses != true)
        {
            return IsUnderWay;
        }

        _callbacks.Responded(response);
        return true;
    }

    /// <summary>The first end counts; false for any other.</summary>
    internal bool End(Core.Outcome outcome, Core.Trace? trace, bool last)
    {
        DeliveryOutcome told;

        lock (_lock)
        {
            if (_outcome is not null)
            {
                return false;
            }

            _outcome = told = Translate.ToOutcome(outcome);
            _trace = trace;
        }

        if (_callbacks is null)
        {
            Publish();
        }
        else
        {
            _callbacks.Completed(told);
        }

        Listener?.Ended(this, outcome, last);

        return true;
    }

    /// <summary>The callbacks have been told: now the task may complete.</summary>
    internal void Publish()
    {
        lock (_lock)
        {
            _published = true;
            _completion?.Set(_outcome!);
        }
    }
}
