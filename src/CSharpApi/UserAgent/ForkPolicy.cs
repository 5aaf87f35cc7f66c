namespace SipFun;

/// <summary>What becomes of the further answers when a proxy forked an INVITE (RFC 3261,
/// 13.2.2.4).</summary>
public enum ForkPolicy
{
    /// <summary>The first 2xx is the call; every further one gets its ACK and a BYE.</summary>
    FirstWins = 0,

    /// <summary>Every 2xx is a call of its own: <see cref="Call.OnForked"/>.</summary>
    All = 1,
}
