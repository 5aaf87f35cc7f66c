// How finding and reaching the next hop can fail, and the steps of finding it, named for callers
// and for the explanation.
namespace SipFun

/// The step of finding a next hop at which something was decided (RFC 3263, and what precedes it).
type ResolutionStage =
    /// The top Route, or the Request-URI (RFC 3261, 8.1.2 and 12.2.1.1).
    | Target = 0
    /// The dispatcher's map from domains to proxies.
    | DomainMap = 1
    /// The dispatcher's outgoing proxy.
    | OutgoingProxy = 2
    /// Which transport protocols come into question (RFC 3263, 4.1).
    | Transports = 3
    /// A numeric host or `maddr` (RFC 3263, 4.2).
    | NumericHost = 4
    /// SRV records (RFC 3263, 4.1 and 4.2; RFC 2782).
    | ServiceRecords = 5
    /// A and AAAA records (RFC 3263, 4.2).
    | AddressRecords = 6
    /// The local leg to send from.
    | Legs = 7
    /// NAPTR records (RFC 3263, 4.1).
    | PointerRecords = 8

/// Why no next hop was found.
type ResolutionFault =
    /// The URI's scheme is neither sip nor sips.
    | UnknownScheme = 0
    /// No transport protocol is left that the target, the options and the legs all allow.
    | NoTransport = 1
    /// No leg of the dispatcher can reach the address: none of its transport and address family.
    | NoLeg = 2
    /// The name does not exist.
    | NameNotFound = 3
    /// The name exists but has no address.
    | NoAddress = 4
    /// The DNS says that the service is not offered there (SRV target ".", RFC 2782).
    | ServiceAbsent = 5
    /// A DNS server failed or refused to answer.
    | DnsFailure = 6
    /// No answer within the limit.
    | TimedOut = 7
    /// The Route, or the Via, that says where to send is malformed or missing.
    | Unreadable = 8

/// Why a next hop was given up (RFC 3263, 4.3), or the message could not be handed to the network.
type TransportFault =
    /// The system would not send: no route, no permission, address not usable.
    | SendFailed = 0
    /// The peer's host refused (ICMP, reset).
    | ConnectionRefused = 1
    /// The message is larger than the transport can carry.
    | TooLarge = 2
    /// The leg was removed.
    | LegRemoved = 3
    /// The connection was closed or reset.
    | Closed = 4
    /// No connection within `LegOptions.ConnectTimeout`.
    | ConnectTimedOut = 5
    /// No TLS or WebSocket handshake within `LegOptions.HandshakeTimeout`.
    | HandshakeTimedOut = 6
    /// The peer failed the TLS or WebSocket handshake, or speaks another protocol.
    | HandshakeFailed = 7
    /// The peer's certificate does not bear the name, or nobody vouches for it (RFC 5922, 7).
    | CertificateRefused = 8
    /// The peer read nothing within `LegOptions.WriteTimeout`.
    | WriteTimedOut = 9
    /// As many packets wait for this connection as the limits allow.
    | QueueFull = 10
    /// As many connections are open as the limits allow, or the system has no more descriptors.
    | TooManyConnections = 11
    /// The peer's host or network cannot be reached, as the system or an ICMP message says.
    | HostUnreachable = 12

/// Why a target is set aside.
type MarkReason =
    /// No response at all until Timer B or F, or no connection or handshake in time.
    | TimedOut = 0
    /// The system, an ICMP message or the peer's host refused, or the connection was closed.
    | Unreachable = 1
    /// The TLS or WebSocket handshake failed, or the certificate does not bear the name.
    | HandshakeFailed = 2
    /// It answered 503 and said for how long (Retry-After; RFC 3261, 21.5.4).
    | Unavailable = 3

namespace SipFun.Core

open SipFun

/// Why a resolution ended without a hop: where, what, and the words that say what to do next.
type ResolutionFailure = { Stage: ResolutionStage; Fault: ResolutionFault; Detail: string }
