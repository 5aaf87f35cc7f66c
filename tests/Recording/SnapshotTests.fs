// A state written down at any step of a random history and taken up again (P-26): as it was, or by another
// process, whose connections and callers are others.
module SipFun.Tests.Recording.SnapshotTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Histories

let private ok result =
    match result with
    | Ok value -> value
    | Error why -> failtestf "%s" why

let private written rig = Snapshot.create rig.Settings rig.Number rig.State |> Snapshot.write
let private reread rig = written rig |> ReadOnlyMemory |> Snapshot.read |> ok

let private split at (events: Event list) = List.splitAt (at % (List.length events + 1)) events

let private law name check =
    testPropertyWithConfig
        config
        name
        (fun (events: Event list) (NonNegativeInt at) (isTight: bool) ->
            let before, after = split at events
            let rig = List.fold give1 (started (if isTight then tight else settings)) before
            check rig after)

/// The same state, made from what was written.
let private thawed (rig: Rig) = { rig with State = TakingUp.thaw rig.Settings (reread rig).Frozen }

/// Another process: its legs are those of these numbers, nothing else is there.
let private successor numbers (rig: Rig) =
    let legs =
        rig.State.Legs |> List.filter (fun leg -> List.contains leg.Number numbers)

    let bare = { rig with State = { Dispatcher.start with Now = rig.State.Now } }

    List.fold (fun rig leg -> give (AddLeg leg) rig) bare legs |> give (TakeUp (reread rig).Frozen)

let private all rig = rig.State.Legs |> List.map _.Number

let private underWay rig =
    Queue.toList rig.State.Queue
    |> List.map fst
    |> List.filter (fun number -> State.isUnderWay number rig.State)

let private ended rig = outcomes rig |> List.map (fun (_, number, _) -> number)

/// Nobody wants anything, every word is said, and time enough passes.
let private drained rig =
    let stop rig number = give (CancelDelivery(ByNumber number)) rig

    let once rig =
        transmits rig
        |> List.filter (fun (_, _, report) -> report)
        |> List.fold (fun rig (number, _, _) -> give (Transmitted number) rig) rig
        |> fun rig -> List.fold stop rig (underWay rig)
        |> runFor 1_000_000L<ms>

    once rig |> once

/// An OPTIONS and an INVITE over UDP, under way since a while.
let private insisting () =
    start
    |> deliver (request "OPTIONS" "a")
    |> snd
    |> deliver (request "INVITE" "b")
    |> snd
    |> runFor 700L<ms>

let private overTcp () =
    let tcp = { own with Number = 5; Transport = Transport.Tcp }
    let to' = requestTo "sip:b@127.0.0.7:5070;transport=tcp"
    let number, rig = withLegs [ own; tcp ] |> number
    let rig = give (Deliver(order number (to' "OPTIONS" "t" 1))) rig
    number, give (FlowOpened -1L) rig

let tests =
    testList "Snapshot" [
        law
            "P-26: written down at any step and read again, all goes on as it would have"
            (fun rig after ->
                let whole = List.fold give1 rig after
                let again = List.fold give1 (thawed rig) after

                List.map (snd >> EffectText.line) whole.Log =
                    List.map (snd >> EffectText.line) again.Log)

        law "what was read again breaks no law, and is written as it was" (fun rig _ ->
            let again = thawed rig

            Laws.violations rig.Settings again.State = [] && written again = written rig)

        law
            "taken up by another process, whichever legs it has, every law holds and goes on to"
            (fun rig after ->
                let legs = all rig |> List.filter (fun number -> (number + after.Length) % 3 > 0)
                let next = successor legs rig
                let rig = List.fold give1 next after
                List.distinct (ended rig) = ended rig)

        law
            "taken up, every delivery under way ends once, and every table becomes empty"
            (fun rig _ ->
                let before = underWay rig
                let next = successor (all rig) { rig with Log = [] } |> drained

                List.sort (ended next) = List.sort before && State.idle next.State)

        law "what somebody will want to hear the end of is listed" (fun rig _ ->
            let listed = Snapshot.deliveries (reread rig) |> List.map (fun one -> one.Number)
            List.sort listed = List.sort (underWay rig))

        testCase "over UDP the copies leave at the instants at which they would have left"
        <| fun () ->
            let whole = insisting () |> runFor 40_000L<ms>
            let again = successor [ 1 ] (insisting ()) |> runFor 40_000L<ms>
            same (copies "OPTIONS" again) (copies "OPTIONS" whole) "Timer E"
            same (copies "INVITE" again) (copies "INVITE" whole) "Timer A"
            same (outcomes again) (outcomes whole) "and end as they would have"

        testCase "an answer to the old process' request is the new one's"
        <| fun () ->
            let rig = successor [ 1 ] (insisting ()) |> answer "OPTIONS" 200
            same (outcomes rig |> List.map (fun (_, number, _) -> number)) [ 1L ] "answered"

        testCase "what went over a connection ends Unreachable where there is no other target"
        <| fun () ->
            let number, rig = overTcp ()
            let rig = successor [ 1; 5 ] rig

            let rig =
                give (FlowClosed(rig.State.Dialled, TransportFault.ConnectionRefused, "no")) rig

            match outcomeOf number rig with
            | _, Unreachable _ -> ()
            | _, other -> failtestf "%A" other

        testCase "what was looked for is asked again"
        <| fun () ->
            let number, rig = number start

            let rig =
                give (Deliver(order number (requestTo "sip:b@two.test" "OPTIONS" "n" 1))) rig

            let asked rig =
                effects rig |> List.filter (fun (_, effect) -> effect.IsAsk) |> List.length

            let before = asked rig
            same (asked (successor [ 1 ] rig)) (2 * before) "each question once more"

        testCase "a request that no receiver had spoken about comes again, and is new"
        <| fun () ->
            let via = "SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKnew"
            let rig = receiving start |> receive (incoming via "OPTIONS" "")
            let rig = successor [ 1 ] rig
            expectIdle rig
            let rig = receiving rig |> receive (incoming via "OPTIONS" "")
            same (offered rig).Length 2 "offered by the next process"

        testCase "the next process drains only when it is told to"
        <| fun () ->
            same (successor [ 1 ] (give Drain start)).State.IsDraining false "it takes new work"

        testCase "what is no snapshot is named so"
        <| fun () ->
            for octets, word in
                [
                    [||], "empty"
                    "INVITE sip:b@b.test SIP/2.0\r\n"B, "no snapshot"
                    Array.truncate 40 (written (insisting ())), "cut off"
                    Array.append (written (insisting ())) [| 0uy |], "changed"
                ] do
                match Snapshot.read (ReadOnlyMemory octets) with
                | Error why -> Expect.stringContains why word "says what is wrong"
                | Ok _ -> failtestf "%s: it was read" word
    ]
