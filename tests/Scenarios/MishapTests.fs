// Each scenario over datagrams once more for each packet of its wire: that one is lost, or comes
// twice, or late. What was agreed may come later or not at all, but at last every table of every
// machine is empty (D7).
module SipFun.Tests.Scenarios.MishapTests

open Expecto
open SipFun.Core
open SipFun.Tests.Scenarios.Network
open SipFun.Tests.Scenarios.Stage

let private packets (world: World.World) =
    world.Network.Log
    |> List.filter (function
        | Wired _ -> true
        | Heard _ -> false)
    |> List.length

let private playedWith mishap scenario =
    let start = world scenario.Script

    World.played scenario.Script { start with Network = { start.Network with Mishap = mishap } }

/// For each packet of the undisturbed play: what the test finds amiss.
let private each fate judge scenario =
    let count = packets (playedWith (0, Comes) scenario)

    let amiss = [
        for nth in 1..count do
            match playedWith (nth, fate) scenario |> judge with
            | [] -> ()
            | found -> $"F{nth}: %A{found}"
    ]

    if not amiss.IsEmpty then
        failtestf "amiss:\n%s" (String.concat "\n" amiss)

let private left world = World.ended world |> World.left

/// Who heard what, a call's ringing aside: every provisional response is handed up.
let private heard (world: World.World) =
    world.Network.Log
    |> List.choose (function
        | Heard(_, who, text) when not (text.StartsWith "hears") -> Some(who, text)
        | _ -> None)
    |> List.sort

let private unchanged scenario =
    let expected = heard (playedWith (0, Comes) scenario)

    fun world ->
        let now = heard world

        if now = expected then
            left world
        else
            List.map (fun (who, text) -> $"{who} {text}") now

let private overDatagrams =
    scenarios |> List.filter (fun scenario -> scenario.Script.Transport = "udp")

let private test name fate judge scenario =
    testCase $"{scenario.Name}: {name}" <| fun () -> each fate (judge scenario) scenario

let tests =
    testList "Mishap" [
        yield! overDatagrams |> List.map (test "any packet is lost" Lost (fun _ -> left))
        yield! overDatagrams |> List.map (test "any packet comes twice" Twice unchanged)
        yield! overDatagrams |> List.map (test "any packet is late" (Late 700L<ms>) (fun _ -> left))
    ]
