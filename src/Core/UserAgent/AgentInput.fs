// All that can happen to a user agent. Orders are imperatives, news are past participles. Numbers
// of calls, exchanges, registrations and received messages are the shell's: positive, fresh, and
// drawn from one counter, so that no two are equal. Numbers of sendings and replies are the
// agent's.
namespace SipFun.Core

open System
open SipFun

/// What the application puts into a message. Fields that the agent itself writes (Via, From, To,
/// Call-ID, CSeq, Content-Type, Content-Length) are left out.
type Content = {
    Headers: (string * string) list
    /// Null: no body.
    ContentType: string | null
    Body: ReadOnlyMemory<byte>
}

module Content =
    let none = { Headers = []; ContentType = null; Body = ReadOnlyMemory.Empty }

/// A response of the application's.
type AgentAnswer = {
    /// 101 to 699.
    Status: int
    /// Null: the usual phrase.
    Reason: string | null
    Content: Content
}

/// What becomes of the 2xx of other branches, when an INVITE was forked (13.2.2.4).
type ForkPolicy =
    /// The first is the call; others get ACK and BYE.
    | FirstWins = 0
    /// Each is a call of its own: `Forked`.
    | All = 1

/// Who sends, by which way. What all requests outside dialogs have in common (8.1.1).
type Party = {
    /// The Request-URI.
    Target: SipUri
    /// Without tag: the agent gives it.
    From: NameAddr
    To: NameAddr
    /// Under which this end is reached.
    Contact: NameAddr
    /// Route, from the next hop on; usually empty.
    Routes: NameAddr list
    /// Sent there, without asking the DNS; within a dialog only when the peer's Contact leads
    /// nowhere.
    NextHop: Hop voption
    /// For 401 and 407. One without a realm is for the target itself, not for where it redirects.
    Logins: Login list
}

type InviteOrder = {
    Party: Party
    Content: Content
    /// Of the ACK, when the offer comes in the 2xx (13.2.2.4).
    Acknowledgement: Content
    /// How many targets of 3xx responses are tried at most; 0: a 3xx is the end (8.1.3.4).
    Redirects: int
    Forks: ForkPolicy
    /// A call not answered in this time is cancelled.
    RingFor: Duration voption
    Reliability: Reliability
    /// The session interval asked for (RFC 4028).
    Session: Duration voption
}

/// A request outside dialogs.
type RequestOrder = { Method: SipMethod; Party: Party; Content: Content }

type RegisterOrder = {
    /// The target is the registrar's URI; From and To are the address of record.
    Party: Party
    Content: Content
    /// How long a binding is asked for.
    Expires: Duration
}

/// A message that the dispatcher passes up.
type Arrival = {
    /// 0 for an ACK, which nothing waits for; else fresh, and the number of the call if it begins
    /// one.
    Number: int64
    Leg: int
    Source: Hop
    /// Under which this end is reached by that leg.
    Contact: NameAddr
    Message: SipMessage
}

[<RequireQualifiedAccess>]
type AgentInput =
    /// Call somebody.
    | Invite of call: int64 * InviteOrder
    /// End a call, in whatever state: BYE, CANCEL before the answer, or 603 to one that comes in.
    /// A 2xx that crosses the CANCEL gets ACK and BYE. What cannot be in a message is not said.
    | HangUp of call: int64 * Content
    /// Send a request outside dialogs: OPTIONS, MESSAGE, ... Not INVITE, ACK, CANCEL, BYE, PRACK.
    | Request of exchange: int64 * RequestOrder
    /// Send a request within a call: INVITE again, UPDATE, INFO, MESSAGE, REFER, NOTIFY, OPTIONS,
    /// ...
    | RequestWithin of exchange: int64 * call: int64 * SipMethod * Content
    /// Wait no longer for a request's response.
    | Abandon of exchange: int64
    /// Bind a contact, and keep it bound.
    | Register of registration: int64 * RegisterOrder
    | Unregister of registration: int64
    /// Answer `Invited` (by the call's number) or `Requested`: 1xx, then one final response. A final
    /// one that cannot be in a message is a 500 instead.
    | Respond of received: int64 * AgentAnswer
    /// Hang up all calls, give up all bindings, take nothing new. Over when `AgentState.isIdle`.
    | Close
    /// The dispatcher passed up a message: `Effect.PassUp`.
    | Arrived of Arrival
    /// A response to a request sent: `Effect.HandUp`.
    | Responded of sending: int64 * SipResponse
    /// What became of a request sent: `Effect.Complete`. Unless `last`, responses may still come,
    /// until `Forgotten`.
    | Completed of sending: int64 * Outcome * last: bool
    /// `Effect.Forget` of a request sent.
    | Forgotten of sending: int64
    /// What became of a response: `Effect.Complete`. `Sent` for a final one to INVITE: its ACK
    /// came.
    | Replied of reply: int64 * Outcome
    | Tick
