using SipFun.Shell;

namespace SipFun;

/// <summary>
/// A request that waits for the application's answer, within a call or outside. One that nobody
/// answers within <see cref="UserAgentOptions.AnswerWithin"/> gets 500.
/// </summary>
public sealed class IncomingRequest
{
    private readonly UserAgent _agent;
    private readonly long _number;
    private readonly Promise<bool> _withdrawn;
    private int _given;
    private SipBody? _given2xx;

    internal IncomingRequest(
        UserAgent agent,
        long number,
        Call? call,
        SipRequest request,
        Hop source
    )
    {
        (_agent, _number, Call, Request, Source) = (agent, number, call, request, source);
        _withdrawn = new Promise<bool>(agent.Dispatcher.Engine.Platform);
    }

    /// <summary>The request.</summary>
    public SipRequest Request { get; }

    /// <summary>Where it came from, whatever it says of itself.</summary>
    public Hop Source { get; }

    /// <summary>The call that it belongs to; null: none.</summary>
    public Call? Call { get; }

    /// <summary>Its body; null: none.</summary>
    public SipBody? Body => SipBody.Of(Request);

    /// <summary>True when no answer is wanted any more: it was cancelled, its call ended, or the
    /// agent answered in place of the application; false when it was answered here. Completes
    /// exactly once.</summary>
    public Task<bool> Withdrawn => _withdrawn.Task;

    /// <summary>Answers it. Without effect when no answer is wanted any more.</summary>
    /// <param name="status">101 to 699; default 200. Below 200 it is sent to an INVITE only (RFC 4320,
    /// 4.1).</param>
    /// <param name="body">Default: none.</param>
    /// <param name="reason">Default: the reason phrase of RFC 3261, 21.</param>
    /// <param name="headers">Further header fields; default: none.</param>
    /// <exception cref="InvalidOperationException">It has its final response.</exception>
    /// <exception cref="ArgumentException">The status, the reason or a header field cannot be
    /// so.</exception>
    public void Respond(
        int status = StatusCode.Ok,
        SipBody? body = null,
        string? reason = null,
        IReadOnlyList<KeyValuePair<string, string>>? headers = null
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 101);
        Request.CreateResponse(status, "t", reason);
        var content = AgentWords.Content(body, headers, isRefusal: status >= 300);

        if (status >= 200 && Interlocked.Exchange(ref _given, 1) != 0)
        {
            throw new InvalidOperationException("The request has its final response.");
        }

        _given2xx = status is >= 200 and < 300 ? body : _given2xx;
        _agent.Respond(_number, status, reason, content);
    }

    /// <summary>The application's handler threw: the sender must not wait for it.</summary>
    internal void Fail()
    {
        if (Interlocked.Exchange(ref _given, 1) == 0)
        {
            _agent.Respond(_number, 500, null, AgentWords.Content());
        }
    }

    internal void SetAnswered(SipResponse response)
    {
        var isChange = Request.Method == SipMethod.Invite || Request.Method == SipMethod.Update;

        if (response.IsSuccess && isChange && Call is not null)
        {
            Call.SetRemoteBody(Body);
            Call.SetLocalBody(_given2xx);
        }

        _withdrawn.Set(false);
    }

    internal void SetWithdrawn() => _withdrawn.Set(true);
}
