// The resolver at work. Whatever it does comes back as one answer: its own, ServFail when it
// throws, or TimedOut when it gives up at the limit. That it never answers is the core's affair.
namespace SipFun.Shell;

/// <summary>Asks the resolver, on the pool.</summary>
internal sealed class Questions(
    IDnsResolver resolver,
    TimeProvider time,
    TimeSpan limit,
    Action<Core.Input> post,
    UserCode code,
    CancellationToken closed
)
{
    public void Ask(Core.Question question) => _ = code.Platform.Run(() => AnswerAsync(question));

    private async Task AnswerAsync(Core.Question question)
    {
        using var cancel = new CancellationTokenSource(limit, time);
        using var _ = closed.UnsafeRegister(static one => Cancel(one), cancel);
        post(Core.Input.NewAnswered(question, await QueryAsync(question, cancel.Token)));
    }

    private async Task<Core.Answer> QueryAsync(Core.Question question, CancellationToken cancel)
    {
        try
        {
            var asked = DnsMapping.ToDnsQuestion(question);
            return DnsMapping.ToAnswer(await resolver.QueryAsync(asked, cancel).WaitAsync(cancel));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return Core.AnswerModule.failed(DnsStatus.TimedOut);
        }
        catch (Exception exception)
        {
            code.Counters.Add(Reason.ResolverFailed);
            code.Log.ResolverFailed(Core.Sanitizer.text(question.Name), exception);
            return Core.AnswerModule.failed(DnsStatus.ServFail);
        }
    }

    private static void Cancel(object? source)
    {
        try
        {
            ((CancellationTokenSource)source!).Cancel();
        }
        catch (Exception exception)
            when (exception is ObjectDisposedException or AggregateException)
        {
            // The answer was there at the same moment, or the resolver's own cleanup threw.
        }
    }
}
