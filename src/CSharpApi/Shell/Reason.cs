namespace SipFun.Shell;

/// <summary>What the shell itself dropped, or saw go wrong. The core's reasons are
/// Core.Counted.</summary>
internal enum Reason
{
    /// <summary>A datagram without a byte.</summary>
    EmptyDatagram,

    /// <summary>Only line ends or NULs (RFC 5626, 3.5.1).</summary>
    KeepAlive,

    /// <summary>Longer than <c>Limits.DatagramBytes</c>, or cut off by the system.</summary>
    OversizedDatagram,

    /// <summary>The socket reported an error instead of a datagram.</summary>
    ReceiveFailed,

    /// <summary>The system would not send.</summary>
    SendFailed,

    /// <summary>An ICMP message: a request of ours cannot get where it was sent.</summary>
    IcmpUnreachable,

    /// <summary>An ICMP message that ends nothing: time exceeded, too big for the path, about a
    /// response, or without enough of the datagram to know which.</summary>
    IcmpIgnored,

    /// <summary>A receiver of the user's threw; a request was answered 500.</summary>
    ReceiverFailed,

    /// <summary>A callback of the user's threw.</summary>
    CallbackFailed,

    /// <summary>A callback of the user's is too slow: responses or packets were not told.</summary>
    CallbackQueueFull,

    /// <summary>More messages than <c>Limits.ReceiveQueue</c> wait for the receivers.</summary>
    ReceiveQueueFull,

    /// <summary>A response after the end of its delivery, to which nobody listens.</summary>
    UnheardResponse,

    /// <summary>Code of the user's still ran when dispose stopped waiting for it.</summary>
    CallbackAbandoned,

    /// <summary>A logger of the user's threw.</summary>
    LogFailed,

    /// <summary>A resolver of the user's threw.</summary>
    ResolverFailed,

    /// <summary>A step threw: a fault of ours.</summary>
    StepFailed,

    /// <summary>An effect threw: a fault of ours.</summary>
    EffectFailed,
}
