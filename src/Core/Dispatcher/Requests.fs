// A request on its way out: its hops, one target after the other, and how it ends.
// RFC 3261, 8.1.2 and 18.1.1; RFC 3263, 4.3. What comes back is Responses.fs's.
module internal SipFun.Core.Requests

open System
open SipFun

let note decision work (client: Client) = {
    client with
        Trace = Trace.add work.Now decision client.Trace
}

let noteAll decisions work (client: Client) = {
    client with
        Trace = Trace.addAll work.Now decisions client.Trace
}

let isInvite (client: Client) = client.Request.Method = SipMethod.Invite

let set (client: Client) work = Work.set client.Order.Number (ClientEntry client) work

let private describe outcome =
    match outcome with
    | Outcome.Answered response -> "answered", $"{response.StatusCode} {response.ReasonPhrase}"
    | Sent -> "sent", "nothing more to wait for"
    | TimedOut -> "timed out", "no final response in time"
    | Unresolved failure -> "unresolved", failure.Detail
    | Unreachable(hop, fault, detail) -> "unreachable", $"{Hop.toString hop}: {fault}, {detail}"
    | Cancelled -> "cancelled", "by its sender"
    | Refused reason -> "refused", reason.ToString()
    | Disposed -> "disposed", "the dispatcher was closed"

let ended outcome now trace = Trace.add now (EndedAs(describe outcome)) trace

/// Tells the outcome; whether responses may still come afterwards is `last`'s to say.
let tell outcome last (client: Client) work =
    let trace = ended outcome work.Now client.Trace
    Work.emit (Effect.Complete(client.Order.Number, outcome, trace, last)) work

/// While in these phases a told delivery may still be handed a 2xx (RFC 6026; 17.1.1.2).
let private expectsMore (client: Client) =
    match client.Phase with
    | Calling _
    | Proceeding _
    | Accepted _ -> isInvite client
    | _ -> false

/// The shell may drop the handle of a delivery that completed and still expected responses.
let forget (client: Client) work =
    if client.Told && expectsMore client then
        Work.emit (Effect.Forget client.Order.Number) work
    else
        work

/// The end of a transaction that lingered: nothing is kept.
let drop (client: Client) work = Work.remove client.Order.Number work |> forget client

/// The end of a client transaction: an outcome not told yet is told.
let finish outcome (client: Client) work =
    let work = drop client work
    if client.Told then work else tell outcome true client work

/// Refused at the door: there never was an entry.
let refuse reason (order: Order) work =
    let trace =
        ended (Refused reason) work.Now (Trace.empty work.Settings.Limits.Decisions)

    Work.emit (Effect.Complete(order.Number, Refused reason, trace, true)) work

let private rank outcome =
    match outcome with
    | Outcome.Answered _ -> 3
    | TimedOut -> 2
    | Unreachable _ -> 1
    | _ -> 0

/// Of several targets the best outcome counts: Answered before TimedOut before Unreachable, and of
/// equals the last.
let better outcome (client: Client) =
    match client.Best with
    | ValueSome best when rank best > rank outcome -> client
    | _ -> { client with Best = ValueSome outcome }

let wishes (order: Order) : Wishes = { Transports = order.Transports; Legs = order.Legs }

let private viaOf transport (leg: Leg) branch =
    $"SIP/2.0/{TransportName.via transport} {leg.SentBy};rport;branch={branch}"

let private schedule work (request: SipRequest) (hop: Hop) =
    let timers = work.Settings.Timers

    let schedule =
        if request.Method = SipMethod.Invite then
            Schedule.invite timers work.Now
        else
            Schedule.request timers work.Now

    // Reliable transports repeat nothing; Timers B and F still end it (17.1.1.2, 17.1.2.2).
    if hop.Transport = Transport.Udp then
        schedule
    else
        Schedule.once schedule

let private isTransaction (order: Order) (request: SipRequest) =
    order.Retransmit && request.Method <> SipMethod.Ack

let transmit (client: Client) (attempt: Attempt) report work =
    Effect.Transmit(client.Order.Number, attempt.Leg, attempt.Hop, attempt.Request.Bytes, report)
    |> fun effect -> Work.emit effect work

