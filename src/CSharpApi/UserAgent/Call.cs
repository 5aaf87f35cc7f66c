using System.Diagnostics.CodeAnalysis;
using SipFun.Shell;

namespace SipFun;

/// <summary>
/// One call, made or taken: an INVITE and the dialog that came of it (RFC 3261, 13 to 15). ACKs,
/// repeated 2xx, the race of CANCEL and 2xx, challenges, PRACK and session timers are the agent's
/// affair. Each of its tasks completes exactly once, and none faults.
/// </summary>
[SuppressMessage(
    "Naming",
    "CA1716:Identifiers should not match keywords",
    Justification = "The word of everybody who telephones; Visual Basic writes [Call]."
)]
public sealed partial class Call
{
    private readonly UserAgent _agent;
    private readonly Promise<SipResponse?> _ringing;
    private readonly Promise<SipResponse?> _answered;
    private readonly Promise<SipRequest?> _acknowledged;
    private readonly Promise<CallEnd> _ended;
    private readonly Promise<bool> _sent;
    private readonly CallOptions _options;
    private volatile SipUri _target;
    private volatile Dialog? _lastDialog;
    private volatile SipBody? _localBody;
    private volatile SipBody? _remoteBody;

    /// <summary>A call made.</summary>
    internal Call(UserAgent agent, long number, SipUri target, CallOptions options, AgentLane lane)
    {
        (_agent, Number, _target, _options, Lane) = (agent, number, target, options, lane);
        (_localBody, OnRequest, OnForked) = (options.Body, options.OnRequest, options.OnForked);
        var platform = agent.Dispatcher.Engine.Platform;
        (_ringing, _answered) = (new(platform), new(platform));
        (_acknowledged, _ended, _sent) = (new(platform), new(platform), new(platform));
    }

    /// <summary>A call that comes in.</summary>
    internal Call(UserAgent agent, long number, SipRequest invite, AgentLane lane)
        : this(agent, number, invite.From.Uri, CallOptions.None, lane)
    {
        (IsIncoming, _remoteBody) = (true, SipBody.Of(invite));
        _ringing.Set(null);
        _sent.Set(true);
    }

    /// <summary>The other end called.</summary>
    public bool IsIncoming { get; }

    /// <summary>Whom this end called, or the target of the 3xx that is followed; of an incoming call
    /// the caller's address.</summary>
    public SipUri Target => _target;

    /// <summary>The first 101 to 199 to a call made; null when none came before its answer or its
    /// end, and for an incoming call.</summary>
    public Task<SipResponse?> Ringing => _ringing.Task;

    /// <summary>The 2xx: the other end's, or ours to an incoming call; null when the call ended
    /// without.</summary>
    public Task<SipResponse?> Answered => _answered.Task;

    /// <summary>The ACK to our 2xx of an incoming call; null when none came, and for a call made,
    /// whose ACK the agent sends.</summary>
    public Task<SipRequest?> Acknowledged => _acknowledged.Task;

    /// <summary>How it ended. Completes last, when the handlers of the call have heard what came
    /// before.</summary>
    public Task<CallEnd> Ended => _ended.Task;

    /// <summary>The dialog as it stands, early ones included, and after the end as it stood last; null
    /// while there is none. A snapshot.</summary>
    public Dialog? Dialog => _lastDialog ?? _agent.DialogOf(Number);

    /// <summary>What this end said last, in the INVITE, an answer or a re-INVITE that was
    /// accepted.</summary>
    public SipBody? LocalBody => _localBody;

    /// <summary>What the other end said last, in the INVITE, an answer, the ACK or a re-INVITE or
    /// UPDATE.</summary>
    public SipBody? RemoteBody => _remoteBody;

    /// <summary>
    /// Hears the other end's requests within the call: re-INVITE, UPDATE, INFO, MESSAGE, REFER,
    /// NOTIFY. On the thread pool, one at a time and in order; a task it returns runs on beside the
    /// next. Default: the agent's <see cref="UserAgent.OnRequest"/>.
    /// </summary>
    public Func<IncomingRequest, Task>? OnRequest { get; set; }

    /// <summary>Hears each further 2xx to this INVITE as a call of its own
    /// (<see cref="ForkPolicy.All"/>). Default: none, and such a call is hung up.</summary>
    public Action<Call>? OnForked { get; set; }

    internal long Number { get; }

    internal AgentLane Lane { get; }

    /// <summary>The last INVITE of a call made, on its way.</summary>
    internal Delivery? Delivery { get; set; }

    /// <summary>The final response to that INVITE, and what became of it without one.</summary>
    internal SipResponse? Final { get; set; }

    /// <inheritdoc cref="Final"/>
    internal DeliveryOutcome? Outcome { get; set; }

    /// <summary>The first copy of the INVITE has left, or the call is over.</summary>
    internal Task Sent => _sent.Task;

    /// <summary>The story of the last INVITE of a call made: how the next hop was found, each copy,
    /// each response. Empty for an incoming call.</summary>
    public string Explain() => Delivery?.Explain() ?? "";

    /// <summary>"sip:bob@example.com: Answered", for logs.</summary>
    public override string ToString() =>
        Core.Sanitizer.text(
            $"{Target}: {(_ended.Task.IsCompletedSuccessfully ? _ended.Task.Result
                : _answered.Task.IsCompleted ? "answered"
                : "under way")}"
        );

    internal void SetSent() => _sent.Set(true);

    internal void SetTarget(SipUri target) => _target = target;

    internal void SetProgress(SipResponse response)
    {
        _remoteBody = SipBody.Of(response) ?? _remoteBody;

        if (_options.OnProgress is { } tell)
        {
            Lane.Tell(() => tell(response));
        }

        Lane.After(() => _ringing.Set(response));
    }

    /// <summary>By the other end's 2xx, or by ours.</summary>
    internal void SetAnswered(SipResponse response)
    {
        if (!IsIncoming)
        {
            _remoteBody = SipBody.Of(response) ?? _remoteBody;
        }

        _sent.Set(true);
        Lane.After(() =>
        {
            _ringing.Set(null);
            _answered.Set(response);
        });
    }

    internal void SetAcknowledged(SipRequest request)
    {
        _remoteBody = SipBody.Of(request) ?? _remoteBody;

        if (request.Method == SipMethod.Ack)
        {
            Lane.After(() => _acknowledged.Set(request));
        }
    }

    /// <summary>Told when what came before has been heard.</summary>
    internal void SetEnded(CallEnd end, Dialog? dialog)
    {
        _lastDialog = dialog;
        var told =
            end.Kind == CallEndKind.Cancelled
                ? end with
                {
                    Response = Final,
                    Outcome = Final is null ? Outcome : null,
                }
                : end;
        Lane.After(() => SetEnded(told));
    }

    internal void SetEnded(CallEnd end)
    {
        _ringing.Set(null);
        _answered.Set(null);
        _acknowledged.Set(null);
        _ended.Set(end);
        _sent.Set(true);
    }

    internal void SetLocalBody(SipBody? body) => _localBody = body ?? _localBody;

    internal void SetRemoteBody(SipBody? body) => _remoteBody = body ?? _remoteBody;

    /// <summary>A further answer to the same INVITE.</summary>
    internal Call Fork(long sibling, AgentLane lane) =>
        new(_agent, sibling, _target, _options, lane) { Delivery = Delivery };
}
