// A request on its way out: its hops, one target after the other (RFC 3263, 4.3), over TCP when it is
// large (RFC 3261, 18.1.1), each with a branch of its own (8.1.1.7).
module internal SipFun.Core.Targets

open System
open SipFun
open SipFun.Core.Requests

let wishes (sender: Sender) = {
    Wishes.none with
        Transports = sender.Transports
        Legs = sender.Legs
}

/// Reliable transports repeat nothing; Timers B and F still end it (17.1.1.2, 17.1.2.2).
let schedule work (method: SipMethod) (hop: Hop) =
    let timers = work.Settings.Timers

    let schedule =
        if method = SipMethod.Invite then
            Schedule.invite timers work.Now
        else
            Schedule.request timers work.Now

    if TransportName.isReliable hop.Transport then
        Schedule.once schedule
    else
        schedule

let transmit (client: Client) (attempt: Attempt) report work =
    let packet = Packet.bytes attempt.Packet
    Flows.transmit client.Sender.Number attempt.Leg attempt.Hop packet report work

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

/// While another target is left, this one need not be waited for until Timer B or F.
let private budgeted later (client: Client) work (schedule: Schedule) =
    let budget =
        client.Sender.TryNextAfter |> ValueOption.orElse work.Settings.Memories.TryNextAfter

    match later, budget with
    | _ :: _, ValueSome budget -> {
        schedule with
            GiveUpAt = min schedule.GiveUpAt (work.Now + budget)
      }
    | _ -> schedule

