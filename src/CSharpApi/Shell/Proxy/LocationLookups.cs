// Who is bound where: asked in the turn where the store is our own and in memory, on the pool where it
// is a user's, whose code the turn never runs.
namespace SipFun.Shell;

/// <summary>Asks a location service.</summary>
internal sealed class LocationLookups(Engine engine, ILocationStore store, TimeSpan within)
{
    private readonly InMemoryLocationStore? _memory = store as InMemoryLocationStore;

    /// <summary>The bindings, if they are known at once. Inside the turn.</summary>
    public IReadOnlyList<Binding>? TryFind(SipUri uri)
    {
        if (_memory is null)
        {
            return null;
        }

        var found = _memory.LookupAsync(AddressOfRecord.Create(uri));
        return found.IsCompletedSuccessfully ? found.Result : null;
    }

    /// <summary>Asks, and answers later, in the turn.</summary>
    public void Ask(UserQuestion question) => _ = AskAsync(question);

    private async Task AskAsync(UserQuestion question)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

        try
        {
            var bindings = await FindAsync(question.Uri).ConfigureAwait(false);
            engine.Loop.Post(() => question.Answer(bindings));
        }
        catch (TimeoutException)
        {
            Fail(question, StatusCode.ServerTimeOut);
        }
        catch (Exception exception)
        {
            if (!engine.Closing.IsCancellationRequested)
            {
                engine.Counters.Add(Reason.LocationsFailed);
                engine.Log.LocationsFailed(exception);
            }

            Fail(question, StatusCode.ServerInternalError);
        }
    }

    /// <exception cref="TimeoutException">It took too long.</exception>
    private async Task<IReadOnlyList<Binding>> FindAsync(SipUri uri)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(engine.Closing);

        try
        {
            var found = store.LookupAsync(AddressOfRecord.Create(uri), stop.Token).AsTask();
            return await found
                .WaitAsync(within, engine.Clock.Time, engine.Closing)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private void Fail(UserQuestion question, int status) =>
        engine.Loop.Post(() => question.Fail(status));
}
