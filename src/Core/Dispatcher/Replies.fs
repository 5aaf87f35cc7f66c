// A response on its way out: back over its connection, to the address of RFC 3261, 18.2.2 and RFC
// 3581, 4, and when it does not get there, by sent-by (RFC 3263, 5).
module internal SipFun.Core.Replies

open SipFun
open SipFun.Core.Keeping

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
    | Some(struct (_, { Phase = Confirmed _ })) when wasHanded && response.IsFinal ->
        // The ACK came while another way was looked for.
        finish Sent reply work
    | Some(struct (_, server)) when isForbidden response hop server work ->
        finish (Refused RefusalReason.ForbiddenResponse) reply work
    | Some(struct (_, { AckKey = ValueSome key })) when
        response.IsSuccess && key <> Keys.ack response
        ->
        // Another 2xx, a fork's: sent, and its sender's to repeat (RFC 6026, 8.7).
        set reply work |> transmit
    | Some(struct (_, server)) when isFinal server && not (wasHanded && response.IsFinal) ->
        finish (Refused RefusalReason.AlreadyAnswered) reply work
    | Some found -> keep response sending found reply work |> transmit
    | None -> set reply work |> transmit

let private fits (response: SipResponse) (hop: Hop) work =
    TransportName.isReliable hop.Transport
    || response.Bytes.Length <= work.Settings.Limits.PacketBytes

let rec tryNext (response: SipResponse) hops best (reply: Reply) work =
    match hops with
    | [] -> finish best reply work
    | hop :: _ when Sourcing.isWanted (Targets.wishes reply.Sender) hop work ->
        let phase = ReplyAwaitingSource(response, hops, best)
        set { reply with Phase = phase; Until = Sourcing.by work } work
    | hop :: later ->
        let wishes = Targets.wishes reply.Sender
        let struct (leg, decisions) = Sourcing.legFor wishes hop work
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

let private isHop (hop: Hop) outcome =
    match outcome with
    | Unreachable(lost, _, _) -> { lost with Flow = 0L } = { hop with Flow = 0L }
    | _ -> false

let private proceed response (struct (progress, decisions, work)) (reply: Reply) =
    let reply = noteAll decisions work reply

    match progress, reply.Lost with
    | Resolved hops, ValueSome lost ->
        let others = hops |> List.filter (fun hop -> not (isHop hop lost))
        tryNext response others lost { reply with Phase = Handing(response, hops.Head, []) } work
    | Resolved hops, ValueNone -> tryNext response hops noLeg reply work
    | Waiting(resolution, _), _ ->
        let phase = Locating(response, resolution, resolution.Open)
        set { reply with Phase = phase } work
    | Progress.Failed _, ValueSome lost -> finish lost reply work
    | Progress.Failed failure, ValueNone -> finish (Unresolved failure) reply work

/// Without a leg of its own choice a response leaves from where its request came to (18.2.2).
let private wishesOf (order: Order) response work =
    let legs =
        match tryFindServer response work with
        | Some(struct (_, server)) when order.Legs.IsEmpty -> [ server.Leg ]
        | _ -> order.Legs

    if order.Transports.IsEmpty then
        {
            order with
                Legs = legs
                Transports = Stateless.transportsOf legs work
        }
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
        IsGiven = order.Destination.IsSome
        Lost = ValueNone
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
    | ReplyAwaitingSource _
    | Locating _ -> Work.count Counted.LateInput work

/// By the name in sent-by, or its other hosts, when the address of 18.2.2 failed (RFC 3263, 5).
let private trySentBy response outcome (reply: Reply) work =
    let rules, wishes = work.Settings.Rules, Targets.wishes reply.Sender

    let progress =
        Resolution.ofSentBy rules work.State.Legs wishes reply.Sender.Number response

    let reply = {
        reply with
            Lost = ValueSome outcome
            Until = work.Now + work.Settings.Limits.ResolveWithin
    }

    proceed response (Answers.advance progress work) reply

/// This way is closed: back by the top Via, to its next address, or by sent-by; else it ends.
let private tryOtherWay (response: SipResponse) later (hop: Hop) outcome (reply: Reply) work =
    if reply.Back <> 0L && reply.Back = hop.Flow then
        locate reply.Sender.Number response { reply with Back = 0L } work
    elif not (List.isEmpty later) then
        tryNext response later outcome reply work
    elif reply.Lost.IsNone && not reply.IsGiven then
        trySentBy response outcome reply work
    else
        finish outcome reply work

/// The socket would not, or its connection is closed. A final response to INVITE is not repeated
/// there any more; copies of the request are still absorbed (17.2.4).
let failed (hop: Hop) fault detail (reply: Reply) work =
    let reply = note (HopFailed(hop, fault, detail)) work reply
    let outcome = Unreachable(hop, fault, detail)

    match reply.Phase with
    | Handing(response, _, later) -> tryOtherWay response later hop outcome reply work
    | AwaitingAck(server, _) ->
        let response = kept server work
        let work = Cancelling.quiet server work

        match response with
        | ValueSome response -> tryOtherWay response [] hop outcome reply work
        | ValueNone -> finish outcome reply work
    | ReplyAwaitingSource _
    | Locating _ -> finish outcome reply work

/// The connection it went over, or was to go over, is closed.
let cutOff flow fault detail (reply: Reply) work =
    match reply.Phase with
    | Handing(_, hop, _)
    | AwaitingAck(_, hop) when hop.Flow = flow -> failed hop fault detail reply work
    | _ -> work

let private unresolved resolution (reply: Reply) work =
    let failure = Resolution.timedOut resolution

    Answers.abandoned resolution work
    |> finish (ValueOption.defaultValue (Unresolved failure) reply.Lost) reply

/// The whole took too long, or the questions of one stage.
let due (reply: Reply) work =
    match reply.Phase with
    | Locating(response, resolution, _) when work.Now < reply.Until ->
        proceed response (Answers.expired resolution work) reply
    | Locating(_, resolution, _) -> unresolved resolution reply work
    | ReplyAwaitingSource(response, hops, best) ->
        tryNext response hops best reply (Sourcing.unanswered hops work)
    | Handing _
    | AwaitingAck _ -> finish TimedOut reply work
