// One INVITE with two targets, and its CANCEL, through the real `step`: 503, silence, refusal, rings and
// answers of the target that was asked last, in every order (RFC 3263, 4.3; RFC 3261, 9.1).
module SipFun.Tests.Model.TwoTargets

open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Configuration
open SipFun.Tests.Model.Worlds

type Action =
    | Ring
    | RingLate
    | Answer of int
    | Repeat503
    | Refuse
    | Cancel
    | CancelDelivery

type World = {
    Rig: Rig
    Invites: int
    Cancels: int
    /// ACKs to the first 503 and its repeats, counted up to three.
    Acks: int
    Outcome: string
    Outcomes: int
    /// The first target answered 503, while the transaction may still hear its repeats.
    First503: SipRequest voption
    CancelAccepted: bool
    /// An INVITE left for another target after a CANCEL was accepted.
    WentOn: bool
    UnacknowledgedRepeat: bool
    Target: string
    Last: SipRequest voption
}

let private number = 1L
let private a = Question.create "b.test" DnsType.A
let private invite = requestTo "sip:b@b.test:5070" "INVITE" "call-1" 1

let private addresses =
    Answer.ok [|
        for text in [ "127.0.0.11"; "127.0.0.12" ] do
            { Name = "b.test"; Ttl = 60; Data = AddressOf(address text) }
    |]

let private sent (hop: Hop) (request: SipRequest) world =
    let target = Address.toString hop.Address

    match request.Method.Name with
    | "INVITE" -> {
        world with
            Invites = world.Invites + 1
            Last = ValueSome request
            WentOn =
                world.WentOn
                || (world.CancelAccepted && world.Target <> "" && world.Target <> target)
            Target = target
      }
    | "CANCEL" -> { world with Cancels = min 12 (world.Cancels + 1) }
    | _ -> { world with Acks = min 3 (world.Acks + 1) }

let private observe world effect =
    match effect with
    | Effect.Transmit(_, _, hop, bytes, _) -> sent hop (packet bytes :?> SipRequest) world
    | Effect.Complete(1L, outcome, _, _) -> {
        world with
            Outcome = word outcome
            Outcomes = world.Outcomes + 1
      }
    | _ -> world

let private taken world rig =
    let world =
        List.foldBack (fun (_, effect) world -> observe world effect) rig.Log world

    { world with Rig = { rig with Log = [] } }

let private alarm world = Dispatcher.alarm world.Rig.State

let private actions world = [
    if (alarm world).IsSome then
        Ring
        RingLate

    Answer 180
    Answer 200
    Answer 486
    Answer 503
    if world.First503.IsSome then
        Repeat503
    Refuse
    if not world.CancelAccepted then
        Cancel
    CancelDelivery
]

let private ringAt late world = Worlds.ringAt late world.Rig

let private answered (status: int) world =
    let world =
        if status = 503 && world.Outcome = "" && world.First503.IsNone then
            { world with First503 = world.Last }
        else
            world

    taken world (receive (world.Last.Value.CreateResponse(status, "peer")) world.Rig)

/// The transaction still lives: a repeated 503 must get its ACK again (17.1.1.2).
let private repeated world =
    let isKnown = (State.tryFind number world.Rig.State).IsSome
    let response = world.First503.Value.CreateResponse(503, "peer")
    let before = { world with Acks = 0 }
    let after = taken before (receive response world.Rig)

    {
        after with
            Acks = min 3 (world.Acks + after.Acks)
            UnacknowledgedRepeat = isKnown && after.Acks = 0
    }

let private accepted world =
    let rig = world.Rig
    let own, rig = Rig.number rig
    let order = { order own (invite.CreateCancel()) with Destination = ValueNone }
    let rig = give (Deliver order) rig

    {
        taken world rig with
            CancelAccepted = State.isUnderWay own rig.State
    }

let private next world action =
    match action with
    | Ring -> taken world (ringAt 0L<ms> world)
    | RingLate -> taken world (ringAt 40_000L<ms> world)
    | Answer status -> answered status world
    | Repeat503 -> repeated world
    | Refuse ->
        let hop = hop world.Target 5070
        let input = Input.Failed(number, hop, TransportFault.SendFailed, "no")
        taken world (give input world.Rig)
    | Cancel -> accepted world
    | CancelDelivery -> taken world (give (Input.CancelDelivery(ByNumber number)) world.Rig)

let private key world =
    String.concat "|" [
        entriesKey (fun each -> if each = number then "invite" else "cancel") world.Rig
        world.Target
        world.Outcome
        string world.Outcomes
        string world.First503.IsSome
        string world.WentOn
        string world.UnacknowledgedRepeat
        string world.CancelAccepted
        string (min 1 world.Cancels)
    ]

let private always = [
    law "D1: at most one outcome" (fun world -> world.Outcomes <= 1)
    law "9.1: no other target once a CANCEL belongs to it" (fun world -> not world.WentOn)
    law "17.1.1.2: a repeated 503 gets its ACK again" (fun world -> not world.UnacknowledgedRepeat)
    law "D4: at most seven packets a target" (fun world -> world.Invites <= 14)
    law "D7 and its kin" (fun world -> Laws.violations quiet world.Rig.State = [])
    law "S-12: after a 503 the outcome is neither TimedOut nor Unreachable" (fun world ->
        not (world.First503.IsSome && List.contains world.Outcome [ "TimedOut"; "unreachable" ]))
]

let private sometimes = [
    law "the second target was asked" (fun world -> world.Target = "127.0.0.12")
    law "it was answered with the 503" (fun world -> world.Outcome = "answered 503")
    law "the second target answered" (fun world ->
        world.Target = "127.0.0.12" && world.Outcome = "answered 200")
    law "all timed out" (fun world -> world.Outcome = "TimedOut")
    law "all were unreachable" (fun world -> world.Outcome = "unreachable")
    law "the CANCEL left" (fun world -> world.Cancels > 0)
    law "nothing was left" (fun world -> State.idle world.Rig.State)
]

let private model =
    let change (order: Order) = { order with Destination = ValueNone }
    let _, rig = deliverWith change invite (withSettings quiet)
    let rig = give (Input.Answered(a, addresses)) rig

    let start = {
        Rig = rig
        Invites = 0
        Cancels = 0
        Acks = 0
        Outcome = ""
        Outcomes = 0
        First503 = ValueNone
        CancelAccepted = false
        WentOn = false
        UnacknowledgedRepeat = false
        Target = ""
        Last = ValueNone
    }

    {
        Start = taken start rig
        Actions = actions
        Next = next
        Key = key
        Ring = ValueSome Ring
        Settled = fun world -> settled world.Rig
        Always = always
        Sometimes = sometimes
    }

let configurations = [
    configuration "C1/2" "INVITE and its CANCEL, two targets" (2_000_000, 2_000_000) model
]
