using SipFun.Shell;

namespace SipFun;

/// <summary>
/// Registers: keeps where the users of its domains can be reached (RFC 3261, 10.3), with Path (RFC
/// 3327), Service-Route (RFC 3608), flows (RFC 5626) and GRUUs (RFC 5627). A receiver of REGISTER; put a
/// <see cref="DigestAuthenticator"/> before it in the chain to know who is asking. One may serve several
/// dispatchers.
/// </summary>
/// <example>
/// <code>
/// var registrar = new Registrar(new() { Domains = ["example.com"] });
/// dispatcher.SetReceiver(registrar);
/// </code>
/// </example>
public sealed class Registrar : IReceiver, ITurnReceiver, IDisposable
{
    private static readonly SipMethod[] _methods = [SipMethod.Register];

    private readonly Core.RegistrarSettings _settings;
    private readonly RegisterProcessing _processing;
    private readonly RegisterLanes _lanes;
    private readonly bool _isInstant;
    private readonly BindingNews? _news;

    /// <summary>A registrar.</summary>
    /// <param name="options">For which domains, and how.</param>
    /// <exception cref="ArgumentException">An option makes no sense; the message says what to
    /// change.</exception>
    public Registrar(RegistrarOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        var draws = new Draws();
        _settings = RegistrarWords.ToSettings(options, (draws.Next(), draws.Next()));
        _news = options.OnChange is { } hear ? new BindingNews(hear) : null;
        _processing = new RegisterProcessing(_settings, options, _news);
        _lanes = new RegisterLanes(options.MaxWaiting, _processing.RegisterAsync);
        _isInstant = options.Store is InMemoryLocationStore && options.MayRegister is null;

        if (_news is not null && options.Store is InMemoryLocationStore memory)
        {
            memory.ExpiredInOrder += _news.TellExpired;
        }
        else if (_news is not null)
        {
            options.Store.Expired += _news.TellExpired;
        }
    }

    /// <summary>What it was made with.</summary>
    public RegistrarOptions Options { get; }

    /// <summary>Where the bindings are: for a proxy or a redirector.</summary>
    public ILocationStore Store => Options.Store;

    /// <inheritdoc />
    IReadOnlyCollection<SipMethod> IReceiver.AllowedMethods => _methods;

    /// <summary>
    /// Where a request to a URI of one of the domains is to go: to the bindings of an
    /// address-of-record, or to those of one device when the URI is a GRUU that was given out here (RFC
    /// 5627, 6.1), the latest registered first.
    /// </summary>
    /// <param name="target">A Request-URI.</param>
    /// <param name="cancel">Stops the waiting.</param>
    /// <returns>None: nobody is there now (480). Null: the URI names nothing (any more) (404).</returns>
    public async ValueTask<IReadOnlyList<Binding>?> FindAsync(
        SipUri target,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        var found = Core.Gruu.tryRead(_settings.Secret, target);

        if (found.IsNone)
        {
            return null;
        }

        var address = Core.Gruu.addressOf(found.Value);
        var bindings = await Store.LookupAsync(address, cancel).ConfigureAwait(false);
        return Select(found.Value, bindings);
    }

    /// <summary>Hears of nothing any more. The store stays as it is.</summary>
    public void Dispose()
    {
        if (_news is not null && Options.Store is InMemoryLocationStore memory)
        {
            memory.ExpiredInOrder -= _news.TellExpired;
        }
        else if (_news is not null)
        {
            Options.Store.Expired -= _news.TellExpired;
        }
    }

    Receipt ITurnReceiver.Receive(Received received)
    {
        _news?.Listen(received.Dispatcher.Engine.Code);

        if (received.Message is not SipRequest request || request.Method != SipMethod.Register)
        {
            return Receipt.Pass;
        }

        switch (Core.Registrar.address(_settings, IsHere(received, request), request))
        {
            case Core.Addressed.To to:
                Take(received, to.Item);
                return Receipt.Handled;
            case Core.Addressed.Refused { Item.IsForeignDomain: true }
                when Options.PassForeignDomains:
                return Receipt.Pass;
            case Core.Addressed.Refused refused:
                _processing.Refuse(received, refused.Item);
                return Receipt.Handled;
            default:
                return Receipt.Pass;
        }
    }

    /// <summary>Whether a request is for the dispatcher itself.</summary>
    private static bool IsHere(Received received, SipRequest request) =>
        Core.Ours.isLegUri(received.Dispatcher.Engine.Loop.Newest.Legs, request.RequestUri);

    private void Take(Received received, AddressOfRecord address)
    {
        if (_isInstant)
        {
            // Nothing in it waits, nor calls code of the user's.
            _ = _processing.RegisterAsync(received, address, static () => { });
        }
        else if (!_lanes.TryAdd(received, address))
        {
            _processing.Refuse(received, Core.RegisterRefusal.Full);
        }
    }

    private IReadOnlyList<Binding>? Select(Core.Gruu.Target target, IReadOnlyList<Binding> bindings)
    {
        // Only the order of instants matters here: counted from this moment.
        Core.Binding[] known = [.. bindings.Select(one => RegistrarWords.ToCore(one, 0))];
        var selected = Core.Gruu.select(_settings.Secret, target, Translate.ToList(known));
        return selected.IsSome
            ? [.. selected.Value.Select(one => bindings[Array.IndexOf(known, one)])]
            : null;
    }
}
