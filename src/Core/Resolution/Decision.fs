// What was decided about one message, a small value a decision; Explanation makes text of them.
// Adding one must cost next to nothing, so each holds what it was decided from, never a text.
namespace SipFun.Core

open SipFun

/// One decision. The order of cases is the order in which a delivery meets them.
type Decision =
    | TargetIsRoute of SipUri
    | TargetIsStrictRoute of SipUri
    | TargetIsRequestUri of SipUri
    | TargetIsVia of sentBy: string
    | DestinationGiven of Hop
    | DomainMapped of pattern: string * proxy: SipUri
    | DomainNotMapped of host: string
    | ProxyChosen of SipUri
    | NoProxy
    | TransportsAllowed of Transport list * why: string
    | HostIsNumeric of Address
    | HostIsLocalhost of host: string
    | MaddrReplaces of maddr: string
    | PortIsExplicit of int
    | TransportsSkipped of Transport list * why: string
    | FamilySkipped of Family * why: string
    | Asked of Question
    | Remembered of Question * left: int
    | StaleUsed of Question
    | Got of Question * DnsStatus * records: int * ttl: int
    /// A CNAME record, which is followed.
    | AliasIs of name: string * canonical: string
    | PointerTaken of order: int * preference: int * service: string * replacement: string
    | PointerSkipped of service: string * replacement: string * why: string
    | PointersEmpty
    | QuestionSkipped of Question
    /// The stage that would ask it has had its time.
    | QuestionTooLate of Question
    | ServiceDrawn of
        service: string *
        target: string *
        port: int *
        priority: int *
        weight: int *
        draw: int *
        total: int
    | ServiceSkipped of service: string * target: string * why: string
    | AddressSkipped of Address * why: string
    | CandidateIs of Hop
    | ResolutionFailed of ResolutionFailure
    | HopSetAside of Hop * MarkReason * detail: string * left: int
    | HopKept of Hop
    /// What the system said of a destination for which several legs suit.
    | SourceIs of destination: Address * source: Address voption
    | LegChosen of Leg * rule: string
    | LegRejected of Leg * why: string
    | PathMtuIs of bytes: int * largest: int * isLearnt: bool
    | SizeIs of bytes: int
    | LargeGoesOverTcp of bytes: int * limit: int
    | LargeGoesOverUdp of Hop
    | GoesOverFlow of Hop * isNew: bool
    | FirstSent of Hop
    | TooBigForPath of mtu: int
    | CopySent of copy: int
    | ResponseCame of status: int * from: Hop
    | HopFailed of Hop * TransportFault * detail: string
    | HopMarked of Hop * MarkReason * seconds: int
    | SentAnew of Hop
    | HopTimedOut of Hop
    | HopAnswered503 of Hop
    | AckSent
    /// To a target that was left, and still rings.
    | CancelSent of Hop
    | CancelHeld
    | CancelJoined of Number: int64
    | EndedWith of status: int * reason: string
    | EndedAs of outcome: string * why: string

/// A decision and when it was taken.
[<Struct>]
type Dated = { At: Instant; Decision: Decision }
