using SipFun.Shell;

namespace SipFun;

/// <summary>
/// Forwards each message by itself and remembers nothing (RFC 3261, 16.11): requests to the user's
/// binding, along the Route, or to the domain; responses back by the leg and connection that the request
/// came by. Set it as the dispatcher's receiver, alone or at the end of a chain. What it refuses it
/// answers itself; what is addressed to nobody in particular it passes to the next receiver, but for OPTIONS.
/// </summary>
/// <example>
/// <code>
/// var proxy = new StatelessProxy(dispatcher, new()
/// {
///     Domains = ["example.com"],
///     Locations = store,
///     RecordRoute = true,
/// });
/// dispatcher.SetReceiver(Receiver.Chain(registrar, proxy));
/// </code>
/// </example>
public sealed class StatelessProxy : IReceiver, ITurnReceiver, IAsyncDisposable
{
    private readonly ProxyMachine _machine;

    /// <summary>A proxy of this dispatcher.</summary>
    /// <param name="dispatcher">Carries its messages.</param>
    /// <param name="options">What it forwards; null: the defaults.</param>
    /// <exception cref="ArgumentException">An option makes no sense; the message says what to
    /// change.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public StatelessProxy(Dispatcher dispatcher, StatelessProxyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dispatcher);
        Options = options ?? new StatelessProxyOptions();
        Options.Validate();
        ObjectDisposedException.ThrowIf(dispatcher.Engine.IsClosed, dispatcher);
        Dispatcher = dispatcher;
        _machine = new ProxyMachine(dispatcher.Engine, Options);
    }

    /// <summary>The dispatcher that carries its messages.</summary>
    public Dispatcher Dispatcher { get; }

    /// <summary>What it was made with.</summary>
    public StatelessProxyOptions Options { get; }

    /// <summary>Requests that wait for <see cref="StatelessProxyOptions.Locations"/> or for the
    /// DNS.</summary>
    public int Waiting => _machine.Waiting;

    /// <inheritdoc />
    bool IReceiver.ForwardsResponses => true;

    /// <summary>
    /// Waits until no request waits for an answer any more, for
    /// <see cref="Limits.DisposeWithin"/> at most. It holds nothing else. What comes meanwhile is
    /// forwarded still.
    /// </summary>
    public ValueTask DisposeAsync() => new(_machine.DrainAsync());

    /// <summary>It belongs to a dialog that leads through here, or asks only whether we are
    /// there.</summary>
    internal bool IsWithin(Received received) => _machine.IsWithin(received);

    /// <inheritdoc />
    bool ITurnReceiver.KeepsNothing => true;

    Receipt ITurnReceiver.Receive(Received received) => _machine.Receive(received);
}
