// C1: one request with three targets on two transports, through the real `step`, whatever happens to it
// in every order (RFC 3263, 4.3; RFC 3261, 9.1 and 17.1).
module SipFun.Tests.Model.ThreeTargets

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.ThreeTargetsWorld

let private from now (instant: Instant) =
    if instant = Queue.never then "-" else string (instant - now)

let private phaseKey now phase =
    let attempt (attempt: Attempt) =
        let schedule = attempt.Schedule
        $"{schedule.Interval} {from now schedule.NextAt} {from now schedule.GiveUpAt} {from now attempt.Until} {attempt.Later.Length}"

    match phase with
    | Calling each -> $"calling {attempt each}"
    | Proceeding each -> $"proceeding {attempt each}"
    | Completed _ -> "completed"
    | Accepted _ -> "accepted"
    | Held _ -> "held"
    | Passing _ -> "passing"
    | Resolving _ -> "resolving"
    | AwaitingSource _ -> "awaiting source"

let private pastKey now (past: Ended) =
    let left =
        ValueOption.map (fun left -> struct (left.HasRung, left.IsUnwanted)) past.Left

    let withdrawal =
        match past.Withdrawal with
        | ValueSome each -> from now each.Schedule.NextAt + from now each.Schedule.GiveUpAt
        | ValueNone -> ""

    $"{past.Ack.IsSome} {left} {withdrawal}"

let private key world =
    let now = world.Rig.Now

    let entries =
        Queue.toList world.Rig.State.Queue
        |> List.map (fun (_, waiting) ->
            match waiting.Value with
            | ClientEntry client ->
                let best = ValueOption.map named client.Best
                $"{phaseKey now client.Phase} {client.Told} {from now waiting.Due} {best} {client.Past |> List.map (pastKey now)}"
            | other -> $"%A{other}")

    let marks =
        State.marks now world.Rig.State
        |> List.map (fun mark -> $"{mark.Hop.Address.Low &&& 15UL} {from now mark.Until}")

    let flows = flows world |> List.map (fun flow -> $"{flow.Phase.IsOpen}")
    let hasRung (request: SipRequest) = Set.contains (string request.TopVia.Branch) world.Rungs
    let rungs = ValueOption.map hasRung world.Last, ValueOption.map hasRung world.Before

    let seen =
        (world.Targets, world.Outcome, world.Rung, world.WentOn, world.CancelAccepted, world.Busy)

    [
        entries
        marks
        flows
        [
            $"{seen} {world.Before.IsSome} {world.SentAfterOutcome} {rungs} {world.CancelledEarly}"
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
        Always = always
        Sometimes = sometimes (method = "INVITE")
    }

let private explores method =
    testCase $"C1: {method}, three targets on two transports"
    <| fun () ->
        let explored = explore 2_000_000 (model [ 503 ] method)

        printfn
            $"C1, {method}: {explored.States} distinct states, {explored.Transitions} transitions, depth {explored.Depth}, closed {explored.Closed}"

        Expect.equal explored.Broken None "no law is broken anywhere"
        Expect.isTrue explored.Closed "every state was visited"
        Expect.equal explored.NeverSeen [] "and all that should happen was seen"

let private most = if Suite.long then 2_000_000 else 10_000

/// The one that was left rings and answers too.
let private late =
    testCase "C1: INVITE, and the target that was left rings, answers and refuses"
    <| fun () ->
        let explored = explore most (model [ 180; 200; 503 ] "INVITE")

        printfn
            $"C1, INVITE, late answers: {explored.States} distinct states, {explored.Transitions} transitions, depth {explored.Depth}, closed {explored.Closed}"

        Expect.equal explored.Broken None "no law is broken anywhere"
        Expect.isTrue (explored.Closed || explored.States >= most) "closed, or as many as asked for"

let tests =
    testSequenced (testList "ThreeTargets" [ explores "INVITE"; explores "OPTIONS"; late ])
