namespace SipFun;

/// <summary>Whether provisional responses are acknowledged by PRACK (RFC 3262).</summary>
public enum ReliableProvisionals
{
    /// <summary>100rel is neither offered nor used.</summary>
    Never = 0,

    /// <summary>100rel is offered, and used with a peer that has it.</summary>
    Offered = 1,

    /// <summary>Required of the peer: one that has it not refuses the call with 420.</summary>
    Required = 2,
}
