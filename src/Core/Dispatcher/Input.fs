// All that can happen to a dispatcher. Orders are imperatives, news are past participles.
// Whatever the core may not draw itself (numbers, random bits) comes with the input.
namespace SipFun.Core

open System
open SipFun

/// The user's name for a delivery: a text of one's own, or the number drawn for it.
[<Struct; CustomEquality; NoComparison>]
type Name = {
    Number: int64
    Text: string | null
} with

    member this.Equals(other: Name) =
        this.Number = other.Number && String.Equals(this.Text, other.Text, StringComparison.Ordinal)

    override this.Equals(other: obj | null) =
        match other with
        | :? Name as name -> this.Equals name
        | _ -> false

    override this.GetHashCode() = HashCode.Combine(this.Number, this.Text)

    interface IEquatable<Name> with
        member this.Equals(other) = this.Equals other

/// One message to deliver.
type Order = {
    /// Fresh and rising: it names the delivery in every effect, and our branch carries it.
    Number: int64
    /// 64 unguessable bits for the branch.
    Token: uint64
    Message: SipMessage
    /// What the caller calls it, when it is not simply its number.
    Name: Name voption
    /// Under which it can be cancelled.
    CallId: CallId
    /// Only these legs; empty: any. A leg of the facade bound to all addresses is several here.
    Legs: int list
    Destination: Hop voption
    Retransmit: bool
    Transports: Transport list
    AnswerWithin: Duration voption
    /// The caller wants to hear of the first copy.
    TellSent: bool
}

/// Which deliveries to cancel.
type Which =
    | ByNumber of int64
    | ByName of Name
    | ByCallId of CallId

/// What the dispatcher must know of whoever receives.
type Receiver = {
    /// The methods somebody takes: what 405's Allow says.
    Allow: SipMethod list
    /// Somebody forwards statelessly and wants responses that match no transaction.
    ForwardsResponses: bool
}

type Input =
    | Deliver of Order
    | CancelDelivery of Which
    | AddLeg of Leg
    | RemoveLeg of leg: int
    | SetReceiver of Receiver voption
    | ResolveUri of number: int64 * SipUri * Wishes
    | AddTimer of number: int64 * due: Instant * repeat: Duration voption
    | CancelTimer of number: int64
    | Close
    /// A message came in: `number` is fresh, as an order's is.
    | Received of number: int64 * leg: int * source: Hop * SipMessage
    | Receipted of number: int64 * Receipt
    /// The receivers' queue is full: what was passed up came back unread.
    | Overflowed of number: int64
    | Answered of Question * Answer
    | Transmitted of number: int64
    | Failed of number: int64 * Hop * TransportFault * detail: string
    | Tick
