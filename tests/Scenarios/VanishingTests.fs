// Each scenario once more for each of its nodes and each of its instants: there the node vanishes,
// and nothing gets to it or from it any more. Whatever had begun must end: at last every table of
// every machine is empty (D7).
module SipFun.Tests.Scenarios.VanishingTests

open Expecto
open SipFun.Core
open SipFun.Tests.Scenarios.Script
open SipFun.Tests.Scenarios.Stage

/// With a session timer a call ends by itself; else the users left behind hang up, when the play is
/// over and nothing more happens.
let private toItsEnd (script: Script) world =
    let hasSession = script.Given |> List.exists (List.contains "sessions")
    if hasSession then world else World.ended world

let private leftWhen who (at: Instant) (script: Script) =
    let script = { script with Troubles = Vanish(who, at) :: script.Troubles }
    world script |> World.played script |> toItsEnd script |> World.left

let private vanishing scenario =
    let script = scenario.Script
    let instants = world script |> World.played script |> World.instants

    [
        for node in script.Nodes do
            for at in instants do
                match leftWhen node.Name at script with
                | [] -> ()
                | left -> $"{node.Name} vanishes at {at} ms: %A{left}"
    ]

let private test scenario =
    testCase $"{scenario.Name}: whoever vanishes, and whenever"
    <| fun () ->
        match vanishing scenario with
        | [] -> ()
        | left -> failtestf "not empty:\n%s" (String.concat "\n" left)

let tests = testList "Vanishing" (List.map test scenarios)
