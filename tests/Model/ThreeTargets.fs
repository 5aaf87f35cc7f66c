// C1: one request with three targets on two transports, through the real `step`, whatever happens to it
// in every order (RFC 3263, 4.3; RFC 3261, 9.1 and 17.1).
module SipFun.Tests.Model.ThreeTargets

open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Configuration
open SipFun.Tests.Model.ThreeTargetsWorld

/// A CANCEL bears a number of its own, which tells only how often one was refused.
let private name number = if number = 1L then "invite" else "cancel"

let private key world =
    let now = world.Rig.Now

    let rig = world.Rig

    let marks =
        State.marks now world.Rig.State
        |> List.map (fun mark ->
            Worlds.words [ string (mark.Hop.Address.Low &&& 15UL); Worlds.from now mark.Until ])

    let hasRung (request: SipRequest) =
        string (Set.contains (string request.TopVia.Branch) world.Rungs)

    let seen = [
        world.Rung
        world.WentOn
        world.CancelAccepted
        world.Busy
        world.Before.IsSome
        world.SentAfterOutcome
        world.CancelledEarly
    ]

    [
        [ Worlds.entriesKey name rig; Worlds.flowsKey name rig ]
        marks
        [ Worlds.aliasOf rig world.Flow ]
        List.map string world.Targets
        [ world.Outcome ]
        List.map string seen
        [
            Worlds.orNone (ValueOption.map hasRung world.Last)
            Worlds.orNone (ValueOption.map hasRung world.Before)
        ]
    ]
    |> List.map (String.concat ";")
    |> String.concat "|"

let private isAhead targets = targets = List.sort targets && List.distinct targets = targets

let private always = [
    law "D1: at most one outcome" (fun world -> world.Outcomes <= 1)
    law "D2: nothing is sent after it" (fun world -> not world.SentAfterOutcome)
    law "S-10: no other target after a provisional or a CANCEL" (fun world -> not world.WentOn)
    law "S-10: a branch for each attempt, one request" (fun world ->
        world.Branches.Count = world.Targets.Length && world.Identities.Count <= 1)
    law "S-11: in the resolver's order, each once" (fun world -> isAhead world.Targets)
    law "9.1: no CANCEL before a provisional" (fun world -> not world.CancelledEarly)
    law "D7 and its kin" (fun world -> Laws.violations quiet world.Rig.State = [])
]

let private sometimes isInvite = [
    law "R-3: the third target answered" (fun world ->
        world.Targets.Length = 3 && world.Outcome = "answered 200")
    law "all timed out" (fun world -> world.Outcome = "TimedOut")
    law "all were unreachable" (fun world ->
        world.Targets.Length = 2 && world.Outcome = "unreachable")
    law "the 503 was the best" (fun world ->
        world.Targets.Length > 1 && world.Outcome = "answered 503")
    law "two targets are set aside" (fun world ->
        (State.marks world.Rig.Now world.Rig.State).Length >= 2)
    law "it was cancelled" (fun world -> world.Outcome = "Cancelled")
    law "nothing was left" (fun world -> State.idle world.Rig.State)

    if isInvite then
        law "a CANCEL belongs to it" (fun world -> world.CancelAccepted)
]

let private resolved method =
    let rig = withSettings quiet |> give (AddLeg Streams.tcpLeg)

    let _, world =
        Resolver.world (Resolver.fromZone zone) rig
        |> Resolver.deliverTo "sip:b@b.test" "call-1" method

    world.Rig

let private model late method =
    let rig = resolved method

    let start = {
        Rig = rig
        Targets = []
        Branches = Set.empty
        Identities = Set.empty
        Packets = 0
        Outcome = ""
        Outcomes = 0
        Rung = false
        WentOn = false
        Busy = false
        CancelAccepted = false
        CancelledAt = 0
        SentAfterOutcome = false
        Flow = 0L
        Last = ValueNone
        Before = ValueNone
        Rungs = Set.empty
        CancelledEarly = false
    }

    {
        Start = taken method start rig
        Actions = actions late method
        Next = next method
        Key = key
        Ring = ValueSome Ring
        Settled = fun world -> Worlds.settled world.Rig
        Always = always
        Sometimes = sometimes (method = "INVITE")
    }

let configurations = [
    for method in [ "INVITE"; "OPTIONS" ] do
        configuration
            $"C1/3 {method}"
            "three targets on two transports"
            (2_000_000, 2_000_000)
            (model [ 503 ] method)

    let late = model [ 180; 200; 503 ] "INVITE"
    // The target that was left rings, answers and refuses too.
    configuration "C1/3 late" "INVITE, three targets, those left answer too" (10_000, 2_000_000) {
        late with
            Sometimes = []
    }
]
