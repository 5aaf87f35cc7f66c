// What whoever holds a user agent must do, as values; and what the application hears. IAgentShell
// and IAgentListener are their only readers outside the core: a new case fails to compile on both
// sides.
namespace SipFun.Core

open SipFun

/// Why an order was not taken on.
type AgentRefusal =
    /// As many are under way as `AgentLimits` allows.
    | TooMany = 0
    /// There is no such call, or it is not answered yet, or over.
    | NoCall = 1
    /// An INVITE or UPDATE is under way in the call, in one direction or the other (14.1), or an offer
    /// has no answer yet (RFC 3311, 5.1).
    | NotNow = 2
    /// The agent sends this method by itself only.
    | Method = 3
    /// The agent was closed.
    | Closed = 4
    /// What it was to say cannot be in a message (7.3.1).
    | Malformed = 5

/// How an exchange of one request ended.
[<RequireQualifiedAccess>]
type ExchangeEnd =
    /// By a final response.
    | Answered of SipResponse
    /// Without one: timed out, unreachable, unresolved, ...
    | Failed of Outcome
    | Refused of AgentRefusal

/// How a call ended: once a call, and nothing of it comes after.
[<RequireQualifiedAccess>]
type CallEnd =
    /// This end hung up an answered call; what became of the BYE.
    | HungUp of ExchangeEnd
    /// The other end hung up: its BYE.
    | Left of SipRequest
    /// A call made was cancelled before it was answered.
    | Cancelled
    /// The caller took an incoming call back: CANCEL, or the time it gave ran out (13.3.1).
    | Withdrawn
    /// A call made was not taken: the last 300 to 699.
    | Rejected of SipResponse
    /// An incoming call was answered 300 to 699 here; by the agent itself when nobody answered.
    | Declined of status: int
    /// No final response came to a call made, or its 2xx never left.
    | Failed of Outcome
    /// The 2xx was never acknowledged (13.3.1.4).
    | Unacknowledged
    /// The other end no longer knows the dialog, or never answered a request within it (12.2.1.2).
    | Lost of ExchangeEnd
    /// Nobody refreshed the session (RFC 4028, 10).
    | Expired
    | Refused of AgentRefusal

[<RequireQualifiedAccess>]
type AgentEvent =
    /// Somebody calls: `Respond` to the call's number.
    | Invited of call: int64 * Arrival * SipRequest
    /// A 101 to 199 to a call made. Its To tag tells the branches of a forked INVITE apart.
    | Progressed of call: int64 * SipResponse
    /// The 2xx to a call made; it is acknowledged.
    | Answered of call: int64 * SipResponse
    /// Another 2xx to the same call: a call of its own, under a negative number (`ForkPolicy.All`).
    | Forked of call: int64 * sibling: int64 * SipResponse
    /// The call goes on at another target (3xx).
    | Redirected of call: int64 * SipUri
    /// The ACK to our 2xx came, or the PRACK to a provisional response of ours.
    | Acknowledged of call: int64 * SipRequest
    /// The session was refreshed, by either end.
    | Refreshed of call: int64
    | Ended of call: int64 * CallEnd
    /// A request to be answered by `Respond`, within a call or outside.
    | Requested of received: int64 * call: int64 voption * Arrival * SipRequest
    /// A request needs no answer any more: it was cancelled, its call ended, or it was answered for
    /// the application, which took too long.
    | Withdrawn of received: int64
    /// A response to an exchange's request, the final too; but those that the agent acts on by
    /// itself, sending the request again (401, 407, 491).
    | Responded of exchange: int64 * SipResponse
    | Finished of exchange: int64 * ExchangeEnd
    /// A binding was made or refreshed: for how long, and the response.
    | Registered of registration: int64 * expires: Duration * SipResponse
    /// It was not made or refreshed. It is tried again after `again`; none: the registration is
    /// over.
    | RegistrationFailed of registration: int64 * ExchangeEnd * again: Duration voption
    /// The binding was given up: what became of the last REGISTER. The registration is over.
    | Unregistered of registration: int64 * ExchangeEnd

