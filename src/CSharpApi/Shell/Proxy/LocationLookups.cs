// Who is bound where: asked in the turn where the store is our own and in memory, on the pool where it
// is a user's, whose code the turn never runs. Of one address one question at a time: who asks
// meanwhile waits for its answer, so that no request overtakes another one (RFC 3261, 9.1).
using Microsoft.FSharp.Collections;

namespace SipFun.Shell;

/// <summary>Asks a location service.</summary>
internal sealed class LocationLookups(Engine engine, ILocationStore store, TimeSpan within)
{
    private readonly InMemoryLocationStore? _memory = store as InMemoryLocationStore;

    /// <summary>Only the turn knows it.</summary>
    private readonly Dictionary<AddressOfRecord, Lookup> _lookups = [];

    /// <summary>The bindings, if they are known at once. Inside the turn.</summary>
    public FSharpList<Core.UserTarget>? TryFind(SipUri uri)
    {
        try
        {
            return _memory is null
                ? null
                : ProxyTranslate.ToTargets(_memory.Find(AddressOfRecord.Create(uri)));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Somebody wrote what makes no sense: told of where others are told of it.
            return null;
        }
    }

    /// <summary>Asks, and answers later, in order. Inside the turn.</summary>
    public void Ask(UserQuestion question)
    {
        var address = AddressOfRecord.Create(question.Uri);

        if (_lookups.TryGetValue(address, out var lookup))
        {
            lookup.Waiting.Add(question);
            return;
        }

        lookup = new Lookup(address);
        lookup.Waiting.Add(question);
        _lookups.Add(address, lookup);
        engine.Code.Visits.Begin(lookup);
        _ = engine.Platform.Run(() => AskAsync(lookup));
    }

    private async Task AskAsync(Lookup lookup)
    {
        engine.Code.Visits.Enter(lookup);

        try
        {
            var bindings = await FindAsync(lookup.Address).ConfigureAwait(false);
            var targets = ProxyTranslate.ToTargets(bindings);
            End(lookup, question => question.Answer(targets));
        }
        catch (TimeoutException)
        {
            End(lookup, question => question.Fail(StatusCode.ServerTimeOut));
        }
        catch (Exception exception)
        {
            if (!engine.Closing.IsCancellationRequested)
            {
                engine.Counters.Add(Reason.LocationsFailed);
                engine.Log.LocationsFailed(exception);
            }

            End(lookup, question => question.Fail(StatusCode.ServerInternalError));
        }

        engine.Code.Visits.End(lookup);
    }

    /// <exception cref="TimeoutException">It took too long.</exception>
    private async Task<IReadOnlyList<Binding>> FindAsync(AddressOfRecord address)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(engine.Closing);

        try
        {
            var found = store.LookupAsync(address, stop.Token).AsTask();
            return await found
                .WaitAsync(within, engine.Clock.Time, engine.Closing)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await engine.Platform.CancelAsync(stop).ConfigureAwait(false);
            throw;
        }
    }

    private void End(Lookup lookup, Action<UserQuestion> tell) =>
        engine.Loop.Post(() =>
        {
            _lookups.Remove(lookup.Address);
            lookup.Waiting.ForEach(tell);
        });

    /// <summary>One question to the store, and who waits for its answer, in order. Dispose of the
    /// dispatcher waits for it.</summary>
    private sealed class Lookup(AddressOfRecord address) : Visit
    {
        public AddressOfRecord Address => address;

        public List<UserQuestion> Waiting { get; } = [];
    }
}
