// C1's world: one request with three targets on two transports, and all that can happen to it: silence,
// refusal, 503 with and without Retry-After, rings, answers, late and repeated ones, connections that
// open, fail and close, CANCEL and cancel.
module SipFun.Tests.Model.ThreeTargetsWorld

open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Resolution
open SipFun.Tests.Dispatcher

type Action =
    | Ring
    | RingLate
    | Answer of int
    | AnswerBusy
    /// The target before the last one says something.
    | Again of int
    | Refuse
    | Opened
    | Closed
    | Cancel
    | CancelDelivery

type World = {
    Rig: Rig
    /// The targets that were sent to, in order, each once.
    Targets: int list
    Branches: Set<string>
    /// Call-ID, CSeq number and From tag of every request.
    Identities: Set<string>
    Packets: int
    Outcome: string
    Outcomes: int
    /// A provisional response came from the target sent to last.
    Rung: bool
    /// A request left for another target after a provisional that no 503 followed, or a CANCEL.
    WentOn: bool
    Busy: bool
    CancelAccepted: bool
    /// The target that the request was at when a CANCEL was accepted.
    CancelledAt: int
    SentAfterOutcome: bool
    Flow: int64
    Last: SipRequest voption
    /// What was sent to the target before the last one.
    Before: SipRequest voption
    /// The branches to which a provisional response came.
    Rungs: Set<string>
    /// A CANCEL went to one to which none had come (9.1).
    CancelledEarly: bool
}

let private number = 1L

let quiet = {
    settings with
        Limits = { limits with Decisions = 0 }
        Memories = { Memories.standard with TryNextAfter = ValueSome 4_000L<ms> }
}

let zone = [
    "b.test NAPTR 1 1 s SIP+D2U \"\" _sip._udp.b.test"
    "b.test NAPTR 1 2 s SIP+D2T \"\" _sip._tcp.b.test"
    "_sip._udp.b.test SRV 1 1 5070 h1.b.test"
    "_sip._udp.b.test SRV 2 1 5070 h2.b.test"
    "_sip._tcp.b.test SRV 1 1 5070 h3.b.test"
    "h1.b.test A 127.0.0.11"
    "h2.b.test A 127.0.0.12"
    "h3.b.test A 127.0.0.13"
]

let private identity (request: SipRequest) =
    Worlds.words [ string request.CallId; string request.CSeq.Number; string request.FromTag ]

let private sentTo target (request: SipRequest) world =
    let isNew = not (List.contains target world.Targets)

    {
        world with
            Targets = if isNew then world.Targets @ [ target ] else world.Targets
            Branches = Set.add (string request.TopVia.Branch) world.Branches
            Identities = Set.add (identity request) world.Identities
            Packets = world.Packets + 1
            WentOn =
                world.WentOn
                || (isNew && world.Targets <> [] && world.Rung)
                || (world.CancelAccepted && target <> world.CancelledAt)
            Rung = world.Rung && not isNew
            SentAfterOutcome = world.SentAfterOutcome || world.Outcomes > 0
            Before = if isNew then world.Last else world.Before
            Last = ValueSome request
    }

let private observe method world effect =
    match effect with
    | Effect.Transmit(_, _, hop, bytes, _) ->
        match packet bytes with
        | :? SipRequest as request when request.Method = SipMethod.Cancel ->
            let isEarly = not (Set.contains (string request.TopVia.Branch) world.Rungs)
            { world with CancelledEarly = world.CancelledEarly || isEarly }
        | :? SipRequest as request when request.Method.Name = method ->
            sentTo (int (hop.Address.Low &&& 15UL)) request { world with Flow = hop.Flow }
        | _ -> world
    | Effect.Connect(_, hop) -> { world with Flow = hop.Flow }
    | Effect.Complete(1L, outcome, _, _) -> {
        world with
            Outcome = Worlds.word outcome
            Outcomes = world.Outcomes + 1
      }
    | _ -> world

