// Laws D1 to D7, Q1 and Q2 after random histories: whatever comes, in whatever order, however late.
module SipFun.Tests.Dispatcher.LawsTests

open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Histories

let private told rig = outcomes rig |> List.map (fun (_, number, _) -> number)

/// After its outcome nothing mentions a delivery but the ACK, what a 2xx brings, and the farewell.
let private quietAfterOutcome rig =
    let rec walk ended effects =
        match effects with
        | [] -> true
        | (_, effect) :: rest ->
            match effect with
            | Effect.Complete(number, _, _, _) ->
                not (Set.contains number ended) && walk (Set.add number ended) rest
            | Effect.Transmit(number, _, _, bytes, _) when Set.contains number ended ->
                isRequest "ACK" (packet bytes) && walk ended rest
            | Effect.HandUp(number, response) when Set.contains number ended ->
                response.IsSuccess && walk ended rest
            | Effect.TellSent(number, _) -> not (Set.contains number ended) && walk ended rest
            | _ -> walk ended rest

    walk Set.empty (effects rig)

/// Every handle that was to stay after its outcome is given up once, and no other.
let private farewells rig =
    let kept = [
        for _, effect in effects rig do
            match effect with
            | Effect.Complete(number, _, _, false) -> number
            | _ -> ()
    ]

    let forgotten = [
        for _, effect in effects rig do
            match effect with
            | Effect.Forget number -> number
            | _ -> ()
    ]

    List.sort kept = List.sort forgotten

let private law name check =
    testPropertyWithConfig config name (fun (events: Event list) (isTight: bool) ->
        check events (history (if isTight then tight else settings) events))

/// Every packet and every outcome, each with its instant from `from` on.
let private story from rig = [
    for at, hop, message in wire rig do
        at - from, hop.Port, System.Convert.ToHexString message.Bytes.Span

    for at, number, outcome in outcomes rig do
        int64 at * 1L<ms> - from, int number, $"{outcome}"
]

/// The words the shell still owes.
let private worded rig =
    transmits rig
    |> List.filter (fun (_, _, report) -> report)
    |> List.map (fun (number, _, _) -> number)
    |> List.distinct
    |> List.fold (fun rig number -> give (Transmitted number) rig) rig

/// Nobody wants anything any more, and time enough passes.
let private drained rig =
    let stopped rig =
        Queue.toList rig.State.Queue
        |> List.fold
            (fun rig (number, _) ->
                give (CancelDelivery(ByNumber number)) rig |> give (CancelTimer number))
            rig

    let once rig = worded rig |> stopped |> runFor 1_000_000L<ms>

    once rig |> once

let tests =
    testList "Laws" [
        law "D1, D2: one outcome each, and silence after it" (fun _ rig ->
            let told = told rig
            List.distinct told = told && quietAfterOutcome rig)

        law "D3: after a tick with nothing more due the alarm is later than now" (fun _ rig ->
            let rig = runFor 0L<ms> rig

            match Dispatcher.alarm rig.State with
            | ValueSome at -> at > rig.Now
            | ValueNone -> true)

        law "D5: an input about something unknown changes nothing but a counter" (fun _ rig ->
            let unknown = [
                Transmitted 99_999L
                Input.Failed(99_999L, peer, TransportFault.SendFailed, "")
                Receipted(99_999L, Receipt.Handled)
                Overflowed 99_999L
                CancelTimer 99_999L
                CancelDelivery(ByNumber 99_999L)
                RemoveLeg 99
            ]

            unknown
            |> List.forall (fun input ->
                let after = give input rig
                after.State = { rig.State with Now = after.State.Now }))

        law "D6: an alarm that rings early changes nothing" (fun _ rig ->
            let rig = runFor 0L<ms> rig
            let early = give Tick rig
            early.State = { rig.State with Now = early.State.Now } && early.Log = rig.Log)

        law "D6: an input that arrived before the tick wins" (fun _ rig ->
            match Dispatcher.alarm rig.State, requestsSent rig |> List.tryLast with
            | ValueSome at, Some sent when sent.Method = SipMethod.Options ->
                let late = { rig with Now = max at rig.Now }
                let answered = receive (sent.CreateResponse(200, "peer")) late |> give Tick
                (copies "OPTIONS" answered).Length <= (copies "OPTIONS" (give Tick late)).Length
            | _ -> true)

        law "P-22: splitting one tick into many changes nothing" (fun _ rig ->
            let few = {
                rig.Settings with
                    Limits = { rig.Settings.Limits with PerStep = 1 }
            }

            let whole = runFor 9000L<ms> rig
            let split = runFor 9000L<ms> { rig with Settings = few }
            story 0L<ms> whole = story 0L<ms> split)

        law "L-2, D7: when no new work comes, every table becomes empty" (fun _ rig ->
            let rig = drained rig
            State.idle rig.State && (Dispatcher.alarm rig.State).IsNone)

        law "every handle kept after its outcome is given up once" (fun _ rig ->
            farewells (drained rig))

        law "L-6: Close leaves nothing, and every delivery has its one outcome" (fun _ rig ->
            let closed = give Close rig
            let told = told closed
            State.idle closed.State && List.distinct told = told)

        law "S-20: every word of the shell twice changes nothing" (fun _ rig ->
            let once = worded rig
            (worded once).State = once.State)

        law "S-18: time never runs backwards" (fun _ rig ->
            (give Tick { rig with Now = 0L<ms> }).State.Now >= rig.State.Now)

        testPropertyWithConfig
            config
            "P-23: the same history later gives the same effects, as much later"
            (fun (events: Event list) ->
                let run start = List.fold give1 start events
                let early = run (started settings)
                let late = run { started settings with Now = 1_000_000L<ms> }

                story 0L<ms> early = story 1_000_000L<ms> late)
    ]
