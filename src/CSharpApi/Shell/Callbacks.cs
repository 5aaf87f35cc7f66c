// The callbacks of one delivery: on the pool, one at a time, in order.
namespace SipFun.Shell;

/// <summary>
/// What happened to a delivery and was not yet told. Exists only where somebody listens, and is
/// queued to the pool only while there is something to tell.
/// </summary>
internal sealed class Callbacks(Delivery delivery, DeliverOptions options, UserCode code)
    : Visit,
        IThreadPoolWorkItem
{
    private readonly Queue<object> _events = new();
    private bool _running;

    /// <summary>Whether there is anybody to tell.</summary>
    public static bool AreIn(DeliverOptions options) =>
        options.OnSent is not null
        || options.OnResponse is not null
        || options.OnCompleted is not null;

    public bool HearsResponses => options.OnResponse is not null;

    public void Sent(Core.Hop hop) => Tell(hop, options.OnSent is not null);

    /// <summary>Responses are the peer's: how many wait for a slow callback is bounded.</summary>
    public void Responded(SipResponse response) =>
        Tell(response, HearsResponses, code.CallbackQueue);

    public void Completed(DeliveryOutcome outcome) => Tell(outcome, isWanted: true);

    void IThreadPoolWorkItem.Execute()
    {
        code.Visits.Enter(this);

        while (TryNext(out var what))
        {
            Call(what);
        }
    }

    private void Tell(object what, bool isWanted, int limit = int.MaxValue)
    {
        if (!isWanted)
        {
            return;
        }

        lock (_events)
        {
            if (_events.Count >= limit)
            {
                code.Counters.Add(Reason.CallbackQueueFull);
                return;
            }

            _events.Enqueue(what);

            if (!_running)
            {
                _running = true;
                code.Visits.Begin(this);
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }
    }

    private bool TryNext(out object what)
    {
        lock (_events)
        {
            if (_events.TryDequeue(out what!))
            {
                return true;
            }

            // Inside the lock, so that this visit has ended before the next can begin.
            _running = false;
            code.Visits.End(this);
            return false;
        }
    }

    private void Call(object what)
    {
        try
        {
            switch (what)
            {
                case Core.Hop hop:
                    options.OnSent?.Invoke(Translate.ToHop(hop));
                    break;
                case SipResponse response:
                    options.OnResponse?.Invoke(response);
                    break;
                case DeliveryOutcome outcome:
                    options.OnCompleted?.Invoke(outcome);
                    break;
            }
        }
        catch (Exception exception)
        {
            code.Counters.Add(Reason.CallbackFailed);
            code.Log.CallbackFailed(exception);
        }

        if (what is DeliveryOutcome)
        {
            delivery.Publish();
        }
    }
}
