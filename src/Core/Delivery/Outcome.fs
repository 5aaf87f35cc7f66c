// How a delivery ended. Every delivery accepted ends in exactly one of these, once (law D1).
namespace SipFun

/// What a receiver says of a message it was offered.
type Receipt =
    /// Not mine: ask the next, else the dispatcher answers by itself.
    | Pass = 0
    /// Mine: a server transaction is kept, repeated requests are absorbed and get the last response.
    | Handled = 1
    /// Mine, without state: every copy comes again, and nothing is kept.
    | Stateless = 2

/// Why a delivery was not taken on at all.
type RefusalReason =
    /// A delivery with this id is still under way.
    | DuplicateId = 0
    /// A CANCEL for which no INVITE is under way (RFC 3261, 9.1).
    | NothingToCancel = 1
    /// As many deliveries are under way as `Limits` allows.
    | TooMany = 2
    /// The leg asked for is not, or no longer, part of the dispatcher.
    | UnknownLeg = 3
    /// The message is larger than any leg can send.
    | TooLarge = 4
    /// The INVITE answered here has already had its final response.
    | AlreadyAnswered = 5
    /// RFC 4320 forbids this response to a request other than INVITE: 408, a provisional other than
    /// 100, or over UDP a 100 before the requester's copies are T2 apart (3.5 s).
    | ForbiddenResponse = 6
    /// The dispatcher drains: it takes on nothing new outside of dialogs.
    | Draining = 7

namespace SipFun.Core

open SipFun

type Outcome =
    | Answered of SipResponse
    | Sent
    | TimedOut
    | Unresolved of ResolutionFailure
    | Unreachable of Hop * TransportFault * detail: string
    | Cancelled
    | Refused of RefusalReason
    | Disposed
