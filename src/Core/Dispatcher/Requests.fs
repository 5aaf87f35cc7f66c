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

let isInvite (client: Client) = client.Method = SipMethod.Invite

let set (client: Client) work = Work.set client.Sender.Number (ClientEntry client) work

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
    Work.emit (Effect.Complete(client.Sender.Number, outcome, trace, last)) work

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
        Work.emit (Effect.Forget client.Sender.Number) work
    else
        work

/// The end of a transaction that lingered: nothing is kept.
let drop (client: Client) work = Work.remove client.Sender.Number work |> forget client

/// Waits out the repeats in this phase, if there is room to; keeps no more than that needs.
let lingerIn phase until (client: Client) work =
    let lingering = {
        client with
            Phase = phase
            Told = true
            Until = until
            AnswerBy = Queue.never
            Best = ValueNone
            Trace = Trace.empty 0
    }

    if until <= work.Now then
        drop lingering work
    elif not client.Told && work.State.Lingering >= work.Settings.Limits.Lingering then
        drop lingering work |> Work.count Counted.NotLingering
    else
        set lingering work

/// The end of a client transaction: an outcome not told yet is told. Of an earlier target that
/// answered an INVITE with 503 the repeats are still acknowledged (Timer D).
let finish outcome (client: Client) work =
    let work =
        if client.Told then
            forget client work
        else
            tell outcome true client work

    let isThere (ended: Ended) = work.State.Legs |> List.exists (fun leg -> leg.Number = ended.Leg)

    match client.Past with
    | last :: _ when isInvite client && not client.Told && isThere last ->
        lingerIn (Completed last) (work.Now + work.Settings.Timers.Long) client work
    | _ -> Work.remove client.Sender.Number work

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

/// The best outcome, this one among them. A 503 that was passed over is handed up after all.
let best outcome (client: Client) work =
    let outcome = ValueOption.defaultValue outcome (better outcome client).Best

    match outcome with
    | Outcome.Answered response ->
        struct (outcome, Work.emit (Effect.HandUp(client.Sender.Number, response)) work)
    | _ -> struct (outcome, work)

/// Ends with the best outcome of all targets.
let finishBest outcome (client: Client) work =
    let struct (outcome, work) = best outcome client work
    finish outcome client work

let wishes (sender: Sender) : Wishes = { Transports = sender.Transports; Legs = sender.Legs }

let private viaOf transport (leg: Leg) branch =
    String.Concat(
        String.Concat("SIP/2.0/", TransportName.via transport, " ", leg.SentBy),
        ";rport;branch=",
        branch
    )

/// Reliable transports repeat nothing; Timers B and F still end it (17.1.1.2, 17.1.2.2).
let schedule work (method: SipMethod) (hop: Hop) =
    let timers = work.Settings.Timers

    let schedule =
        if method = SipMethod.Invite then
            Schedule.invite timers work.Now
        else
            Schedule.request timers work.Now

    if hop.Transport = Transport.Udp then
        schedule
    else
        Schedule.once schedule

let transmit (client: Client) (attempt: Attempt) report work =
    let packet = attempt.Request.Bytes
    let number = client.Sender.Number
    Work.emit (Effect.Transmit(number, attempt.Leg, attempt.Hop, packet, report)) work

/// Puts the attempt's packet on its way and waits for what comes of it.
let start (attempt: Attempt) (client: Client) work =
    let transaction = client.Sender.Retransmit && client.Method <> SipMethod.Ack
    let report = client.Sender.TellSent || not transaction

    let client = {
        note (FirstSent attempt.Hop) work client with
            Phase = (if transaction then Calling attempt else Passing attempt)
            Attempts = client.Attempts + 1
            Until = Queue.never
    }

    set client work |> transmit client attempt report

let private attempt (request: SipRequest) (client: Client) (leg: Leg) (hop: Hop) later work =
    let branch = Branch.make client.Sender.Number client.Sender.Token client.Attempts

    {
        Leg = leg.Number
        Hop = hop
        Branch = branch
        Request = request.PushVia(viaOf hop.Transport leg branch)
        Schedule = schedule work client.Method hop
        Copies = 0
        Later = later
    }

let private noLeg =
    Unresolved {
        Stage = ResolutionStage.Legs
        Fault = ResolutionFault.NoLeg
        Detail = "no leg can reach the target: add one of its transport and address family"
    }

let private exhausted (client: Client) work =
    finishBest (ValueOption.defaultValue noLeg client.Best) client work

/// The next target that some leg can reach; after the last, the best outcome of all (RFC 3263, 4.3).
let rec tryNext (request: SipRequest) hops (client: Client) work =
    match hops with
    | [] -> exhausted client work
    | hop :: later ->
        let struct (leg, decisions) =
            LegChoice.choose work.State.Legs (wishes client.Sender) hop

        let client = noteAll decisions work client

        match leg with
        | ValueNone -> tryNext request later client work
        | ValueSome leg -> send request leg hop later client work

and private send request leg hop later client work =
    let attempt = attempt request client leg hop later work
    let size = attempt.Request.Bytes.Length
    let client = note (SizeIs size) work client

    if size <= work.Settings.Limits.PacketBytes then
        start attempt client work
    else
        let detail = $"{size} bytes are more than {work.Settings.Limits.PacketBytes}"
        let client = note (HopFailed(hop, TransportFault.TooLarge, detail)) work client
        let client = better (Unreachable(hop, TransportFault.TooLarge, detail)) client
        tryNext request later client work

/// The targets after this one; none once a CANCEL belongs to the request: it stays with its target,
/// and nobody wants another one to ring (9.1).
let later (attempt: Attempt) (client: Client) work =
    if Trie.contains (uint64 client.Sender.Number) work.State.Cancels then
        []
    else
        attempt.Later

/// The request without our Via, anew, to the targets after this one.
let tryLater (attempt: Attempt) (client: Client) work =
    match later attempt client work with
    | [] -> exhausted client work
    | hops -> tryNext (attempt.Request.WithoutTopVia()) hops client work

/// Goes on as far as the resolution allows: to the first target, or to the next answer.
let proceed request (struct (progress, decisions)) pending (client: Client) work =
    let client = noteAll decisions work client

    match progress with
    | Resolved hops -> tryNext request hops client work
    | Waiting(resolution, questions) ->
        let phase = Resolving(request, resolution, pending @ questions)
        set { client with Phase = phase } work
    | Progress.Failed failure -> finish (Unresolved failure) client work

/// A client that waits for its first hop.
let fresh (order: Order) (request: SipRequest) work : Client = {
    Sender = Sender.ofOrder order
    Method = request.Method
    Phase = Held request
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
    | ValueSome hop -> tryNext request [ hop ] (note (DestinationGiven hop) work client) work
    | ValueNone ->
        let rules = work.Settings.Rules
        let wishes = wishes client.Sender

        let progress =
            Resolution.ofRequest rules work.State.Legs wishes order.Number request

        proceed request progress [] client work

/// An answer to a question that this request's resolution waits for.
let answered question answer request resolution pending (client: Client) work =
    let rules = work.Settings.Rules

    let progress = Resolution.answered rules work.State.Legs question answer resolution

    proceed request progress (List.except [ question ] pending) client work
