namespace SipFun.Shell;

/// <summary>To whom a link reports. Any thread may call; nothing throws.</summary>
internal interface ILinkOwner
{
    /// <summary>
    /// The thread that is about to report several packets takes the turn, if it is free. With true
    /// it must call <see cref="End"/>, and <c>Received</c> meanwhile steps at once.
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

    /// <summary>One message came in over a stream, framed and parsed. Waits as
    /// <see cref="Received(in Core.Hop, ReadOnlySpan{byte}, bool)"/> does outside a turn.</summary>
    /// <param name="source">Where it came from, with the connection's number.</param>
    /// <param name="message">The message; its bytes are its own.</param>
    void Received(in Core.Hop source, SipMessage message);

    /// <summary>Bytes of a stream that are no message.</summary>
    /// <param name="source">Where they came from.</param>
    /// <param name="octets">What is to be shown of them; may be empty.</param>
    /// <param name="error">What is wrong with them.</param>
    void Malformed(in Core.Hop source, ReadOnlyMemory<byte> octets, ParseError error);

    /// <summary>A fresh number for a connection about to be accepted.</summary>
    long NextFlow();

    /// <summary>A connection was accepted and its handshakes are done; called before anything is
    /// received over it.</summary>
    /// <param name="source">The peer, with the connection's number.</param>
    /// <param name="names">What its verified certificate says it is; empty without one.</param>
    void Accepted(in Core.Hop source, IReadOnlyList<string> names);

    /// <summary>A connection asked for is there, its handshakes done.</summary>
    void Connected(long flow);

    /// <summary>A connection ended, or never came to be. The last word about it.</summary>
    void Closed(long flow, TransportFault fault, string detail);

    /// <summary>Nothing went over it for the leg's idle time. May be said again and again.</summary>
    void Idle(long flow);

    /// <summary>It is older than the leg's lifetime. May be said again and again.</summary>
    void Expired(long flow);

    void Transmitted(long number);

    void Failed(long number, in Core.Hop hop, TransportFault fault, string detail);

    /// <summary>A datagram came back: the network says that it cannot get there (RFC 3261,
    /// 18.4).</summary>
    /// <param name="packet">What the network quotes of it: its beginning.</param>
    /// <param name="fault">Why.</param>
    /// <param name="detail">In words.</param>
    void Bounced(ReadOnlySpan<byte> packet, TransportFault fault, string detail);

    /// <summary>A datagram came back: too big for its path.</summary>
    /// <param name="packet">What the network quotes of it: its beginning.</param>
    /// <param name="mtu">The largest packet, in bytes, that the path takes.</param>
    void TooBig(ReadOnlySpan<byte> packet, int mtu);

    /// <summary>Something came in that is no packet.</summary>
    void Dropped(Reason reason);

    /// <summary>A connection was refused or ended by us or the peer: counted and logged, once.
    /// </summary>
    /// <param name="peer">The other end.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">In words; may hold what the peer said.</param>
    void Ended(in Core.Hop peer, Reason reason, string detail);

    /// <summary>The link failed to receive, and goes on.</summary>
    void ReceiveFailed(Exception exception);
}
