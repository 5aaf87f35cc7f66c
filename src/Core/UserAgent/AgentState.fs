// What a user agent remembers: calls with their dialogs, requests on both ways that are not answered yet, and
// bindings. Every row is somebody's and goes with him (law D7).
namespace SipFun.Core

open SipFun

/// The challenges seen, by realm; what DigestLogins keeps.
type Realms = Map<struct (bool * string), KnownRealm>

/// What a request that was sent is for.
[<RequireQualifiedAccess>]
type Purpose =
    /// The INVITE of a call made.
    | Inviting of call: int64
    /// The application asked for it.
    | Asking of exchange: int64
    /// Keeps the session alive (RFC 4028).
    | Refreshing of call: int64
    /// The PRACK to a provisional response.
    | Acknowledging of call: int64
    /// The BYE.
    | Leaving of call: int64
    | Registering of registration: int64

/// One dialog of a call.
type Side = {
    Dialog: Dialog
    /// RSeq of the last reliable provisional response in it (RFC 3262, 4).
    RSeq: uint32 voption
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
    /// The reply that waits for its ACK, 2xx to an INVITE: no BYE goes before it came (15); 0: none.
    AwaitsAck: int64
    /// The CSeq of the ACK that the application has not heard of.
    AckDue: uint32 voption
    /// Our 2xx made an offer, and its answer comes in the ACK (13.3.1.4).
    OfferOpen: bool
    /// The call ends as soon as the ACK came.
    HangUp: Content voption
    Session: Session voption
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

/// The INVITE or UPDATE of this end within a call: one at a time (14.1).
type Change = {
    /// None: a refresh of the agent's own.
    Exchange: int64 voption
    Method: SipMethod
    Content: Content
    /// How often it was answered 491.
    Glares: int
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
    /// Branch and sent-by of the INVITE that came in: what a CANCEL must have (9.2); "" for a call made.
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

/// A request on its way, until the dispatcher forgets it.
type SentRequest = {
    Request: SipRequest
    NextHop: Hop voption
    Purpose: Purpose
    /// How often it bore credentials that a challenge asked for.
    Tries: int
    /// Its final response came, or what became of it.
    IsFinal: bool
    /// Of an INVITE: the ACK by To tag, sent again with each repeat of the 2xx (13.2.2.4).
    Acks: Map<string, SipRequest>
    /// Of a call's INVITE: the call as it began, for answers that come after it is over.
    Origin: struct (Call * InviteOrder) voption
}

/// A request for the application, which has not answered it.
type Asked = {
    Arrival: Arrival
    Request: SipRequest
    Call: int64 voption
    AnswerBy: Instant
}

/// A request of the application.
type Exchange = {
    Call: int64 voption
    Logins: Login list
    Realms: Realms
    /// Its request under way; 0: it waits (14.1).
    Sending: int64
}

/// A binding (10.2).
type Registration = {
    Order: RegisterOrder
    CallId: CallId
    From: NameAddr
    CSeq: uint32
    Realms: Realms
    /// What is asked for: more than ordered after a 423.
    Expires: Duration
    /// The REGISTER under way; 0: none.
    Sending: int64
    /// It takes the binding back.
    IsRemoving: bool
    WasBound: bool
    /// How often 423 asked for more since the last success.
    Raises: int
    /// Tries that failed since the last success.
    Missed: int
    /// The next REGISTER; `Queue.never` while one is under way.
    At: Instant
}

type AgentEntry =
    | CallEntry of Call
    | AskedEntry of Asked
    | ExchangeEntry of Exchange
    | RegistrationEntry of Registration

/// How many there are of each.
type AgentCounts = { Calls: int; Asked: int; Exchanges: int; Registrations: int }

type AgentState = {
    Now: Instant
    /// How often something unguessable was made.
    Drawn: uint64
    /// The last number that the agent gave.
    Last: int64
    Entries: Queue<AgentEntry>
    Sendings: Trie<SentRequest>
    /// 2xx to INVITE that wait for the ACK, and their calls.
    Replies: Trie<int64>
    /// The calls with this Call-ID.
    ByCallId: Map<string, Set<int64>>
    Counts: AgentCounts
    IsClosed: bool
}

module AgentState =
    let empty = {
        Now = 0L<ms>
        Drawn = 0UL
        Last = 0L
        Entries = Queue.empty
        Sendings = Trie.empty
        Replies = Trie.empty
        ByCallId = Map.empty
        Counts = { Calls = 0; Asked = 0; Exchanges = 0; Registrations = 0 }
        IsClosed = false
    }

    let tryFind number (state: AgentState) : AgentEntry voption =
        match Queue.tryFind number state.Entries with
        | ValueSome waiting -> ValueSome waiting.Value
        | ValueNone -> ValueNone

    let tryCall number state =
        match tryFind number state with
        | ValueSome(CallEntry call) -> ValueSome call
        | _ -> ValueNone

    let tryExchange number state =
        match tryFind number state with
        | ValueSome(ExchangeEntry exchange) -> ValueSome exchange
        | _ -> ValueNone

    let trySending (number: int64) (state: AgentState) : SentRequest voption =
        Trie.tryFind (uint64 number) state.Sendings

    /// The calls with this Call-ID.
    let callsOf (callId: CallId) (state: AgentState) = [
        for number in Map.tryFind callId.Value state.ByCallId |> Option.defaultValue Set.empty do
            match tryCall number state with
            | ValueSome call -> call
            | ValueNone -> ()
    ]

    /// Nothing is under way and nothing remembered.
    let isIdle (state: AgentState) =
        Queue.size state.Entries = 0
        && Trie.isEmpty state.Sendings
        && Trie.isEmpty state.Replies
        && state.ByCallId.IsEmpty
