namespace SipFun.Shell;

/// <summary>
/// One REGISTER on its way through the store. May be asked again by a store that tries again: the last
/// answer counts.
/// </summary>
internal sealed class RegisterVisit(
    Core.RegistrarSettings settings,
    Received received,
    AddressOfRecord address
)
{
    private readonly Engine _engine = received.Dispatcher.Engine;
    private Core.Registered? _registered;
    private long _now;
    private volatile bool _abandoned;
    private bool _writes;

    public AddressOfRecord Address => address;

    public SipResponse Response => Registered.Response;

    /// <summary>Null: it was accepted.</summary>
    public Core.RegisterRefusal? Refusal =>
        Registered.Refusal.IsSome ? Registered.Refusal.Value : null;

    public IEnumerable<BindingChange> Changes =>
        (_writes ? Registered.Changes : [])
            .Select(RegistrarWords.ToChange)
            .Select(change => new BindingChange(
                change.Kind,
                address,
                RegistrarWords.ToBinding(change.Binding, _now, _engine.Legs)
            ));

    private Core.Registered Registered =>
        _registered
        ?? throw new InvalidOperationException(
            "The store said that it had updated an address, and never asked how."
        );

    /// <summary>It was answered that nothing changes: what the store asks from now on is told so.</summary>
    public void Abandon() => _abandoned = true;

    /// <summary>The bindings from now on; null: as they are.</summary>
    public IReadOnlyList<Binding>? Change(IReadOnlyList<Binding> bindings)
    {
        _now = _engine.Clock.Now;
        _registered = Core.Registrar.register(
            settings,
            _now,
            _engine.Clock.Time.GetUtcNow(),
            new Core.RegisterArrival(
                _engine.Epoch,
                received.LegNumber,
                received.From,
                _engine.Loop.Newest
            ),
            received.AuthenticatedUser is not null,
            (SipRequest)received.Message,
            address,
            RegistrarWords.ToCore(bindings, _now)
        );
        _writes = _registered.Bindings.IsSome && !_abandoned;
        return _writes
            ? RegistrarWords.ToBindings(_registered.Bindings.Value, _now, _engine.Legs)
            : null;
    }
}
