// All that a dispatcher has under way and remembers, without what is derived from it (indexes, counts): what a
// snapshot is made of.
namespace SipFun.Core

open SipFun

/// What the dispatcher must know of whoever receives.
type Receiver = {
    /// The methods somebody takes: what 405's Allow says.
    Allow: SipMethod list
    /// Somebody forwards statelessly and wants responses that match no transaction.
    ForwardsResponses: bool
    /// All of them answer in the turn and forward statelessly, or pass: a request opens no transaction.
    KeepsNothing: bool
}

/// A state in its parts.
type Frozen = {
    At: Instant
    Legs: Leg list
    Receiver: Receiver voption
    Entries: (int64 * Waiting<Entry>) list
    Inquiries: Inquiries
    Cache: Cache
    Sources: Sources
    Marks: Marks
    PathMtus: PathMtus
    Sticky: Sticky
    Flows: Flow list
    Dialled: int64
    IsDraining: bool
}
