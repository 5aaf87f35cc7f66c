using SipFun.Shell;

namespace SipFun;

/// <summary>
/// A call that comes in and waits for an answer (RFC 3261, 13.3). Answer it here, now or later; one
/// that nobody answers is refused with 480 after <see cref="UserAgentOptions.RingFor"/>. After its
/// end every answer is without effect.
/// </summary>
public sealed class Invitation
{
    private readonly UserAgent _agent;
    private readonly Promise<bool> _cancelled;
    private int _given;

    internal Invitation(UserAgent agent, Call call, SipRequest request, Hop source)
    {
        (_agent, Call, Request, Source) = (agent, call, request, source);
        _cancelled = new Promise<bool>(agent.Dispatcher.Engine.Platform);
    }

    /// <summary>The INVITE.</summary>
    public SipRequest Request { get; }

    /// <summary>Where it came from, whatever it says of itself.</summary>
    public Hop Source { get; }

    /// <summary>Who calls.</summary>
    public NameAddr From => Request.From;

    /// <summary>Usually an offer; null: the caller waits for ours.</summary>
    public SipBody? Body => SipBody.Of(Request);

    /// <summary>The call that it begins, from now to its end.</summary>
    public Call Call { get; }

    /// <summary>True when the caller took the call back; false when it was answered, or ended
    /// otherwise. Completes exactly once.</summary>
    public Task<bool> Cancelled => _cancelled.Task;

    /// <summary>180: the user is alerted. As <see cref="Progress"/> without a body.</summary>
    public void Ring() => Progress(null, StatusCode.Ringing);

    /// <summary>A provisional response, repeated each minute (13.3.1.1); with PRACK where the caller
    /// has it. To an INVITE without an offer the first with PRACK makes it (RFC 3262, 5): one without
    /// a body goes without PRACK, and is not sent to a caller that requires PRACK.</summary>
    /// <param name="body">Usually an early answer; null: none.</param>
    /// <param name="status">101 to 199; default 183.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is none of these.</exception>
    /// <exception cref="ArgumentException">The body's type is none.</exception>
    public void Progress(SipBody? body, int status = StatusCode.SessionProgress)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 101);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 199);
        Respond(status, null, AgentWords.Content(body));
    }

    /// <summary>200: the call is answered. The 2xx is repeated until its ACK comes
    /// (13.3.1.4).</summary>
    /// <param name="body">The answer, or the offer when the INVITE had none; null: none.</param>
    /// <param name="headers">Further header fields; default: none.</param>
    /// <returns>The call; over already if it was taken back meanwhile.</returns>
    /// <exception cref="ArgumentException">A header field or the body's type cannot be so; the call
    /// rings on.</exception>
    /// <exception cref="InvalidOperationException">It was answered before.</exception>
    public Call Accept(
        SipBody? body = null,
        IReadOnlyList<KeyValuePair<string, string>>? headers = null
    )
    {
        var content = AgentWords.Content(body, headers);
        ThrowIfGiven();
        Call.SetLocalBody(body);
        Respond(StatusCode.Ok, null, content);
        return Call;
    }

    /// <summary>Refuses the call.</summary>
    /// <param name="status">300 to 699; default 486, busy.</param>
    /// <param name="reason">Default: the reason phrase of RFC 3261, 21.</param>
    /// <param name="headers">Further header fields; default: none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is none of these.</exception>
    /// <exception cref="ArgumentException">The reason or a header field cannot be so; the call rings
    /// on.</exception>
    /// <exception cref="InvalidOperationException">It was answered before.</exception>
    public void Reject(
        int status = StatusCode.BusyHere,
        string? reason = null,
        IReadOnlyList<KeyValuePair<string, string>>? headers = null
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 300);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 699);
        Request.CreateResponse(status, "t", reason);
        var content = AgentWords.Content(null, headers, isRefusal: true);
        ThrowIfGiven();
        Respond(status, reason, content);
    }

    /// <summary>302: the user is elsewhere (RFC 3261, 8.3).</summary>
    /// <param name="contacts">Where, the best first; a <c>q</c> of theirs says it to the
    /// caller.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    /// <exception cref="InvalidOperationException">It was answered before.</exception>
    public void Redirect(params IReadOnlyList<NameAddr> contacts)
    {
        ArgumentNullException.ThrowIfNull(contacts);

        if (contacts.Count == 0)
        {
            throw new ArgumentException("Say where to, or Reject the call.", nameof(contacts));
        }

        Reject(
            StatusCode.MovedTemporarily,
            null,
            [.. contacts.Select(one => KeyValuePair.Create("Contact", one.ToString()))]
        );
    }

    /// <summary>The application's handler threw: the caller must not wait for it.</summary>
    internal void Fail()
    {
        if (Interlocked.Exchange(ref _given, 1) == 0)
        {
            Respond(500, null, AgentWords.Content());
        }
    }

    internal void SetAccepted(SipResponse response)
    {
        Call.SetAnswered(response);
        _cancelled.Set(false);
    }

    internal void SetEnded(bool isWithdrawn) => _cancelled.Set(isWithdrawn);

    private void ThrowIfGiven()
    {
        if (Interlocked.Exchange(ref _given, 1) != 0)
        {
            throw new InvalidOperationException("The invitation was answered before.");
        }
    }

    private void Respond(int status, string? reason, Core.Content content) =>
        _agent.Respond(Call.Number, status, reason, content);
}
