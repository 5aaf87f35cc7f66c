// The transactions under way as values (RFC 3261, 17; RFC 6026): what each state must remember, no more.
// What happens to them is decided in Dispatcher/; when they want to be looked at is decided here.
namespace SipFun.Core

open System
open SipFun

/// One try of a request at one target (RFC 3263, 4.3: each has a branch of its own).
type Attempt = {
    Leg: int
    Hop: Hop
    Branch: Branch
    /// With our Via.
    Packet: Packet
    Schedule: Schedule
    /// Timer B or F, though the schedule may end before it for the next target's sake.
    Until: Instant
    Copies: int
    /// The UDP target in whose place this one is tried, because the request is large (18.1.1).
    Instead: Hop voption
    /// It went over a connection that was open already, which the peer may have been closing: where
    /// the packet goes once more, over a new one, if it does.
    Anew: Hop voption
    /// The targets after this one.
    Later: Hop list
}

/// The INVITE of a target that was left before it said anything final.
type Left = {
    Invite: Packet
    /// A provisional response came: only then may it be cancelled (9.1).
    HasRung: bool
    /// The call has its outcome.
    IsUnwanted: bool
}

/// A CANCEL of ours to a target that was left, and its copies until it is answered.
type Withdrawal = { Packet: ReadOnlyMemory<byte>; Schedule: Schedule }

/// What a client transaction keeps once it has its final response: enough to absorb repeats.
type Ended = {
    Branch: Branch
    Leg: int
    Hop: Hop
    /// The ACK to a non-2xx, given again to each repeated response (17.1.1.2).
    Ack: ReadOnlyMemory<byte> voption
    Left: Left voption
    Withdrawal: Withdrawal voption
}

/// A request other than INVITE that has its outcome (Timer K): what its repeats are known by. Most of
/// what lingers is this, and far more lingers than waits: it is kept small.
type Lingering = {
    Branch: Branch
    Method: SipMethod
    Leg: int
    Transport: Transport
    Until: Instant
}

type ClientPhase =
    /// Finding the next hop; these questions are under way.
    | Resolving of SipRequest * Resolution * Question list
    /// Several legs suit the first of these hops: the system is asked for its source address.
    | AwaitingSource of SipRequest * Hop list
    /// A CANCEL that waits for a provisional to its INVITE (9.1).
    | Held of SipRequest
    /// No transaction, or a reply: only the shell's word is awaited.
    | Passing of Attempt
    /// Calling (INVITE) or Trying: nothing has come back.
    | Calling of Attempt
    | Proceeding of Attempt
    /// Timers D and K: repeats are absorbed.
    | Completed of Ended
    /// A 2xx to INVITE came; more may come (RFC 6026, Timer M).
    | Accepted of Ended

type Client = {
    Sender: Sender
    Method: SipMethod
    /// The caller named the destination: its transport is not ours to change.
    IsGiven: bool
    Phase: ClientPhase
    /// The outcome was told: completed, or cancelled.
    Told: bool
    /// It was told that responses may still come: the shell keeps its handle until `Forget`.
    Expects: bool
    /// When the phase ends by itself; `Queue.never` when only a schedule or a peer ends it.
    Until: Instant
    AnswerBy: Instant
    Attempts: int
    /// The best outcome of earlier targets.
    Best: Outcome voption
    /// Earlier targets: those that answered, whose ACK is given again to repeats, and those left.
    Past: Ended list
    /// The INVITE that this CANCEL cancels.
    Invite: int64 voption
    Trace: Trace
}

module Client =
    /// The next copy of a CANCEL to a target that was left.
    let withdrawalDue (client: Client) =
        let earlier at (past: Ended) =
            match past.Withdrawal with
            | ValueSome withdrawal -> min at (Schedule.due withdrawal.Schedule)
            | ValueNone -> at

        List.fold earlier Queue.never client.Past

    let private phaseDue (client: Client) =
        match client.Phase with
        | Calling attempt
        | Proceeding attempt when not client.Told ->
            min (Schedule.due attempt.Schedule) (min client.Until client.AnswerBy)
        | Completed _
        | Accepted _ -> client.Until
        | Resolving(_, resolution, _) -> min resolution.AnswerBy (min client.Until client.AnswerBy)
        | _ -> min client.Until client.AnswerBy

    let due (client: Client) = min (withdrawalDue client) (phaseDue client)

