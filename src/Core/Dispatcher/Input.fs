// All that can happen to a dispatcher. Orders are imperatives, news are past participles.
// Whatever the core may not draw itself (numbers, random bits) comes with the input.
namespace SipFun.Core

open System
open SipFun

/// Which deliveries to cancel.
type Which =
    | ByNumber of int64
    | ByName of Name
    | ByCallId of CallId

type Input =
    | Deliver of Order
    | CancelDelivery of Which
    | AddLeg of Leg
    | RemoveLeg of leg: int
    | SetReceiver of Receiver voption
    | ResolveUri of number: int64 * SipUri * Wishes
    /// The same for a request that a proxy passes on: to a Route of it, or to its Request-URI.
    | Locate of number: int64 * SipUri * hasRoute: bool * isSecure: bool * Wishes
    /// A packet of no delivery, which leaves no trace (RFC 3261, 16.11).
    | Relay of leg: int * Hop * packet: ReadOnlyMemory<byte>
    /// Nothing is set aside any more: this hop, or all.
    | ClearMarks of Hop voption
    | AddTimer of number: int64 * due: Instant * repeat: Duration voption
    | CancelTimer of number: int64
    | Close
    /// From now on no request begins anything new here: 503, but within dialogs.
    | Drain
    /// What another dispatcher had under way when it was written down goes on here, on the legs there
    /// are: its connections and its callers are gone.
    | TakeUp of Frozen
    /// A peer's connection was accepted, handshakes done; the source bears its number, which is
    /// fresh, and whose certificate names these are.
    | FlowAccepted of leg: int * source: Hop * names: string list
    /// The connection that `Connect` asked for is there.
    | FlowOpened of flow: int64
    /// A connection ended, or never came to be.
    | FlowClosed of flow: int64 * TransportFault * detail: string
    /// Nothing went over this connection for as long as its leg allows.
    | FlowIdle of flow: int64
    /// This connection is as old as its leg allows.
    | FlowExpired of flow: int64
    /// A message came in: `number` is fresh, as an order's is.
    | Received of number: int64 * leg: int * source: Hop * SipMessage
    /// What came in is no message; which status answers it, should it be a request.
    | Unparsed of leg: int * source: Hop * packet: ReadOnlyMemory<byte> * status: int
    | Receipted of number: int64 * Receipt
    /// What was passed up with number 0, no ACK, is nobody's: from receivers that keep nothing. The
    /// number is fresh.
    | Unclaimed of number: int64 * leg: int * source: Hop * SipRequest
    /// The receivers' queue is full: what was passed up came back unread.
    | Overflowed of number: int64
    | Answered of Question * Answer
    /// From which address the system would send to this destination; none: it has no way there.
    | SourceChosen of destination: Address * source: Address voption
    | Transmitted of number: int64
    | Failed of number: int64 * Hop * TransportFault * detail: string
    /// An ICMP message came back for the datagram with this branch of ours.
    | Bounced of branch: string * TransportFault * detail: string
    /// An ICMP message came back for the datagram with this branch of ours: the path takes packets
    /// of this many bytes only.
    | PathMtuLearnt of branch: string * mtu: int
    | Tick
