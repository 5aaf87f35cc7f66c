using SipFun.Shell;

namespace SipFun;

/// <summary>
/// A binding of an address to a Contact (RFC 3261, 10.2). It is refreshed by itself before it ends,
/// and when that fails tried again, less and less often, until it is given up here.
/// </summary>
public sealed class Registration
{
    private readonly UserAgent _agent;
    private readonly Promise _bound;
    private readonly Promise<RegistrationEnd> _ended;
    private volatile SipResponse? _response;
    private volatile RegistrationException? _failure;
    private long _expires;

    internal Registration(
        UserAgent agent,
        long number,
        NameAddr contact,
        Action<Registration>? onChanged
    )
    {
        (_agent, Number, Contact, OnChanged) = (agent, number, contact, onChanged);
        var platform = agent.Dispatcher.Engine.Platform;
        (_bound, _ended) = (new Promise(platform), new Promise<RegistrationEnd>(platform));
    }

    /// <summary>What is bound.</summary>
    public NameAddr Contact { get; }

    /// <summary>Every binding of the address that the registrar named last, ours among
    /// them.</summary>
    public IReadOnlyList<NameAddr> Bindings => _response?.Contacts ?? [];

    /// <summary>For how long the registrar bound it last.</summary>
    public TimeSpan Expires => TimeSpan.FromTicks(Interlocked.Read(ref _expires));

    /// <summary>The registrar's last 2xx; null: there was none yet.</summary>
    public SipResponse? Response => _response;

    /// <summary>Why the last refresh failed; null: it did not.</summary>
    public RegistrationException? LastFailure => _failure;

    /// <summary>How it ended. Completes exactly once.</summary>
    public Task<RegistrationEnd> Ended => _ended.Task;

    internal long Number { get; }

    internal Action<Registration>? OnChanged { get; }

    /// <summary>It was bound for the first time; faults when it was not.</summary>
    internal Task Bound => _bound.Task;

    /// <summary>Takes the binding back: a REGISTER with Expires 0 (10.2.2).</summary>
    /// <param name="cancel">Stops the waiting; the binding is given up all the same.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public Task<RegistrationEnd> UnregisterAsync(CancellationToken cancel = default)
    {
        _agent.Unregister(Number);
        return Ended.WaitAsync(cancel);
    }

    internal void SetBound(TimeSpan expires, SipResponse response)
    {
        Interlocked.Exchange(ref _expires, expires.Ticks);
        (_response, _failure) = (response, null);
        _bound.Set();
    }

    internal void SetFailed(RegistrationException failure, bool isOver)
    {
        _failure = failure;
        Unbound(failure);

        if (isOver)
        {
            End(RegistrationEndKind.Failed, failure.Response, failure.Outcome);
        }
    }

    internal void SetUnregistered(Core.ExchangeEnd ending)
    {
        var (response, outcome) = AgentWords.ToParts(ending);
        var kind =
            response?.IsSuccess == true ? RegistrationEndKind.Unregistered
            : outcome is DeliveryOutcome.Disposed ? RegistrationEndKind.Disposed
            : RegistrationEndKind.Failed;
        End(kind, response, outcome);
    }

    internal void SetDisposed() => End(RegistrationEndKind.Disposed, null, null);

    /// <summary>Who waited may have gone: then nobody needs to look at it.</summary>
    private void Unbound(Exception exception)
    {
        _bound.Fail(exception);
        _ = _bound.Task.Exception;
    }

    private void End(RegistrationEndKind kind, SipResponse? response, DeliveryOutcome? outcome)
    {
        Unbound(new ObjectDisposedException(nameof(UserAgent)));
        _ended.Set(new RegistrationEnd(kind) { Response = response, Outcome = outcome });
    }
}