/// Puts the attempt's packet on its way and waits for what comes of it.
let start (attempt: Attempt) (client: Client) work =
    let transaction = isTransaction client.Order client.Request
    let report = client.Order.TellSent || not transaction
    let client = note (FirstSent attempt.Hop) work client

    let phase = if transaction then Calling attempt else Passing attempt

    work
    |> set {
        client with
            Phase = phase
            Attempts = client.Attempts + 1
            Until = Queue.never
    }
    |> transmit client attempt report

let private attempt (client: Client) (leg: Leg) (hop: Hop) later work : Attempt =
    let branch = Branch.make client.Order.Number client.Order.Token client.Attempts

    {
        Leg = leg.Number
        Hop = hop
        Branch = branch
        Request = client.Request.PushVia(viaOf hop.Transport leg branch)
        Schedule = schedule work client.Request hop
        Copies = 0
        Later = later
    }

let private noLeg =
    Unresolved {
        Stage = ResolutionStage.Legs
        Fault = ResolutionFault.NoLeg
        Detail = "no leg can reach the target: add one of its transport and address family"
    }

/// No target is left: the best outcome of all; a 503 that was passed over is handed up after all.
let private exhausted (client: Client) work =
    let work =
        match client.Best with
        | ValueSome(Outcome.Answered response) ->
            Work.emit (Effect.HandUp(client.Order.Number, response)) work
        | _ -> work

    finish (ValueOption.defaultValue noLeg client.Best) client work

/// The next target that some leg can reach; after the last, the best outcome of all (RFC 3263, 4.3).
let rec tryNext hops (client: Client) work =
    match hops with
    | [] -> exhausted client work
    | hop :: later ->
        let struct (leg, decisions) =
            LegChoice.choose work.State.Legs (wishes client.Order) hop

        let client = noteAll decisions work client

        match leg with
        | ValueNone -> tryNext later client work
        | ValueSome leg -> send leg hop later client work

and private send leg hop later client work =
    let attempt = attempt client leg hop later work
    let size = attempt.Request.Bytes.Length
    let client = note (SizeIs size) work client

    if size <= work.Settings.Limits.PacketBytes then
        start attempt client work
    else
        let detail = $"{size} bytes are more than {work.Settings.Limits.PacketBytes}"
        let client = note (HopFailed(hop, TransportFault.TooLarge, detail)) work client
        tryNext later (better (Unreachable(hop, TransportFault.TooLarge, detail)) client) work

/// Goes on as far as the resolution allows: to the first target, or to the next answer.
let proceed (struct (progress, decisions)) pending (client: Client) work =
    let client = noteAll decisions work client

    match progress with
    | Resolved hops -> tryNext hops client work
    | Waiting(resolution, questions) ->
        set { client with Phase = Resolving(resolution, pending @ questions) } work
    | Progress.Failed failure -> finish (Unresolved failure) client work

/// A client that waits for its first hop.
let fresh (order: Order) request work : Client = {
    Order = order
    Request = request
    Phase = Held
    Told = false
    Until = work.Now + work.Settings.Limits.ResolveWithin
    AnswerBy =
        match order.AnswerWithin with
        | ValueSome within -> work.Now + within
        | ValueNone -> Queue.never
    Attempts = 0
    Best = ValueNone
    Past = []
    Invite = ValueNone
    Trace = Trace.empty work.Settings.Limits.Decisions
}

let deliver (order: Order) (request: SipRequest) work =
    let client = fresh order request work

    match order.Destination with
    | ValueSome hop -> tryNext [ hop ] (note (DestinationGiven hop) work client) work
    | ValueNone ->
        let rules = work.Settings.Rules

        let progress =
            Resolution.ofRequest rules work.State.Legs (wishes order) order.Number request

        proceed progress [] client work

/// An answer to a question that this request's resolution waits for.
let answered question answer resolution pending (client: Client) work =
    let rules = work.Settings.Rules
    let progress = Resolution.answered rules work.State.Legs question answer resolution
    proceed progress (List.except [ question ] pending) client work
