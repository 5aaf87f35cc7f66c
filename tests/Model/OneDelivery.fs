// One delivery over UDP through the real `step`, in every order of events: packets lost (no answer comes),
// answers early, late, twice and out of order, alarms late, sends refused, a cancel at any point.
// A response may come at any time once a request left: that covers every loss, duplicate and delay.
module SipFun.Tests.Model.OneDelivery

open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Configuration
open SipFun.Tests.Model.Worlds

type Action =
    | Ring
    | RingLate of int
    | Wait
    | Answer of int
    | Refuse
    | Cancel

type World = {
    Rig: Rig
    /// Request packets, ACKs apart.
    Sent: int
    Acks: int
    Outcomes: Outcome list
    HandedUp: int
    /// A request went out after a provisional came.
    Provisional: bool
    SentAfterProvisional: bool
    SentAfterOutcome: bool
    HandedUpAfterOutcome: bool
    Packet: SipRequest voption
}

let private number = 1L

let private observe world effect =
    let over = not world.Outcomes.IsEmpty

    match effect with
    | Effect.Transmit(_, _, _, bytes, _) when isRequest "ACK" (packet bytes) -> {
        world with
            Acks = min 2 (world.Acks + 1)
      }
    | Effect.Transmit(_, _, _, bytes, _) -> {
        world with
            Sent = world.Sent + 1
            Packet = ValueSome(packet bytes :?> SipRequest)
            SentAfterProvisional = world.SentAfterProvisional || world.Provisional
            SentAfterOutcome = world.SentAfterOutcome || over
      }
    | Effect.Complete(_, outcome, _, _) -> { world with Outcomes = outcome :: world.Outcomes }
    | Effect.HandUp _ -> {
        world with
            HandedUp = min 3 (world.HandedUp + 1)
            HandedUpAfterOutcome = world.HandedUpAfterOutcome || over
      }
    | _ -> world

/// Takes in what the last step did, and keeps no log.
let private taken world rig =
    let world =
        List.foldBack (fun (_, effect) world -> observe world effect) rig.Log world

    { world with Rig = { rig with Log = [] } }

let private alarm world = Dispatcher.alarm world.Rig.State

let private actions statuses world =
    let due =
        match alarm world with
        | ValueSome at when at - world.Rig.Now > 250L<ms> -> [
            Wait
            Ring
            RingLate 700
            RingLate 40_000
          ]
        | ValueSome _ -> [ Ring; RingLate 700; RingLate 40_000 ]
        | ValueNone -> []

    due @ List.map Answer statuses @ [ Refuse; Cancel ]

let private ringAt late world = Worlds.ringAt late world.Rig

let private next world action =
    let rig =
        match action with
        | Ring -> ringAt 0L<ms> world
        | RingLate by -> ringAt (int64 by * 1L<ms>) world
        | Wait -> { world.Rig with Now = world.Rig.Now + 250L<ms> }
        | Answer status ->
            let response = world.Packet.Value.CreateResponse(status, "peer")
            receive response world.Rig
        | Refuse -> give (Input.Failed(number, peer, TransportFault.SendFailed, "no")) world.Rig
        | Cancel -> give (CancelDelivery(ByNumber number)) world.Rig

    let world =
        match action with
        | Answer status when status < 200 -> { world with Provisional = true }
        | _ -> world

    taken world rig

let private key world =
    String.concat "|" [
        entriesKey string world.Rig
        string world.Sent
        string world.Acks
        String.concat " " (List.map word world.Outcomes)
        string world.HandedUp
        string world.Provisional
        string world.SentAfterOutcome
        string world.SentAfterProvisional
        string world.HandedUpAfterOutcome
    ]

let private always isInvite most = [
    law "D1: at most one outcome" (fun world -> world.Outcomes.Length <= 1)
    law "D2: no request after the outcome" (fun world -> not world.SentAfterOutcome)
    law "D4: no more packets than the RFC's" (fun world -> world.Sent <= most)
    law "S-05: no copy of an INVITE after a provisional" (fun world ->
        not (isInvite && world.SentAfterProvisional))
    law "D7 and its kin" (fun world -> Laws.violations quiet world.Rig.State = [])
    law "L-6: closing leaves nothing" (fun world -> closesDown world.Rig)
]

let private outcome expected world = List.contains expected world.Outcomes

let private sometimes isInvite most = [
    law $"{most} packets were sent" (fun world -> world.Sent = most)
    law "it gave up" (outcome TimedOut)
    law "it was cancelled" (outcome Cancelled)
    law "it was unreachable" (fun world ->
        world.Outcomes
        |> List.exists (fun outcome ->
            match outcome with
            | Unreachable _ -> true
            | _ -> false))
    law "it was answered" (fun world ->
        world.Outcomes
        |> List.exists (fun outcome ->
            match outcome with
            | Outcome.Answered _ -> true
            | _ -> false))
    law "nothing was left" (fun world -> State.idle world.Rig.State)

    if isInvite then
        law "a repeated final response got its ACK again" (fun world -> world.Acks = 2)
        law "a 2xx was handed up after the outcome" (fun world -> world.HandedUpAfterOutcome)
]

let private model method most =
    let isInvite = method = "INVITE"
    let _, rig = deliver (request method "call-1") (withSettings quiet)

    let start = {
        Rig = rig
        Sent = 0
        Acks = 0
        Outcomes = []
        HandedUp = 0
        Provisional = false
        SentAfterProvisional = false
        SentAfterOutcome = false
        HandedUpAfterOutcome = false
        Packet = ValueNone
    }

    {
        Start = taken start rig
        Actions = actions [ 100; 200; 486 ]
        Next = next
        Key = key
        Ring = ValueSome Ring
        Settled = fun world -> settled world.Rig
        Always = always isInvite most
        Sometimes = sometimes isInvite most
    }

/// The same with nothing but what tests/Model/promela/client.pml has.
let timed method =
    let isTold action =
        match action with
        | Ring
        | Cancel
        | Answer _ -> true
        | _ -> false

    let model = model method (if method = "INVITE" then 7 else 11)

    {
        model with
            Actions = model.Actions >> List.filter isTold
            Sometimes = []
    }

let configurations = [
    for method, most in [ "INVITE", 7; "OPTIONS", 11 ] do
        let model = model method most
        let absolute world = $"{world.Rig.Now} {key world}"

        configuration $"C1/1 {method}" "one target" (2_000_000, 2_000_000) model
        |> without "times relative to now" absolute model
]