[<RequireQualifiedAccess>]
type AgentEffect =
    /// Deliver a request, ACK and CANCEL among them; what becomes of it comes back under this
    /// number.
    | Send of sending: int64 * SipRequest * destination: Hop voption
    /// Deliver a response, back over the flow that the request came by.
    | Reply of received: int64 * reply: int64 * SipResponse
    /// Whether a message that arrived is this agent's: once for each, in the same step, before any
    /// `Reply` to it. Of an ACK the number is 0.
    | Receipt of received: int64 * Receipt
    /// Wait no longer for a request sent; `Completed` comes all the same.
    | CancelDelivery of sending: int64
    | Tell of AgentEvent

/// One method an effect.
type IAgentShell =
    abstract Send: sending: int64 * request: SipRequest * destination: Hop voption -> unit
    abstract Reply: received: int64 * reply: int64 * response: SipResponse -> unit
    abstract Receipt: received: int64 * receipt: Receipt -> unit
    abstract CancelDelivery: sending: int64 -> unit
    abstract Tell: event: AgentEvent -> unit

/// One method an event.
type IAgentListener =
    abstract Invited: call: int64 * arrival: Arrival * request: SipRequest -> unit
    abstract Progressed: call: int64 * response: SipResponse -> unit
    abstract Answered: call: int64 * response: SipResponse -> unit
    abstract Forked: call: int64 * sibling: int64 * response: SipResponse -> unit
    abstract Redirected: call: int64 * target: SipUri -> unit
    abstract Acknowledged: call: int64 * request: SipRequest -> unit
    abstract Refreshed: call: int64 -> unit
    abstract Ended: call: int64 * ending: CallEnd -> unit

    abstract Requested:
        received: int64 * call: int64 voption * arrival: Arrival * request: SipRequest -> unit

    abstract Withdrawn: received: int64 -> unit
    abstract Responded: exchange: int64 * response: SipResponse -> unit
    abstract Finished: exchange: int64 * ending: ExchangeEnd -> unit
    abstract Registered: registration: int64 * expires: Duration * response: SipResponse -> unit

    abstract RegistrationFailed:
        registration: int64 * ending: ExchangeEnd * again: Duration voption -> unit

    abstract Unregistered: registration: int64 * ending: ExchangeEnd -> unit

module AgentEvent =
    let tell (listener: IAgentListener) event =
        match event with
        | AgentEvent.Invited(call, arrival, request) -> listener.Invited(call, arrival, request)
        | AgentEvent.Progressed(call, response) -> listener.Progressed(call, response)
        | AgentEvent.Answered(call, response) -> listener.Answered(call, response)
        | AgentEvent.Forked(call, sibling, response) -> listener.Forked(call, sibling, response)
        | AgentEvent.Redirected(call, target) -> listener.Redirected(call, target)
        | AgentEvent.Acknowledged(call, request) -> listener.Acknowledged(call, request)
        | AgentEvent.Refreshed call -> listener.Refreshed call
        | AgentEvent.Ended(call, ending) -> listener.Ended(call, ending)
        | AgentEvent.Requested(received, call, arrival, request) ->
            listener.Requested(received, call, arrival, request)
        | AgentEvent.Withdrawn received -> listener.Withdrawn received
        | AgentEvent.Responded(exchange, response) -> listener.Responded(exchange, response)
        | AgentEvent.Finished(exchange, ending) -> listener.Finished(exchange, ending)
        | AgentEvent.Registered(registration, expires, response) ->
            listener.Registered(registration, expires, response)
        | AgentEvent.RegistrationFailed(registration, ending, again) ->
            listener.RegistrationFailed(registration, ending, again)
        | AgentEvent.Unregistered(registration, ending) ->
            listener.Unregistered(registration, ending)

module AgentEffect =
    let perform (shell: IAgentShell) effect =
        match effect with
        | AgentEffect.Send(sending, request, destination) ->
            shell.Send(sending, request, destination)
        | AgentEffect.Reply(received, reply, response) -> shell.Reply(received, reply, response)
        | AgentEffect.Receipt(received, receipt) -> shell.Receipt(received, receipt)
        | AgentEffect.CancelDelivery sending -> shell.CancelDelivery sending
        | AgentEffect.Tell event -> shell.Tell event
