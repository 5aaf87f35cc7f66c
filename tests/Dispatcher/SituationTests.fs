// Golden explanations: situations.txt holds what a person reads in some thirty situations, each with
// its zone, its legs and what happens. `--update-api` writes down what is read now; look at the diff.
module SipFun.Tests.Dispatcher.SituationTests

open System
open System.IO
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Resolution
open SipFun.Tests.Dispatcher.Resolver

type private Situation = { Name: string; Given: string list; Expected: string list }

let private file = Path.Combine(__SOURCE_DIRECTORY__, "situations.txt")

let private parse (block: string) =
    let lines = block.Split('\n') |> List.ofArray |> List.map _.TrimEnd()
    let body = lines.Tail |> List.filter (fun line -> line <> "")

    {
        Name = lines.Head.Trim()
        Given = body |> List.takeWhile (fun line -> line <> "--")
        Expected =
            body |> List.skipWhile (fun line -> line <> "--") |> List.truncate 200 |> List.skip 1
    }

let private situations =
    File.ReadAllText(file).Split("== ", StringSplitOptions.RemoveEmptyEntries)
    |> Array.map parse
    |> List.ofArray

let private named word (situation: Situation) =
    situation.Given |> List.filter _.StartsWith(word + " ") |> List.map _.Substring(word.Length + 1)

let private legs situation =
    match named "legs" situation with
    | [] -> [ own ]
    | text :: _ ->
        Resolving.legs (List.ofArray (text.Split ' '))
        |> List.map (fun leg -> { leg with SentBy = $"{Address.toHost leg.Address}:{leg.Port}" })

let private networked situation (legs: Leg list) =
    match named "networks" situation with
    | [] -> legs
    | text :: _ ->
        let networks =
            text.Split ' ' |> Seq.map (fun one -> (Network.parse one).Value) |> List.ofSeq

        { legs.Head with Networks = networks } :: legs.Tail

let private rules situation =
    let map =
        named "map" situation
        |> List.map (fun line -> line.Split('=')[0], uri (line.Substring(line.IndexOf '=' + 1)))

    {
        settings.Rules with
            DomainProxies = Map.ofList map
            OutgoingProxy =
                match named "proxy" situation with
                | proxy :: _ -> ValueSome(uri proxy)
                | [] -> ValueNone
    }

let private request situation callId =
    let target = (named "to" situation).Head
    let request = requestTo target "OPTIONS" callId 1

    named "route" situation
    |> List.fold
        (fun (request: SipRequest) route -> request.WithAddedHeader("Route", route))
        request

let private wished situation (order: Order) = {
    order with
        Destination = ValueNone
        Transports =
            match named "transports" situation with
            | text :: _ -> text.Split ' ' |> Seq.map Resolving.transport |> List.ofSeq
            | [] -> []
}

let private deliver situation callId world =
    let number, rig =
        deliverWith (wished situation) (request situation callId) world.Rig

    number, runFor 0L<ms> { world with Rig = rig }

let private refuse number world =
    let hop = wire world.Rig |> List.last |> fun (_, hop, _) -> hop

    act (give (Input.Failed(number, hop, TransportFault.ConnectionRefused, "ICMP"))) world

/// The target that was sent to last answers.
let private reply (status: int) change world =
    let _, hop, request = wire world.Rig |> List.last
    let response = (request :?> SipRequest).CreateResponse(status, "peer")
    act (receiveFrom hop (change response)) world

let private busy (seconds: string) world =
    world |> reply 503 _.WithAddedHeader("Retry-After", seconds)

let private happen situation (number, world) (word: string) =
    match word.Split ' ' with
    | [| "refuse" |] -> number, refuse number world
    | [| "busy"; seconds |] -> number, busy seconds world
    | [| "answer"; status |] -> number, reply (int status) id world
    | [| "wait"; seconds |] -> number, runFor (int64 seconds * 1000L<ms>) world
    | [| "again" |] -> deliver situation "call-2" world
    | [| "same" |] -> deliver situation "call-1" world
    | _ -> failtest $"not an event: {word}"

let private trace number world =
    effects world.Rig
    |> List.tryPick (fun (_, effect) ->
        match effect with
        | Effect.Complete(each, _, trace, _) when each = number -> Some trace
        | _ -> None)
    |> Option.orElse (State.trace number world.Rig.State |> ValueOption.toOption)

let private told situation =
    let settings = { settings with Rules = rules situation }

    let rig =
        legs situation
        |> networked situation
        |> List.fold
            (fun rig leg -> give (AddLeg leg) rig)
            (give (RemoveLeg own.Number) (withSettings settings))

    let script = fromZone (named "zone" situation)
    let start = deliver situation "call-1" (world script rig)

    let number, world = named "then" situation |> List.fold (happen situation) start

    match trace number (runFor 0L<ms> world) with
    | Some trace ->
        (Explanation.text trace).Split('\n', StringSplitOptions.RemoveEmptyEntries) |> List.ofArray
    | None -> failtest "no trace"

let private written situation =
    String.concat "\n" [
        "== " + situation.Name
        yield! situation.Given
        "--"
        yield! told situation
        ""
        ""
    ]

if Suite.update then
    File.WriteAllText(file, (situations |> List.map written |> String.concat "").TrimEnd() + "\n")

let tests =
    testList "Situations" [
        testCase "there are thirty of them"
        <| fun () -> Expect.isGreaterThanOrEqual situations.Length 30 "situations"

        for situation in situations do
            testCase situation.Name
            <| fun () ->
                let expected = if Suite.update then told situation else situation.Expected
                Expect.equal (told situation) expected "line by line"
    ]
