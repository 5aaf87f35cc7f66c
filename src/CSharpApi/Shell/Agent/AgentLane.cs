namespace SipFun.Shell;

/// <summary>What the application hears of one call, or of a user agent beside its calls: one at a
/// time, in order. An asynchronous handler's task runs on beside the next.</summary>
internal sealed class AgentLane(UserCode code) : CallbackLane(code)
{
    /// <summary>How many notices are not told yet.</summary>
    private int _untold;

    /// <summary>How many of these wait is bounded: they are the peer's.</summary>
    public void Tell(Action what) => Tell(what, Code.CallbackQueue);

    /// <summary>Done when everything told before has been heard; at once when it has. In the
    /// turn.</summary>
    public void After(Action what)
    {
        if (Volatile.Read(ref _untold) == 0)
        {
            what();
        }
        else
        {
            Tell(what, int.MaxValue);
        }
    }

    /// <summary>How many of these wait the core bounds.</summary>
    public void Ask(Func<Task> handler, Action failed) => base.Tell(new Question(handler, failed));

    protected override void Call(object what)
    {
        switch (what)
        {
            case Action tell:
                tell();
                break;
            case Question question:
                _ = WatchAsync(question);
                break;
        }
    }

    protected override void Called(object what)
    {
        if (what is Action)
        {
            Interlocked.Decrement(ref _untold);
        }
    }

    private void Tell(Action what, int limit)
    {
        Interlocked.Increment(ref _untold);

        if (!base.Tell(what, limit))
        {
            Interlocked.Decrement(ref _untold);
        }
    }

    private async Task WatchAsync(Question question)
    {
        try
        {
            await question.Handler().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Failed(exception);
            question.Failed();
        }
    }

    /// <summary>A handler that owes an answer, and what is done when it throws.</summary>
    private sealed record Question(Func<Task> Handler, Action Failed);
}
