namespace SipFun;

/// <summary>How a call ended.</summary>
public enum CallEndKind
{
    /// <summary>This end hung up: its BYE was answered, or nobody was there to answer
    /// it.</summary>
    HungUp = 0,

    /// <summary>The other end hung up.</summary>
    HungUpByPeer = 1,

    /// <summary>A call made was cancelled before it was answered, here or by
    /// <see cref="CallOptions.AnswerWithin"/>. <see cref="CallEnd.Outcome"/> is there when nobody
    /// answered the CANCEL.</summary>
    Cancelled = 2,

    /// <summary>The caller took an incoming call back before it was answered.</summary>
    CancelledByPeer = 3,

    /// <summary>A call made was refused: 400 to 699.</summary>
    Rejected = 4,

    /// <summary>A call made was sent elsewhere (3xx), and not followed.</summary>
    Redirected = 5,

    /// <summary>An incoming call was refused here; by the agent itself when nobody answered
    /// it.</summary>
    Declined = 6,

    /// <summary>No final response came, no ACK to a 2xx of ours, or no response within the
    /// dialog.</summary>
    TimedOut = 7,

    /// <summary>No next hop was found, or every one failed.</summary>
    Unreachable = 8,

    /// <summary>The other end no longer knows the call (RFC 3261, 12.2.1.2: 408, 481).</summary>
    Lost = 9,

    /// <summary>Nobody refreshed the session (RFC 4028, 10).</summary>
    SessionExpired = 10,

    /// <summary>It was not taken on: as many calls are under way as
    /// <see cref="UserAgentOptions.MaxCalls"/> allows.</summary>
    Refused = 11,

    /// <summary>The agent or its dispatcher was disposed.</summary>
    Disposed = 12,

    /// <summary>The 2xx to a call made is none to its INVITE: another Call-ID, CSeq or From tag.
    /// There is no call that could be hung up.</summary>
    Unusable = 13,
}