let taken method world rig =
    let world =
        List.foldBack (fun (_, effect) world -> observe method world effect) rig.Log world

    { world with Rig = { rig with Log = [] } }

let private alarm world = Dispatcher.alarm world.Rig.State

let private attempt world =
    match State.tryFind number world.Rig.State with
    | ValueSome(ClientEntry { Phase = Calling attempt; Told = told })
    | ValueSome(ClientEntry { Phase = Proceeding attempt; Told = told }) ->
        Some(struct (attempt, told))
    | _ -> None

let flows world = Trie.toList world.Rig.State.Flows |> List.map snd

/// `late`: what the target before the last one may say.
let actions late method world = [
    if (alarm world).IsSome then
        Ring
        RingLate

    if world.Last.IsSome then
        for status in [ 100; 200; 404; 503 ] do
            Answer status

        AnswerBusy

    if world.Before.IsSome then
        for status in late do
            Again status

    if (attempt world).IsSome then
        Refuse

    for flow in flows world do
        if flow.Phase.IsOpening then
            Opened

        Closed

    if method = "INVITE" && not world.CancelAccepted then
        Cancel

    CancelDelivery
]

let private ringAt late world =
    match alarm world with
    | ValueSome at -> { world.Rig with Now = at + late } |> give Tick
    | ValueNone -> world.Rig

let private respond (status: int) (request: SipRequest) world =
    let response = request.CreateResponse(status, "peer")

    receive
        (if status = 503 && world.Busy then
             response.WithAddedHeader("Retry-After", "60")
         else
             response)
        world.Rig

let private rung status (request: SipRequest) world =
    if status < 200 then
        {
            world with
                Rungs = Set.add (string request.TopVia.Branch) world.Rungs
        }
    else
        world

let private refuse world =
    match attempt world with
    | Some(struct (attempt, _)) ->
        give (Input.Failed(number, attempt.Hop, TransportFault.HostUnreachable, "no")) world.Rig
    | None -> world.Rig

let private cancel world =
    let own, rig = Rig.number world.Rig
    let invite = requestTo "sip:b@b.test" "INVITE" "call-1" 1
    let order = { order own (invite.CreateCancel()) with Destination = ValueNone }
    let rig = give (Deliver order) rig
    struct (State.isUnderWay own rig.State, rig)

let next method world action =
    let taken = taken method

    match action with
    | Ring -> taken world (ringAt 0L<ms> world)
    | RingLate -> taken world (ringAt 40_000L<ms> world)
    | Answer status ->
        let after = respond status world.Last.Value world

        let live =
            match attempt world with
            | Some(struct (attempt, _)) ->
                string attempt.Branch = string world.Last.Value.TopVia.Branch
            | None -> false

        taken
            {
                rung status world.Last.Value world with
                    Rung = live && (world.Rung || status < 200) && status <> 503
            }
            after
    | AnswerBusy ->
        let busy = { world with Busy = true }
        taken { busy with Rung = false } (respond 503 world.Last.Value busy)
    | Again status ->
        taken (rung status world.Before.Value world) (respond status world.Before.Value world)
    | Refuse -> taken world (refuse world)
    | Opened -> taken world (give (FlowOpened world.Flow) world.Rig)
    | Closed ->
        let closed = FlowClosed(world.Flow, TransportFault.ConnectionRefused, "no")
        taken world (give closed world.Rig)
    | Cancel ->
        let struct (accepted, rig) = cancel world

        let at =
            match attempt world with
            | Some(struct (attempt, _)) -> int (attempt.Hop.Address.Low &&& 15UL)
            | None -> 0

        let cancelled = { world with CancelAccepted = true; CancelledAt = at }
        taken (if accepted then cancelled else world) rig
    | CancelDelivery -> taken world (give (Input.CancelDelivery(ByNumber number)) world.Rig)
