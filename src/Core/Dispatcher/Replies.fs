// A response on its way out: where it goes (RFC 3261, 18.2.2; RFC 3581, 4; RFC 3263, 5), and what its
// server transaction makes of it (17.2; RFC 6026).
module internal SipFun.Core.Replies

open SipFun

let private note decision work (reply: Reply) = {
    reply with
        Trace = Trace.add work.Now decision reply.Trace
}

let private set (reply: Reply) work = Work.set reply.Order.Number (ReplyEntry reply) work

let private finish outcome (reply: Reply) work =
    let number = reply.Order.Number
    let trace = Requests.ended outcome work.Now reply.Trace
    Work.remove number work |> Work.emit (Effect.Complete(number, outcome, trace, true))

/// Completes the delivery whose response a server transaction repeated.
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

/// Only a response that an ACK answers is repeated: by Timer G over UDP, a 2xx over all (13.3.1.4).
let private insisting (reply: Reply) sending work =
    let schedule = Schedule.response work.Settings.Timers work.Now
    let reliable = sending.Hop.Transport <> Transport.Udp

    {
        Sending = sending
        Schedule =
            if reliable && not reply.Response.IsSuccess then
                Schedule.once schedule
            else
                schedule
        Delivery = ValueSome reply.Order.Number
    }

let private afterFinal (server: Server) sending number (reply: Reply) work =
    let timers = work.Settings.Timers

    if server.Request.Method = SipMethod.Invite && reply.Order.Retransmit then
        let ackKey =
            if reply.Response.IsSuccess then
                ValueSome(Keys.ack reply.Response)
            else
                ValueNone

        let phase = Insisting(insisting reply sending work)

        work
        |> Work.set
            number
            (ServerEntry { server with Phase = phase; AckKey = ackKey; Until = Queue.never })
        |> set { reply with Phase = AwaitingAck number; Until = Queue.never }
    else
        // Timer J: over a reliable transport no copy can come (17.2.2).
        let until =
            work.Now + (if sending.Hop.Transport = Transport.Udp then timers.Long else 0L<ms>)

        Work.set number (ServerEntry { server with Phase = Concluded sending; Until = until }) work
        |> set reply

let private afterProvisional (server: Server) sending number reply work =
    let until = work.Now + work.Settings.Limits.UnansweredFor

    Work.set number (ServerEntry { server with Phase = Answering sending; Until = until }) work
    |> set reply

let private isFinal (server: Server) =
    match server.Phase with
    | Concluded _
    | Insisting _
    | Confirmed _ -> true
    | _ -> false

/// Hands the packet to the leg, and to the transaction that will give it to repeats.
let private handOver (leg: Leg) hop later (reply: Reply) work =
    let packet = reply.Response.Bytes
    let reply = { reply with Phase = Handing(hop, later); Until = Queue.never }
    let reply = note (FirstSent hop) work reply

    let sending = {
        Leg = leg.Number
        Hop = hop
        Packet = packet
        StatusCode = reply.Response.StatusCode
    }

    let transmit work =
        Work.emit (Effect.Transmit(reply.Order.Number, leg.Number, hop, packet, true)) work

    match tryFindServer reply.Response work with
    | Some(struct (_, server)) when isFinal server ->
        finish (Refused RefusalReason.AlreadyAnswered) reply work
    | Some(struct (number, server)) when reply.Response.IsFinal ->
        afterFinal server sending number reply work |> transmit
    | Some(struct (number, server)) -> afterProvisional server sending number reply work |> transmit
    | None -> set reply work |> transmit

let rec private tryNext hops best (reply: Reply) work =
    match hops with
    | [] -> finish best reply work
    | hop :: later ->
        let struct (leg, decisions) =
            LegChoice.choose work.State.Legs (Requests.wishes reply.Order) hop

        let reply = { reply with Trace = Trace.addAll work.Now decisions reply.Trace }

        match leg with
        | ValueNone -> tryNext later best reply work
        | ValueSome leg when reply.Response.Bytes.Length <= work.Settings.Limits.PacketBytes ->
            handOver leg hop later reply work
        | ValueSome _ ->
            let size = $"{reply.Response.Bytes.Length} bytes are too many for one packet"
            finish (Unreachable(hop, TransportFault.TooLarge, size)) reply work

let private noLeg =
    Unresolved {
        Stage = ResolutionStage.Legs
        Fault = ResolutionFault.NoLeg
        Detail = "no leg can reach the requester: it was removed, or is of another address family"
    }

let private proceed (struct (progress, decisions)) pending (reply: Reply) work =
    let reply = { reply with Trace = Trace.addAll work.Now decisions reply.Trace }

    match progress with
    | Resolved hops -> tryNext hops noLeg reply work
    | Waiting(resolution, questions) ->
        set { reply with Phase = Locating(resolution, pending @ questions) } work
    | Progress.Failed failure -> finish (Unresolved failure) reply work

/// Without a leg of its own choice a response leaves from where its request came to (18.2.2).
let private withLeg (order: Order) response work =
    match tryFindServer response work with
    | Some(struct (_, server)) when order.Legs.IsEmpty -> { order with Legs = [ server.Leg ] }
    | _ -> order

let deliver (order: Order) (response: SipResponse) work =
    let order = withLeg order response work
    let hop = order.Destination |> ValueOption.defaultValue Unchecked.defaultof<Hop>

    let reply = {
        Order = order
        Response = response
        Phase = Handing(hop, [])
        Until = work.Now + work.Settings.Limits.ResolveWithin
        Trace = Trace.empty work.Settings.Limits.Decisions
    }

    match order.Destination with
    | ValueSome hop -> tryNext [ hop ] noLeg (note (DestinationGiven hop) work reply) work
    | ValueNone ->
        let rules = work.Settings.Rules
        let wishes = Requests.wishes order

        proceed
            (Resolution.ofResponse rules work.State.Legs wishes order.Number response)
            []
            reply
            work

let answered question answer resolution pending (reply: Reply) work =
    let rules = work.Settings.Rules
    let progress = Resolution.answered rules work.State.Legs question answer resolution
    proceed progress (List.except [ question ] pending) reply work

/// The socket took the first packet. What needs no ACK is thereby delivered.
let transmitted (reply: Reply) work =
    let number = reply.Order.Number

    let told hop work =
        if reply.Order.TellSent then
            Work.emit (Effect.TellSent(number, hop)) work
        else
            work

    match reply.Phase with
    | Handing(hop, _) -> told hop work |> finish Sent reply
    | AwaitingAck server ->
        match State.tryFind server work.State with
        | ValueSome(ServerEntry { Phase = Insisting repeating }) -> told repeating.Sending.Hop work
        | _ -> work
    | Locating _ -> Work.count Counted.LateInput work

/// The socket would not: the copies stop, and copies of the request are still absorbed (17.2.4).
let failed hop fault detail (reply: Reply) work =
    let reply = note (HopFailed(hop, fault, detail)) work reply
    let outcome = Unreachable(hop, fault, detail)

    match reply.Phase with
    | Handing(_, later) when not later.IsEmpty -> tryNext later outcome reply work
    | AwaitingAck _ -> set reply work |> Cancelling.stop outcome reply.Order.Number
    | _ -> finish outcome reply work

let due (reply: Reply) work =
    let failure = {
        Stage = ResolutionStage.AddressRecords
        Fault = ResolutionFault.TimedOut
        Detail = "the DNS gave no answer in time for the Via's sent-by: check the resolver"
    }

    finish (Unresolved failure) reply work