/// A response on its way: its hop is looked for, or the shell's word is awaited.
type ReplyPhase =
    | Locating of SipResponse * Resolution * Question list
    /// As for a request; with the outcome if all of these hops fail.
    | ReplyAwaitingSource of SipResponse * Hop list * best: Outcome
    | Handing of SipResponse * Hop * later: Hop list
    /// A final response to INVITE: this server transaction repeats it until the ACK.
    | AwaitingAck of server: int64 * Hop

type Reply = {
    Sender: Sender
    /// The connection that the request came by, tried first; 0: none, or it was tried.
    Back: int64
    /// It was handed to a leg before: the server transaction's final response is this one.
    WasHanded: bool
    /// Its sender named the hop.
    IsGiven: bool
    /// How the address of 18.2.2 failed; what is left then is sent-by (RFC 3263, 5).
    Lost: Outcome voption
    Phase: ReplyPhase
    Until: Instant
    Trace: Trace
}

module Reply =
    let due (reply: Reply) =
        match reply.Phase with
        | Locating(_, resolution, _) -> min resolution.AnswerBy reply.Until
        | _ -> reply.Until

/// A copy of a request, or the same request by another way (8.2.2.2), that came while its receivers
/// were still thinking.
type Copy = { Number: int64; Leg: int; Source: Hop; Request: SipRequest }

/// The last response of a server transaction, and to whom it goes.
type Sending = { Leg: int; Hop: Hop; Packet: ReadOnlyMemory<byte>; StatusCode: int }

/// A final response that is repeated until the ACK.
type Repeating = {
    Sending: Sending
    Schedule: Schedule
    /// The delivery that completes with the ACK; none once it completed.
    Delivery: int64 voption
}

type ServerPhase =
    /// The receivers have not said what it is to them; newest copy first.
    | Offered of SipRequest * Copy list
    /// Handled, nothing sent: a 100 is due (17.2.1; RFC 4320, 4.1).
    | Trying of SipRequest * hundredAt: Instant
    /// A provisional was sent, and is sent again to copies.
    | Answering of Sending
    /// Timer J: the final response to anything but INVITE.
    | Concluded of Sending
    /// A final response to INVITE, repeated until the ACK: 2xx (RFC 6026, Accepted) or not (Completed).
    | Insisting of Repeating
    /// The ACK came: copies are absorbed (Timer I; for 2xx Timer L), further ACKs to a non-2xx too.
    | Confirmed of Sending

type Server = {
    /// Branch, sent-by and method, or RFC 2543's fields (17.2.3).
    Key: string
    /// Request-URI and To tag, which tell requests without RFC 3261's branch apart too (17.2.3).
    Rfc2543: string voption
    /// From tag, Call-ID and CSeq of a request without To tag, until a receiver wants no state for
    /// it: the same by another way is merged with it (8.2.2.2).
    MergeKey: string voption
    Leg: int
    Source: Hop
    Method: SipMethod
    Arrived: Instant
    /// Call-ID, CSeq number and tags of the ACK to our 2xx.
    AckKey: string voption
    Phase: ServerPhase
    Until: Instant
}

module Server =
    let due (server: Server) =
        match server.Phase with
        | Trying(_, hundredAt) -> min hundredAt server.Until
        | Insisting repeating -> min (Schedule.due repeating.Schedule) server.Until
        | _ -> server.Until

    /// Somebody still owes it a final response.
    let isUnanswered (server: Server) =
        match server.Phase with
        | Offered _
        | Trying _
        | Answering _ -> true
        | Concluded _
        | Insisting _
        | Confirmed _ -> false

/// Whatever waits in the dispatcher's one queue.
type Entry =
    | ClientEntry of Client
    | LingeringEntry of Lingering
    | ReplyEntry of Reply
    | ServerEntry of Server
    | LookupEntry of Lookup
    | TimerEntry of repeat: Duration voption

/// A resolution asked for by itself.
and Lookup = {
    Uri: SipUri
    Wishes: Wishes
    Resolution: Resolution
    Pending: Question list
    /// What was found; empty until then.
    Hops: Hop list
    /// Destinations whose source address the system is asked for.
    Sourceless: Address list
    Until: Instant
    Trace: Trace
}

module Lookup =
    let due (lookup: Lookup) =
        if lookup.Hops.IsEmpty then
            min lookup.Resolution.AnswerBy lookup.Until
        else
            lookup.Until
