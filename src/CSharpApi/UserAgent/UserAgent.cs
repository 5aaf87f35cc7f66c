using SipFun.Shell;

namespace SipFun;

/// <summary>
/// An end of calls (RFC 3261, 8 to 15): registers, calls and answers, in the name of one address. Set it as
/// the dispatcher's receiver, alone or in a chain. All members may be called from any thread, and
/// from inside every callback.
/// </summary>
/// <example>
/// <code>
/// await using var agent = new UserAgent(dispatcher, new() { Address = NameAddr.Parse("sip:alice@example.com") });
/// dispatcher.SetReceiver(agent);
/// var call = await agent.CallAsync(SipUri.Parse("sip:bob@example.com"));
///
/// if (await call.Answered is not null)
/// {
///     await call.ByeAsync();
/// }
/// </code>
/// </example>
public sealed partial class UserAgent : IReceiver, ITurnReceiver, IAsyncDisposable
{
    private readonly Engine _engine;
    private readonly AgentDesk _desk;
    private readonly AgentMachine _machine;
    private readonly CancellationTokenRegistration _closing;
    private readonly SipMethod[] _methods;
    private readonly Lock _lock = new();
    private Task? _disposing;

    /// <summary>An agent of this dispatcher.</summary>
    /// <param name="dispatcher">Carries its messages. Does not own it, nor is owned.</param>
    /// <param name="options">Who it is.</param>
    /// <exception cref="ArgumentException">An option makes no sense; the message says what to
    /// change.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public UserAgent(Dispatcher dispatcher, UserAgentOptions options)
    {
        ArgumentNullException.ThrowIfNull(dispatcher);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ObjectDisposedException.ThrowIf(dispatcher.Engine.IsClosed, dispatcher);
        (Dispatcher, Options, _engine) = (dispatcher, options, dispatcher.Engine);
        _methods = MethodsOf(options);
        var secret = (_engine.Draws.Next(), _engine.Draws.Next());
        _desk = new AgentDesk(this, _engine);
        _machine = new AgentMachine(
            dispatcher,
            AgentWords.ToSettings(options, _engine.Settings.Timers, secret),
            _desk,
            ContactFor
        );
        _closing = _engine.Closing.Register(EndWithDispatcher);
    }

    /// <summary>The dispatcher that carries its messages.</summary>
    public Dispatcher Dispatcher { get; }

    /// <summary>What it was made with.</summary>
    public UserAgentOptions Options { get; }

    /// <summary>The calls under way, answered or not. A snapshot.</summary>
    public IReadOnlyCollection<Call> Calls => _desk.Calls;

    /// <summary>The registrations under way. A snapshot.</summary>
    public IReadOnlyCollection<Registration> Registrations => _desk.Registrations;

    /// <summary>
    /// Hears of each call that comes in. On the thread pool; answer it inside or later. When it
    /// throws the call is answered 500. Default: none, calls are answered 480.
    /// </summary>
    public Func<Invitation, Task>? OnInvitation { get; set; }

    /// <summary>
    /// Hears of each request outside of calls, and within calls that have no handler of their own
    /// (<see cref="Call.OnRequest"/>). On the thread pool, one at a time and in order; a task it
    /// returns runs on beside the next. When it throws the request is answered 500. Default: none;
    /// a change of a call is answered 488, everything else 480.
    /// </summary>
    public Func<IncomingRequest, Task>? OnRequest { get; set; }

    /// <inheritdoc />
    IReadOnlyCollection<SipMethod> IReceiver.AllowedMethods => _methods;

    /// <summary>The state of the machine, for tests.</summary>
    internal Core.AgentState State => _machine.State;

    /// <summary>
    /// Hangs up all calls, gives up all bindings and takes nothing new; waits for what becomes of it
    /// on the wire, for <see cref="UserAgentOptions.DisposeWithin"/> at most. Then every task that is
    /// still open completes. May be called again.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposing ??= EndAsync();
        }

        return new ValueTask(_engine.Platform.Finish(_disposing));
    }

    Receipt ITurnReceiver.Receive(Received received) =>
        _disposing is { IsCompleted: true } ? Receipt.Pass : _machine.Receive(received);

    internal Dialog? DialogOf(long call) => DialogOf(call, _machine.State);

    /// <summary>The dialog of a call that this step ended. In the turn.</summary>
    internal Dialog? LastDialogOf(long call) =>
        DialogOf(call, _machine.State) ?? DialogOf(call, _machine.Before);

    private static Dialog? DialogOf(long call, Core.AgentState state)
    {
        var found = Core.AgentStateModule.tryCall(call, state);
        return found.IsSome && found.Value.Sides.TryGetValue(found.Value.Latest, out var side)
            ? side.Dialog
            : null;
    }

    internal void HangUp(long call) =>
        _machine.Post(Core.AgentInput.NewHangUp(call, AgentWords.Content()));

    internal void Unregister(long registration) =>
        _machine.Post(Core.AgentInput.NewUnregister(registration));

    internal void Respond(long received, int status, string? reason, Core.Content content) =>
        _machine.Post(
            Core.AgentInput.NewRespond(received, new Core.AgentAnswer(status, reason, content))
        );

    internal Task OnInvitedAsync(Invitation invitation)
    {
        if (OnInvitation is { } hear)
        {
            return hear(invitation);
        }

        invitation.Reject(StatusCode.TemporarilyUnavailable);
        return Task.CompletedTask;
    }

    internal Task OnRequestedAsync(IncomingRequest request)
    {
        if ((request.Call?.OnRequest ?? OnRequest) is { } hear)
        {
            return hear(request);
        }

        var method = request.Request.Method;
        var isChange = method == SipMethod.Invite || method == SipMethod.Update;
        request.Respond(
            isChange ? StatusCode.NotAcceptableHere : StatusCode.TemporarilyUnavailable
        );
        return Task.CompletedTask;
    }

    /// <summary>What the agent's own Allow says (20.5).</summary>
    private static SipMethod[] MethodsOf(UserAgentOptions options)
    {
        SipMethod[] own =
        [
            SipMethod.Ack,
            SipMethod.Bye,
            SipMethod.Cancel,
            SipMethod.Options,
            SipMethod.Update,
        ];
        SipMethod[] reliable =
            options.ReliableProvisionals == ReliableProvisionals.Never ? [] : [SipMethod.Prack];
        return [.. own.Concat(reliable).Concat(options.Methods).Distinct()];
    }

    private async Task EndAsync()
    {
        _machine.Close();

        try
        {
            await _machine
                .Idle.WaitAsync(Options.DisposeWithin, _engine.Clock.Time)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _engine.Counters.Add(Reason.CallAbandoned);
        }

        await _closing.DisposeAsync().ConfigureAwait(false);
        _desk.Close();
        _machine.Dispose();
    }

    /// <summary>The dispatcher carries nothing any more: everything ends here and now.</summary>
    private void EndWithDispatcher()
    {
        _machine.Close();
        _engine.Loop.Post(_desk.Close);
        _machine.Dispose();
    }

    private void ThrowIfDisposed()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposing is not null || _engine.IsClosed, this);
        }
    }
}
