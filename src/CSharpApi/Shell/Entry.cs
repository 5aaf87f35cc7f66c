namespace SipFun.Shell;

/// <summary>An input that waits for its turn, or the work of another machine that lives in it; and
/// whoever waits for it.</summary>
internal readonly record struct Entry(Core.Input? Input, Action? Work, Waiter? Waiter)
{
    /// <summary>For logs: the case of the input, or -1.</summary>
    public int Tag => Input?.Tag ?? -1;
}

/// <summary>A caller that waits until his own input was stepped.</summary>
internal sealed class Waiter
{
    private bool _done;
    private bool _nudged;

    /// <summary>How many deliveries the step completed.</summary>
    public int Ended { get; private set; }

    /// <summary>What the step threw: a fault of ours, which the caller must hear of.</summary>
    public Exception? Fault { get; private set; }

    public void Done(int ended, Exception? fault)
    {
        lock (this)
        {
            Ended = ended;
            Fault = fault;
            _done = true;
            Monitor.PulseAll(this);
        }
    }

    /// <summary>The turn is free, and nobody else may be there to take it.</summary>
    public void Nudge()
    {
        lock (this)
        {
            _nudged = true;
            Monitor.PulseAll(this);
        }
    }

    public void Wait(Loop loop)
    {
        while (!IsDone())
        {
            loop.Work();
        }
    }

    /// <summary>Waits until it is done or nudged.</summary>
    private bool IsDone()
    {
        lock (this)
        {
            while (!_done && !_nudged)
            {
                Monitor.Wait(this);
            }

            _nudged = false;
            return _done;
        }
    }
}
