namespace SipFun.Shell;

/// <summary>What the application hears of one call, or of a user agent beside its calls: one at a
/// time, in order. An asynchronous handler's task runs on beside the next.</summary>
internal sealed class AgentLane(UserCode code) : CallbackLane(code)
{
    /// <summary>How many of these wait is bounded: they are the peer's.</summary>
    public void Tell(Action what) => base.Tell(what, Code.CallbackQueue);

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
