// The stateless proxy in the dispatcher's turn: each message is asked about once, and what is said to be
// done is done there and then. Only requests that wait for a store or for the DNS are held, and counted.
using Microsoft.FSharp.Collections;

namespace SipFun.Shell;

/// <summary>Carries out what <c>Core.Proxy</c> says.</summary>
internal sealed class ProxyMachine
{
    private readonly Engine _engine;
    private readonly Core.ProxySettings _own;
    private readonly Core.ProxySettings _ownForUsers;
    private readonly StatelessProxyOptions _options;
    private readonly LocationLookups? _locations;
    private int _waiting;
    private Promise? _drained;

    public ProxyMachine(Engine engine, StatelessProxyOptions options)
    {
        (_engine, _options) = (engine, options);
        _own = ProxyTranslate.ToSettings(options, engine);
        _ownForUsers = ProxyTranslate.ForUsers(_own);
        _locations = options.Locations is { } store
            ? new LocationLookups(engine, store, options.LookupWithin)
            : null;
    }

    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Inside the turn.</summary>
    public Receipt Receive(Received received)
    {
        var view = View(received.AuthenticatedUser is null ? _own : _ownForUsers);
        var step = Core.Proxy.receivedFor(
            view,
            Translate.ToList(received.CheckedRealms),
            received.LegNumber,
            received.From,
            received.Message
        );

        if (step.IsPass)
        {
            return Receipt.Pass;
        }

        Do(view, step);
        return Receipt.Stateless;
    }

    /// <summary>It belongs to a dialog that leads through here, or asks only whether we are
    /// there.</summary>
    public bool IsWithin(Received received)
    {
        var (view, leg, source) = (View(_own), received.LegNumber, received.From);
        return Core.Proxy.isWithin(view, leg, source, received.Message)
            || Core.Proxy.isPing(view, leg, source, received.Message);
    }

    /// <summary>Completes when nothing waits, when it took too long, or when the dispatcher
    /// ends.</summary>
    public async Task DrainAsync()
    {
        var fresh = new Promise(_engine.Platform);
        var drained = Interlocked.CompareExchange(ref _drained, fresh, null) ?? fresh;
        _engine.Loop.Post(EndIfDrained);

        try
        {
            await drained
                .Task.WaitAsync(_engine.Limits.DisposeWithin, _engine.Clock.Time, _engine.Closing)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _engine.Counters.Add(Reason.CallbackAbandoned);
        }
        catch (OperationCanceledException)
        {
            // The dispatcher ends, or has ended: nothing waits any more.
        }
    }

    /// <summary>Somebody else said where the user is. Inside the turn.</summary>
    internal void Located(Core.Passage passage, FSharpList<Core.UserTarget> targets)
    {
        EndWaiting();
        var view = View(_own);
        Do(view, Core.Proxy.located(view, passage, targets));
    }

    /// <summary>Somebody else did not say where the user is. Inside the turn.</summary>
    internal void Unlocated(Core.Passage passage, int status)
    {
        EndWaiting();
        var view = View(_own);
        Do(view, Core.Proxy.unlocated(view, passage, status));
    }

    /// <summary>Where it goes has been resolved. Inside the turn.</summary>
    internal void Found(Core.Passage passage, Core.Found found)
    {
        EndWaiting();
        var view = View(_own);
        Do(view, Core.Proxy.found(view, passage, found));
    }

    private Core.ProxyView View(Core.ProxySettings own) =>
        new(own, _engine.Settings, _engine.Clock.Now, _engine.Loop.Newest);

    private void Do(Core.ProxyView view, Core.ProxyStep step)
    {
        switch (step)
        {
            case Core.ProxyStep.Send send:
                _engine.Relay(send.leg, send.Item2, send.Item3);
                break;

            case Core.ProxyStep.AskUser ask:
                Ask(view, ask.Item);
                break;

            case Core.ProxyStep.Find find:
                Find(view, find.Item1, find.Item2);
                break;

            case Core.ProxyStep.Drop drop:
                _engine.Counters.Add(drop.Item);
                break;
        }
    }

    private void Ask(Core.ProxyView view, Core.Passage passage)
    {
        if (_locations is null)
        {
            Do(view, Core.Proxy.unlocated(view, passage, StatusCode.TemporarilyUnavailable));
        }
        else if (_locations.TryFind(passage.Uri) is { } targets)
        {
            Do(view, Core.Proxy.located(view, passage, targets));
        }
        else if (TryWait(view, passage))
        {
            _locations.Ask(new UserQuestion(this, passage));
        }
    }

    private void Find(Core.ProxyView view, Core.Passage passage, Core.Whither whither)
    {
        if (TryWait(view, passage))
        {
            var number = _engine.NextNumber();
            _engine.Lookups.Expect(number, new HopQuestion(this, passage));
            _engine.Loop.Post(
                Core.Input.NewLocate(
                    number,
                    whither.Uri,
                    whither.HasRoute,
                    whither.IsSecure,
                    Core.Proxy.wishes(view, passage)
                )
            );
        }
    }

    private bool TryWait(Core.ProxyView view, Core.Passage passage)
    {
        if (_waiting < _options.MaxWaiting)
        {
            _waiting++;
            return true;
        }

        _engine.Counters.Add(Reason.ProxyQueueFull);
        Do(view, Core.Proxy.overloaded(view, passage));
        return false;
    }

    private void EndWaiting()
    {
        _waiting--;
        EndIfDrained();
    }

    private void EndIfDrained()
    {
        if (_waiting == 0)
        {
            _drained?.Set();
        }
    }

    /// <summary>A request that waits for its hop.</summary>
    private sealed class HopQuestion(ProxyMachine machine, Core.Passage passage) : IFoundListener
    {
        public void Found(Core.Found found) => machine.Found(passage, found);
    }
}
