namespace SipFun.Shell;

/// <summary>
/// A link of a connection-oriented transport. It knows its connections by number: those it accepts
/// get one from <see cref="ILinkOwner.NextFlow"/>, those it is asked to open bring theirs in
/// <see cref="Core.Hop.Flow"/>. Limits of bytes and time within one connection are its own.
/// </summary>
internal interface IFlowLink : ILink
{
    /// <summary>
    /// Begins to open a connection. Neither waits nor throws. It is answered by exactly one
    /// <see cref="ILinkOwner.Connected"/> or <see cref="ILinkOwner.Closed"/>.
    /// </summary>
    void Connect(in Core.Hop hop);

    /// <summary>Closes a connection nobody uses, after what was given to it was written. No word
    /// of it comes back.</summary>
    void Disconnect(long flow);
}
