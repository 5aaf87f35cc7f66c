// Every configuration of the models (reliability.md, 4.2): as tests, and as the table that `--model` prints.
module SipFun.Tests.Model.Model

open System.Diagnostics
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun.Tests
open SipFun.Tests.Dispatcher
open SipFun.Tests.Rig
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Configuration

let configurations = [
    yield! OneDelivery.configurations
    yield! TwoTargets.configurations
    yield! ThreeTargets.configurations
    yield! TwoDeliveries.configurations
    yield! MixedTransports.configurations
    yield! ThreeDeliveries.configurations
    yield! EqualDeliveries.configurations
    yield! Cancelled.configurations
    yield! Names.configurations
    yield! Connections.configurations
    yield! TwoRequests.configurations
    yield! Registrations.configurations
    yield! ProxyPair.configurations
]

let tests =
    testList "Model" [
        testSequenced (testList "Configurations" (List.map tests configurations))
        replays configurations
        PromelaTests.tests
    ]

/// The states with a key that lacks a reduction: at most four times as many are looked for.
let private reduction (explored: Explored) (name, explore: int -> Explored) =
    let most = 4 * explored.States
    let without = explore most
    let atLeast = if without.Closed then "" else "more than "
    printfn $"    without {name}: {atLeast}{without.States} states"

let private run (sights: Sights.Sights) configuration =
    Steps.Heard <- ValueSome sights.Hear
    let clock = Stopwatch.StartNew()
    let explored = configuration.Explore(most configuration)
    Steps.Heard <- ValueNone
    printfn $"%s{line configuration explored}, {clock.Elapsed.TotalSeconds:F1} s"
    let faults = faults configuration explored
    Option.iter (printfn "%s") faults
    List.iter (reduction explored) configuration.Without
    explored, faults

/// Those named on the command line after `--model`; all, where none is.
let private chosen =
    match configurations |> List.filter (fun each -> List.contains each.Name Suite.named) with
    | [] -> configurations
    | some -> some

/// What random histories meet beside: they have both sides of a conversation in one dispatcher.
let private histories () =
    let sights = Sights.Sights()
    Steps.Heard <- ValueSome sights.Hear

    Gen.listOfLength 80 (Histories.Histories.Events().Generator)
    |> Gen.sampleWithSeed (Rnd(7UL, 7UL)) 80 1000
    |> Seq.iter (fun events -> Histories.history Rig.settings events |> ignore)

    Steps.Heard <- ValueNone
    sights

let private matrix title sights =
    printfn $"\nEvents met by states, {title}:\n"
    Sights.table sights |> List.iter (printfn "%s")

/// The table, the matrices, and closing lines for a script; the exit code.
let print () =
    let sights = Sights.Sights()
    let explored = chosen |> List.map (run sights)
    let states = explored |> List.sumBy (fun (each, _) -> int64 each.States)
    let violations = explored |> List.choose snd |> List.length
    matrix "in the models" sights
    matrix "in 1000 random histories of 80 events" (histories ())
    printfn ""
    printfn $"{explored |> List.sumBy (fun (each, _) -> each.Transitions)} transitions"
    printfn $"{states} distinct states"
    printfn $"{violations} violations"
    if violations = 0 then 0 else 1