let private attempt (request: SipRequest) (client: Client) (leg: Leg) (hop: Hop) later work =
    let branch = Branch.make client.Sender.Number client.Sender.Token client.Attempts
    let schedule = schedule work client.Method hop

    {
        Leg = leg.Number
        Hop = hop
        Branch = branch
        Packet = Packet.create hop.Transport leg.SentBy branch request
        Schedule = budgeted later client work schedule
        Until = schedule.GiveUpAt
        Copies = 0
        Instead = ValueNone
        Anew = ValueNone
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

/// The largest request for UDP: as the path's MTU has it, where that is known, else as the settings.
let private largest (leg: Leg) (hop: Hop) work : struct (int * Decision list) =
    let limit = work.Settings.LargeRequest

    if limit = 0 || hop.Transport <> Transport.Udp then
        struct (limit, [])
    else
        match PathMtu.tryFind work.Now leg hop.Address work.State.PathMtus with
        | ValueNone -> struct (limit, [])
        | ValueSome(struct (mtu, isLearnt)) ->
            let largest = PathMtu.largestRequest mtu
            struct (largest, [ PathMtuIs(mtu, largest, isLearnt) ])

/// ICMP says of an attempt's datagram that its path takes this much. The copies go in fragments that
/// fit; requests to come are measured by it.
let tooBig (attempt: Attempt) mtu (client: Client) work =
    let known =
        PathMtu.learn
            work.Settings.Memories.PathMtus
            work.Now
            attempt.Hop.Address
            mtu
            work.State.PathMtus

    let work = { work with State = { work.State with PathMtus = known } }
    set (note (TooBigForPath mtu) work client) work

/// Why a request goes over TCP though UDP was found: it is larger than the limit, its sender neither
/// named the hop nor ruled TCP out, and some leg can (18.1.1).
let private overTcp size limit (hop: Hop) (client: Client) work =
    let wishes = wishes client.Sender

    let mayUseTcp =
        wishes.Transports.IsEmpty || List.contains Transport.Tcp wishes.Transports

    if
        limit > 0
        && size > limit
        && hop.Transport = Transport.Udp
        && mayUseTcp
        && not client.IsGiven
    then
        let tcp = { hop with Transport = Transport.Tcp }

        match Sourcing.legFor wishes tcp work with
        | struct (ValueSome leg, _) -> ValueSome(struct (leg, tcp))
        | _ -> ValueNone
    else
        ValueNone

/// The peer's host is there, but refuses TCP: UDP is tried in spite of the size (18.1.1).
let private refusesTcp fault =
    fault = TransportFault.ConnectionRefused || fault = TransportFault.Closed

/// Before a leg is chosen the system may have to be asked, for TCP too where a large request takes it.
let private awaitsSource (hop: Hop) (client: Client) work =
    let wishes = wishes client.Sender

    Sourcing.isWanted wishes hop work
    || (hop.Transport = Transport.Udp
        && work.Settings.LargeRequest > 0
        && Sourcing.isWanted wishes { hop with Transport = Transport.Tcp } work)

/// The next target that some leg can reach; after the last, the best outcome of all (RFC 3263, 4.3).
let rec tryNext (request: SipRequest) hops (client: Client) work =
    match hops with
    | [] -> exhausted client work
    | hop :: _ when awaitsSource hop client work ->
        let phase = AwaitingSource(request, hops)
        set { client with Phase = phase; Until = Sourcing.by work } work
    | hop :: later ->
        let struct (leg, decisions) = Sourcing.legFor (wishes client.Sender) hop work
        let client = noteAll decisions work client

        match leg with
        | ValueNone -> tryNext request later client work
        | ValueSome leg -> tryFrom leg hop request later client work

and private tryFrom leg (hop: Hop) request later client work =
    let direct = attempt request client leg hop later work
    let size = Packet.size direct.Packet

    let struct (limit, decisions) = largest leg hop work
    let client = noteAll decisions work client

    match overTcp size limit hop client work with
    | ValueSome(struct (leg, tcp)) ->
        let client = note (LargeGoesOverTcp(size, limit)) work client
        let instead = attempt request client leg tcp later work
        put { instead with Instead = ValueSome hop } client work
    | ValueNone -> put direct client work

and private put (attempt: Attempt) client work =
    let size = Packet.size attempt.Packet
    let client = note (SizeIs size) work client
    let limit = work.Settings.Limits.PacketBytes

    if size > limit && attempt.Hop.Transport = Transport.Udp then
        let detail = $"{size} bytes are more than {limit}"
        failed attempt attempt.Later TransportFault.TooLarge detail client work
    else
        match Flows.claim attempt.Leg attempt.Hop work with
        | struct (Ok hop, next) -> begin' attempt hop client work next
        | struct (Error(struct (fault, detail)), work) ->
            failed attempt attempt.Later fault detail client work

/// `before`: the work before the connection was claimed, to tell whether it is new.
and private begin' attempt (hop: Hop) client before work =
    let client =
        if hop.Flow = 0L then
            client
        else
            note (GoesOverFlow(hop, (Flows.tryFind hop.Flow before).IsNone)) work client

    let isReused = Flows.isOpen hop before && attempt.Hop.Flow <= 0L

    if hop.Flow = 0L then
        start attempt client work
    else
        let attempt = {
            attempt with
                Hop = hop
                Leg = Flows.legOf attempt.Leg hop work
                Anew = if isReused then ValueSome attempt.Hop else ValueNone
        }

        start attempt client work

/// This target is given up: over UDP after all, or the next one.
and failed (attempt: Attempt) later fault detail (client: Client) work =
    let struct (marked, work) = Reputation.failed attempt.Hop fault detail work

    let client =
        client
        |> noteAll (HopFailed(attempt.Hop, fault, detail) :: marked) work
        |> better (Unreachable(attempt.Hop, fault, detail))

    let request = Packet.original attempt.Packet

    match attempt.Instead with
    | ValueSome udp when refusesTcp fault -> tryUdp udp request later client work
    | _ -> tryNext request later client work

and private tryUdp (udp: Hop) request later client work =
    let client = note (LargeGoesOverUdp udp) work client

    match Sourcing.legFor (wishes client.Sender) udp work with
    | struct (ValueSome leg, _) -> put (attempt request client leg udp later work) client work
    | _ -> tryNext request later client work

/// The connection, which was open before, was closed before anything came back: most likely the peer
/// was closing it already, and says nothing of the target. The same packet, so that a peer that did
/// read it sees a copy, goes over a new one; once.
let private again (attempt: Attempt) (hop: Hop) later fault detail (client: Client) work =
    match Flows.claimAnew attempt.Leg hop work with
    | struct (Error _, work) -> failed attempt later fault detail client work
    | struct (Ok hop, work) ->
        let attempt = { attempt with Hop = hop; Anew = ValueNone }
        let isPassing = client.Phase.IsPassing
        let phase = if isPassing then Passing attempt else Calling attempt
        let client = { client with Phase = phase } |> note (SentAnew hop) work
        set client work |> transmit client attempt (client.Sender.TellSent || isPassing)

/// The shell could not send, or the connection ended: over a new one, or the target is given up.
let lost (attempt: Attempt) later fault detail (client: Client) work =
    match attempt.Anew with
    | ValueSome hop when fault = TransportFault.Closed ->
        again attempt hop later fault detail client work
    | _ -> failed attempt later fault detail client work

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
    | hops -> tryNext (Packet.original attempt.Packet) hops client work

/// Goes on as far as the resolution allows: to the first target, or to the next answer.
let private proceed request (struct (progress, decisions, work)) (client: Client) =
    let client = noteAll decisions work client

    match progress with
    | Resolved hops when client.Sender.Retransmit ->
        let struct (hops, decisions) = Reputation.prefer client.Sender hops work
        tryNext request hops (noteAll decisions work client) work
    | Resolved hops -> tryNext request hops client work
    | Waiting(resolution, _) ->
        let phase = Resolving(request, resolution, resolution.Open)
        set { client with Phase = phase } work
    | Progress.Failed failure -> finish (Unresolved failure) client work

/// A client that waits for its first hop.
let fresh (order: Order) (request: SipRequest) work : Client = {
    Sender = Sender.ofOrder order
    Method = request.Method
    IsGiven = order.Destination.IsSome
    Phase = Held request
    Told = false
    Expects = false
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

/// A sender without state sends a copy, its ACK and its CANCEL where it sent the request (RFC 3263,
/// 4.4): what they have in common decides, and nothing that changes between them.
let private steady (order: Order) (request: SipRequest) work (wishes: Wishes) =
    if order.Retransmit then
        wishes
    else
        let call = Keys.ofCallId work.Settings request.CallId

        {
            wishes with
                Key = ValueSome(int64 (call + uint64 request.CSeq.Number))
        }

let deliver (order: Order) (request: SipRequest) work =
    let client = fresh order request work

    match order.Destination with
    | ValueSome hop -> tryNext request [ hop ] (note (DestinationGiven hop) work client) work
    | ValueNone ->
        let rules = work.Settings.Rules
        let wishes = steady order request work (wishes client.Sender)

        let progress =
            Resolution.ofRequest rules work.State.Legs wishes order.Number request

        proceed request (Answers.advance progress work) client

/// An answer to a question that this request's resolution waits for.
let answered question answer request resolution (client: Client) work =
    proceed request (Answers.answered question answer resolution work) client

/// The questions of one stage took too long.
let expired request resolution (client: Client) work =
    proceed request (Answers.expired resolution work) client
