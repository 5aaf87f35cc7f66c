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

    /// <summary>An ICMP message that says how large packets may be on a path.</summary>
    IcmpTooBig,

    /// <summary>The peer ended a connection in good order.</summary>
    PeerClosed,

    /// <summary>A connection was reset, broke, or ended inside a message.</summary>
    StreamBroken,

    /// <summary>Nobody could say where the next message of a stream begins (RFC 3261,
    /// 18.3).</summary>
    FramingLost,

    /// <summary>A peer could not be connected to.</summary>
    ConnectFailed,

    /// <summary>No connection within <c>LegOptions.ConnectTimeout</c>.</summary>
    ConnectTooSlow,

    /// <summary>A peer failed the TLS or WebSocket handshake, or speaks something
    /// else.</summary>
    HandshakeFailed,

    /// <summary>No handshake within <c>LegOptions.HandshakeTimeout</c>.</summary>
    HandshakeTooSlow,

    /// <summary>A peer's certificate is not valid, or not the name's (RFC 5922).</summary>
    CertificateRefused,

    /// <summary>No whole header section within <c>LegOptions.HeaderTimeout</c>.</summary>
    HeaderTooSlow,

    /// <summary>A body came slower than <c>LegOptions.MinBodyRate</c>.</summary>
    BodyTooSlow,

    /// <summary>A peer read nothing within <c>LegOptions.WriteTimeout</c>.</summary>
    WriteTooSlow,

    /// <summary>More than <c>LegOptions.WriteQueue</c> waited for one connection.</summary>
    WriteQueueFull,

    /// <summary>A peer left our ping unanswered for 10 s (RFC 5626, 4.4.1).</summary>
    PongMissing,

    /// <summary>More connections than <c>LegOptions.MaxConnections</c>.</summary>
    ConnectionsFull,

    /// <summary>More than <c>LegOptions.MaxConnectionsPerSource</c> from one
    /// source.</summary>
    SourceFull,

    /// <summary>More than <c>LegOptions.MaxHandshakes</c> under way.</summary>
    HandshakesFull,

    /// <summary>A connection could not be accepted.</summary>
    AcceptFailed,

    /// <summary>The system has no more descriptors: accepting rests for a second.</summary>
    AcceptPaused,

    /// <summary>A request for a WebSocket that is no such request of HTTP/1.1, or broke
    /// off.</summary>
    UpgradeMalformed,

    /// <summary>A request for a WebSocket whose head is too long.</summary>
    UpgradeTooLarge,

    /// <summary>An HTTP request that is no GET.</summary>
    UpgradeMethod,

    /// <summary>An HTTP request that asks for no WebSocket.</summary>
    UpgradeMissing,

    /// <summary>A request for another version of WebSocket.</summary>
    UpgradeVersion,

    /// <summary>A request for a WebSocket without the subprotocol "sip" (RFC 7118,
    /// 4.1).</summary>
    UpgradeSubprotocol,

    /// <summary>A browser's request from a page that may not connect.</summary>
    UpgradeOrigin,

    /// <summary>A server would not, or cannot, open a WebSocket for SIP.</summary>
    UpgradeRefused,

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

    /// <summary>A call or a binding was still to be ended when the end of its user agent stopped
    /// waiting for it.</summary>
    CallAbandoned,

    /// <summary>A request was asked for credentials: it bore none that were offered.</summary>
    CredentialsAbsent,

    /// <summary>Credentials with a nonce that is too old, or was never issued to their
    /// sender.</summary>
    NonceStale,

    /// <summary>Credentials that were used before.</summary>
    NonceReplayed,

    /// <summary>Credentials of nobody, or with a wrong password.</summary>
    CredentialsWrong,

    /// <summary>Credentials for another Request-URI: answered 400.</summary>
    CredentialsMisplaced,

    /// <summary>A REGISTER was refused, for another reason than the three below.</summary>
    RegisterRefused,

    /// <summary>A REGISTER was answered 403: its address has as many bindings as it may.</summary>
    ContactsFull,

    /// <summary>A REGISTER was answered 503: the location store is full, or too many wait for
    /// it.</summary>
    LocationsFull,

    /// <summary>A location store, or who says who may register, threw: a REGISTER was answered
    /// 500.</summary>
    LocationStoreFailed,

    /// <summary>A method that is blocked.</summary>
    Blocked,

    /// <summary>A header field of a request fits a rule of a <see cref="Dropper"/>'s.</summary>
    DroppedByField,

    /// <summary>A request from a network that is not heard.</summary>
    DroppedBySource,

    /// <summary>A request of a source that sends too much.</summary>
    DroppedByRate,

    /// <summary>A recording could not keep up, or its stream threw: it ended.</summary>
    RecordingEnded,

    /// <summary>A logger of the user's threw.</summary>
    LogFailed,

    /// <summary>A resolver of the user's threw.</summary>
    ResolverFailed,

    /// <summary>A location service of the user's threw.</summary>
    LocationsFailed,

    /// <summary>More requests than <c>StatelessProxyOptions.MaxWaiting</c> wait for an
    /// answer.</summary>
    ProxyQueueFull,

    /// <summary>A step threw: a fault of ours.</summary>
    StepFailed,

    /// <summary>An effect threw: a fault of ours.</summary>
    EffectFailed,
}
