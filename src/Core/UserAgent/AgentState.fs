// What a user agent remembers: calls, requests on both ways that are not answered yet, and
// bindings. Every row is somebody's and goes with him (law D7).
namespace SipFun.Core

open SipFun

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
    From: NameAddr
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

/// What the bindings at one registrar have in common: their REGISTERs are counted together (10.2).
type RegisterSeries = {
    CallId: CallId
    /// Of the last REGISTER there.
    CSeq: uint32
    Bindings: int
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
    /// By Request-URI.
    Registrars: Map<string, RegisterSeries>
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
        Registrars = Map.empty
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

    /// Under which the registrar of a binding is found.
    let registrarOf (order: RegisterOrder) = order.Party.Target.ToString()

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
        && state.Registrars.IsEmpty
