namespace SipFun.Shell;

/// <summary>To whom a link reports. Any thread may call; nothing throws.</summary>
internal interface ILinkOwner
{
    /// <summary>
    /// The thread that is about to report several packets takes the turn, if it is free. With true
    /// it must call <see cref="End"/>, and <see cref="Received"/> meanwhile steps at once.
    /// </summary>
    bool TryBegin();

    void End();

    /// <summary>
    /// One packet came in. Outside a turn this waits until the packet was stepped, so that the
    /// queue in front of a busy dispatcher is the system's own, which drops when it is full.
    /// </summary>
    /// <param name="source">Where it came from.</param>
    /// <param name="packet">Its bytes; they are copied.</param>
    /// <param name="inTurn">The caller holds the turn.</param>
    void Received(in Core.Hop source, ReadOnlySpan<byte> packet, bool inTurn);

    void Transmitted(long number);

    void Failed(long number, in Core.Hop hop, TransportFault fault, string detail);

    /// <summary>Something came in that is no packet.</summary>
    void Dropped(Reason reason);

    /// <summary>The link failed to receive, and goes on.</summary>
    void ReceiveFailed(Exception exception);
}
