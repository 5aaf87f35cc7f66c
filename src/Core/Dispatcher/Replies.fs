// A response on its way out: where it goes (RFC 3261, 18.2.2; RFC 3581, 4; RFC 3263, 5), and what its
// server transaction makes of it (17.2; RFC 6026).
module internal SipFun.Core.Replies

open SipFun

let private note decision work (reply: Reply) = {
    reply with
        Trace = Trace.add work.Now decision reply.Trace
}

let private noteAll decisions work (reply: Reply) = {
    reply with
        Trace = Trace.addAll work.Now decisions reply.Trace
}

let private set (reply: Reply) work = Work.set reply.Sender.Number (ReplyEntry reply) work

let private finish outcome (reply: Reply) work =
    let number = reply.Sender.Number
    let trace = Requests.ended outcome work.Now reply.Trace
    Work.remove number work |> Work.emit (Effect.Complete(number, outcome, trace, true))

/// The first packet left: told once, whoever proves it, the shell or an ACK.
let private proven hop (reply: Reply) work =
    if reply.Sender.TellSent then
        let quiet = { reply with Sender = { reply.Sender with TellSent = false } }
        struct (quiet, Work.emit (Effect.TellSent(reply.Sender.Number, hop)) work)
    else
        struct (reply, work)

/// The ACK came: the delivery whose response a server transaction repeated is done.
let acknowledged number work =
    match State.tryFind number work.State with
    | ValueSome(ReplyEntry({ Phase = AwaitingAck(_, hop) } as reply)) ->
        let struct (reply, work) = proven hop reply work
        finish Sent reply work
    | _ -> work

/// Ends the delivery whose response a server transaction repeated.
let conclude outcome number work =
    match State.tryFind number work.State with
    | ValueSome(ReplyEntry reply) -> finish outcome reply work
    | _ -> work

let private tryFindServer (response: SipResponse) work =
    let key = Keys.ofResponse response

    Index.numbers (Keys.hash work.Settings key) work.State.ByKey
    |> List.tryPick (fun number ->
        match State.tryFind number work.State with
        | ValueSome(ServerEntry server) when server.Key = key -> Some(struct (number, server))
        | _ -> None)

/// The copies that waited for a word of the receivers are absorbed by the transaction.
let countHeld (server: Server) work =
    match server.Phase with
    | Offered(_, copies) ->
        List.fold (fun work _ -> Work.count Counted.RepeatedRequest work) work copies
    | _ -> work

/// Only a response that an ACK answers is repeated: by Timer G over UDP, a 2xx over all (13.3.1.4).
let private insisting sending delivery work =
    let schedule = Schedule.response work.Settings.Timers work.Now
    let isReliable = TransportName.isReliable sending.Hop.Transport

    {
        Sending = sending
        Schedule =
            if isReliable && sending.StatusCode >= 300 then
                Schedule.once schedule
            else
                schedule
        Delivery = ValueSome delivery
    }

let private toInvite (response: SipResponse) sending struct (number, server: Server) reply work =
    let server = {
        server with
            Phase = Insisting(insisting sending reply.Sender.Number work)
            AckKey = if response.IsSuccess then ValueSome(Keys.ack response) else ValueNone
            Until = Queue.never
    }

    Work.set number (ServerEntry server) work
    |> set { reply with Phase = AwaitingAck(number, sending.Hop) }

/// Timer J: over a reliable transport no copy can come (17.2.2).
let private toOther sending struct (number, server: Server) reply work =
    let isReliable = TransportName.isReliable sending.Hop.Transport
    let until = if isReliable then work.Now else work.Now + work.Settings.Timers.Long

    Work.set number (ServerEntry { server with Phase = Concluded sending; Until = until }) work
    |> set reply

let private provisional sending struct (number, server: Server) reply work =
    let until = work.Now + work.Settings.Limits.UnansweredFor

    Work.set number (ServerEntry { server with Phase = Answering sending; Until = until }) work
    |> set reply

let private isFinal (server: Server) =
    match server.Phase with
    | Concluded _
    | Insisting _
    | Confirmed _ -> true
    | _ -> false

/// The transaction keeps the response, and gives it to repeats.
let private keep (response: SipResponse) sending (struct (_, server: Server) as found) reply work =
    let work = countHeld server work

    if not response.IsFinal then
        provisional sending found reply work
    elif server.Method = SipMethod.Invite && reply.Sender.Retransmit then
        toInvite response sending found reply work
    else
        toOther sending found reply work

/// Where repeats go: over this connection while it lives, then to the address of 18.2.2, which is
/// never the ephemeral port the connection came from.
let private repeatsTo (response: SipResponse) (hop: Hop) (reply: Reply) work =
    if hop.Flow = 0L then
        hop
    else
        let wishes = Targets.wishes reply.Sender

        match Resolution.ofResponse work.Settings.Rules work.State.Legs wishes 0L response with
        | struct (Resolved(stamped :: _), _) -> { stamped with Flow = hop.Flow }
        | _ -> hop

/// Hands the packet to the leg, and to the transaction if there is one.
let private handOver (response: SipResponse) leg (hop: Hop) later (reply: Reply) work =
    let wasHanded = reply.WasHanded

    let reply = {
        note (FirstSent hop) work reply with
            WasHanded = true
            Phase = Handing(response, hop, later)
            Until = Queue.never
    }

    let sending = {
        Leg = leg
        Hop = repeatsTo response hop reply work
        Packet = response.Bytes
        StatusCode = response.StatusCode
    }

    let transmit work = Flows.transmit reply.Sender.Number leg hop response.Bytes true work

    match tryFindServer response work with
    | Some(struct (_, server)) when isFinal server && not wasHanded ->
        finish (Refused RefusalReason.AlreadyAnswered) reply work
    | Some found -> keep response sending found reply work |> transmit
    | None -> set reply work |> transmit

