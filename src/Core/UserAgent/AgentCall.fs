// A call as a user agent remembers it: its dialogs, the phase it is in, and what is under way in it
// (RFC 3261, 12 to 15; RFC 3262; RFC 4028).
namespace SipFun.Core

open SipFun

/// The challenges seen, by realm; what DigestLogins keeps.
type Realms = Map<struct (bool * string), KnownRealm>

/// What reliable provisional responses to an INVITE of ours said, in one dialog (RFC 3262).
type InviteProgress = {
    /// RSeq of the last one (4).
    RSeq: uint32 voption
    /// One held an answer, or an offer that was answered in its PRACK (5).
    IsSettled: bool
}

module InviteProgress =
    let none = { RSeq = ValueNone; IsSettled = false }

/// One dialog of a call.
type Side = {
    Dialog: Dialog
    /// Of the call's own INVITE.
    Progress: InviteProgress
}

/// A call made, not answered yet.
type Calling = {
    Order: InviteOrder
    /// Its INVITE's number.
    Sending: int64
    IsCancelled: bool
    /// The targets of 3xx responses, still to be tried, best first.
    Targets: SipUri list
    Tried: SipUri list
    /// What 422 asked for, at least, and how often.
    Least: Duration
    Raises: int
    /// When it is cancelled; `Queue.never`.
    CancelAt: Instant
}

/// A reliable provisional response that waits for its PRACK (RFC 3262, 3).
type Unacknowledged = { Response: SipResponse; RSeq: uint32; Schedule: Schedule }

/// An incoming call, not answered yet.
type Ringing = {
    Arrival: Arrival
    Invite: SipRequest
    /// Of all responses to the INVITE.
    Tag: string
    /// The last provisional status, given again each minute (13.3.1.1); 183 when there was none.
    Last: int
    RepeatAt: Instant
    GiveUpAt: Instant
    /// Its caller gave it until then (Expires, 13.3.1); `Queue.never`.
    ExpireAt: Instant
    /// RSeq of the next reliable provisional response.
    NextRSeq: uint32
    Open: Unacknowledged voption
    /// A reliable provisional response answered the INVITE's offer, or its own offer was answered in
    /// the PRACK (RFC 3262, 5).
    IsSettled: bool
    /// Answers that wait for the PRACK, first come first.
    Held: AgentAnswer list
}

/// The session's timer (RFC 4028, 7.2 and 9).
type Session = {
    Interval: Duration
    IsRefresher: bool
    /// Half of the interval after the last refresh, at the refresher; `Queue.never` at the other.
    RefreshAt: Instant
    /// When this end hangs up.
    ExpireAt: Instant
}

/// An answered call.
type Established = {
    /// The reply that waits for its ACK, 2xx to an INVITE: no BYE goes before it came (15); 0:
    /// none.
    AwaitsAck: int64
    /// The CSeq of the ACK that the application has not heard of.
    AckDue: uint32 voption
    /// The reliable provisional response whose PRACK had not come before the 2xx (RFC 3262, 3).
    PrackDue: Unacknowledged voption
    /// Our 2xx made an offer, and its answer comes in the ACK (13.3.1.4).
    OfferOpen: bool
    /// The call ends as soon as the ACK came.
    HangUp: Content voption
    Session: Session voption
    /// No session interval is shorter: ours, or what a 422 asked for (RFC 4028, 7.4).
    Least: Duration
    /// What was last said of the session here, to be said again in a refreshing re-INVITE.
    Description: Content
}

[<RequireQualifiedAccess>]
type CallPhase =
    | Calling of Calling
    | Ringing of Ringing
    | Established of Established
    /// The BYE is on its way.
    | Leaving
    /// An incoming call that was refused before this PRACK came, which is still answered for a while
    /// (RFC 3262, 3).
    | Declined of Unacknowledged * until: Instant

/// The INVITE or UPDATE of this end within a call: one at a time (14.1).
type Change = {
    /// None: a refresh of the agent's own.
    Exchange: int64 voption
    Method: SipMethod
    Content: Content
    /// Its request under way; 0: it waits.
    Sending: int64
    /// The application waits no longer: it is not sent again.
    IsAbandoned: bool
    /// Of its INVITE under way.
    Progress: InviteProgress
    /// How often it was answered 491.
    Glares: int
    /// How often it was answered 422.
    Raises: int
    /// When it is sent again after 491; `Queue.never` while it is under way.
    At: Instant
}

/// A call, from its INVITE until nothing of it is under way.
type Call = {
    Number: int64
    CallId: CallId
    /// The application hears no more of it: it was told its end, or is a forked 2xx that lost.
    IsSilent: bool
    /// This end made the Call-ID (14.1).
    IsOwner: bool
    Contact: NameAddr
    /// Where requests go when the other end's Contact leads nowhere (RFC 7118, 5).
    Peer: Hop voption
    Logins: Login list
    Realms: Realms
    /// By the other end's tag; one when the call is answered.
    Sides: Map<string, Side>
    /// Branch and sent-by of the INVITE that came in: what a CANCEL must have (9.2); "" for a call
    /// made.
    InviteKey: string
    /// The tag of the side last heard of; "": there is none.
    Latest: string
    /// The other end allows UPDATE (RFC 3311, 4).
    HasUpdate: bool
    Ours: Change voption
    /// The INVITE or UPDATE of the other end that the application has not answered; 0: none.
    Theirs: int64
    /// Requests of the other end that the application has not answered.
    Asked: Set<int64>
    Phase: CallPhase
}
