// A lane of the user's code: what is to be told waits here, and is told on the pool, one at a time and
// in order, never inside a turn. Dispose waits for it.
namespace SipFun.Shell;

/// <summary>Queued to the pool only while there is something to tell.</summary>
internal abstract class CallbackLane(UserCode code) : Visit, IThreadPoolWorkItem
{
    private readonly Queue<object> _events = new();
    private bool _running;

    protected UserCode Code => code;

    void IThreadPoolWorkItem.Execute()
    {
        code.Visits.Enter(this);

        while (TryNext(out var what))
        {
            CallSafely(what);
        }
    }

    /// <summary>Calls the user's code. What it throws is logged and counted.</summary>
    protected abstract void Call(object what);

    /// <summary>Where the user's code was called, whether or not it threw.</summary>
    protected virtual void Called(object what) { }

    /// <summary>False, and counted, when as many wait as may.</summary>
    protected bool Tell(object what, int limit = int.MaxValue)
    {
        lock (_events)
        {
            if (_events.Count >= limit)
            {
                code.Counters.Add(Reason.CallbackQueueFull);
                return false;
            }

            _events.Enqueue(what);

            if (!_running)
            {
                _running = true;
                code.Visits.Begin(this);
                code.Platform.Queue(this);
            }

            return true;
        }
    }

    /// <summary>Code of the user's threw: it is logged and counted, and nothing stops.</summary>
    protected void Failed(Exception exception)
    {
        code.Counters.Add(Reason.CallbackFailed);
        code.Log.CallbackFailed(exception);
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

    private void CallSafely(object what)
    {
        try
        {
            Call(what);
        }
        catch (Exception exception)
        {
            Failed(exception);
        }

        Called(what);
    }
}
