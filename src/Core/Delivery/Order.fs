// One message to deliver, with all that its sender wants of it.
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
    /// Of a response: the connection its request came by; 0: none (18.2.2).
    Flow: int64
    Retransmit: bool
    Transports: Transport list
    AnswerWithin: Duration voption
    /// When another target is left, one that says nothing is given up after this.
    TryNextAfter: Duration voption
    /// The caller wants to hear of the first copy.
    TellSent: bool
}

/// What is kept of an order once its message is on its way: everything but the message.
type Sender = {
    Number: int64
    Token: uint64
    Name: Name voption
    CallId: CallId
    MessageCallId: CallId
    Legs: int list
    Transports: Transport list
    Retransmit: bool
    TryNextAfter: Duration voption
    /// The first copy is still to be told of.
    TellSent: bool
}

module Sender =
    let ofOrder (order: Order) : Sender = {
        Number = order.Number
        Token = order.Token
        Name = order.Name
        CallId = order.CallId
        MessageCallId = order.Message.CallId
        Legs = order.Legs
        Transports = order.Transports
        Retransmit = order.Retransmit
        TryNextAfter = order.TryNextAfter
        TellSent = order.TellSent
    }