let private fits (response: SipResponse) (hop: Hop) work =
    TransportName.isReliable hop.Transport
    || response.Bytes.Length <= work.Settings.Limits.PacketBytes

let rec private tryNext (response: SipResponse) hops best (reply: Reply) work =
    match hops with
    | [] -> finish best reply work
    | hop :: later ->
        let wishes = Targets.wishes reply.Sender
        let struct (leg, decisions) = Targets.legFor wishes hop work
        let reply = noteAll decisions work reply

        match leg with
        | ValueNone -> tryNext response later best reply work
        | ValueSome leg when fits response hop work ->
            tryFrom response leg.Number hop later reply work
        | ValueSome _ ->
            let size = $"{response.Bytes.Length} bytes are too many for one packet"
            finish (Unreachable(hop, TransportFault.TooLarge, size)) reply work

and private tryFrom response leg hop later reply work =
    match Flows.claim leg hop work with
    | struct (Ok hop, work) -> handOver response (Flows.legOf leg hop work) hop later reply work
    | struct (Error(struct (fault, detail)), work) ->
        let reply = note (HopFailed(hop, fault, detail)) work reply
        tryNext response later (Unreachable(hop, fault, detail)) reply work

let private noLeg =
    Unresolved {
        Stage = ResolutionStage.Legs
        Fault = ResolutionFault.NoLeg
        Detail = "no leg can reach the requester: it was removed, or is of another address family"
    }

let private proceed response (struct (progress, decisions, work)) (reply: Reply) =
    let reply = noteAll decisions work reply

    match progress with
    | Resolved hops -> tryNext response hops noLeg reply work
    | Waiting(resolution, _) ->
        let phase = Locating(response, resolution, resolution.Open)
        set { reply with Phase = phase } work
    | Progress.Failed failure -> finish (Unresolved failure) reply work

/// The transports of these legs. A response leaves by the transport its request came by, whatever
/// the peer wrote into its Via (18.2.2).
let transportsOf legs work =
    work.State.Legs
    |> List.filter (fun leg -> List.contains leg.Number legs)
    |> List.map (fun leg -> leg.Transport)
    |> List.distinct

/// Without a leg of its own choice a response leaves from where its request came to (18.2.2).
let private wishesOf (order: Order) response work =
    let legs =
        match tryFindServer response work with
        | Some(struct (_, server)) when order.Legs.IsEmpty -> [ server.Leg ]
        | _ -> order.Legs

    if order.Transports.IsEmpty then
        { order with Legs = legs; Transports = transportsOf legs work }
    else
        { order with Legs = legs }

/// By the top Via, when the connection that the request came by is gone (18.2.2).
let private locate number response (reply: Reply) work =
    let rules = work.Settings.Rules
    let wishes = Targets.wishes reply.Sender
    let progress = Resolution.ofResponse rules work.State.Legs wishes number response
    proceed response (Answers.advance progress work) reply

/// The connection that the request came by; 0: none.
let private wayBack (order: Order) response work =
    match tryFindServer response work with
    | Some(struct (_, server)) -> server.Source.Flow
    | None -> order.Flow

let deliver (order: Order) (response: SipResponse) work =
    let order = wishesOf order response work
    let back = wayBack order response work

    let reply = {
        Sender = Sender.ofOrder order
        Back = back
        WasHanded = false
        Phase = Handing(response, Unchecked.defaultof<Hop>, [])
        Until = work.Now + work.Settings.Limits.ResolveWithin
        Trace = Trace.empty work.Settings.Limits.Decisions
    }

    match order.Destination with
    | ValueSome hop -> tryNext response [ hop ] noLeg (note (DestinationGiven hop) work reply) work
    | ValueNone ->
        match Flows.tryFind back work with
        | ValueSome flow -> tryNext response [ flow.Hop ] noLeg reply work
        | ValueNone -> locate order.Number response reply work

let answered question answer response resolution (reply: Reply) work =
    proceed response (Answers.answered question answer resolution work) reply

/// The socket took the first packet. What needs no ACK is thereby delivered.
let transmitted (reply: Reply) work =
    match reply.Phase with
    | Handing(_, hop, _) ->
        let struct (reply, work) = proven hop reply work
        finish Sent reply work
    | AwaitingAck(_, hop) when reply.Sender.TellSent ->
        let struct (reply, work) = proven hop reply work
        set reply work
    | AwaitingAck _
    | Locating _ -> Work.count Counted.LateInput work

/// The socket would not: the copies stop, and copies of the request are still absorbed (17.2.4).
let failed hop fault detail (reply: Reply) work =
    let reply = note (HopFailed(hop, fault, detail)) work reply
    let outcome = Unreachable(hop, fault, detail)

    match reply.Phase with
    | Handing(response, _, []) when reply.Back <> 0L && reply.Back = hop.Flow ->
        locate reply.Sender.Number response { reply with Back = 0L } work
    | Handing(response, _, later) when not later.IsEmpty ->
        tryNext response later outcome reply work
    | AwaitingAck _ -> set reply work |> Cancelling.stop outcome reply.Sender.Number
    | _ -> finish outcome reply work

let private unresolved (reply: Reply) work =
    let failure = {
        Stage = ResolutionStage.AddressRecords
        Fault = ResolutionFault.TimedOut
        Detail = "the DNS gave no answer in time for the Via's sent-by: check the resolver"
    }

    finish (Unresolved failure) reply work

/// The whole took too long, or the questions of one stage.
let due (reply: Reply) work =
    match reply.Phase with
    | Locating(response, resolution, _) when work.Now < reply.Until ->
        proceed response (Answers.expired resolution work) reply
    | _ -> unresolved reply work
