// Each scenario file is played, and its wire compared line by line. `--update-scenarios` writes
// down what is seen now: then the RFC's figure and the file's own notes are to be read beside it,
// line by line.
module SipFun.Tests.Scenarios.ScenarioTests

open System.IO
open Expecto
open SipFun.Tests
open SipFun.Tests.Scenarios.Stage

let private expectSame what expected seen =
    match Difference.between expected seen with
    | [] -> ()
    | lines -> failtestf "%s differs (- expected, + seen):\n%s" what (String.concat "\n" lines)

let private play scenario =
    let world = World.played scenario.Script (world scenario.Script)
    wire scenario.Script world, ending world

let private update scenario =
    let wire, ending = play scenario
    File.WriteAllText(scenario.Path, Script.write scenario.Script wire ending)

let private test scenario =
    testCase $"{scenario.Name}: {scenario.Script.Title}"
    <| fun () ->
        if Suite.updateScenarios then
            update scenario
        else
            let wire, ending = play scenario
            expectSame "the wire" scenario.Script.Wire wire
            expectSame "the end" scenario.Script.End ending

let tests = testList "Wire" (List.map test scenarios)
