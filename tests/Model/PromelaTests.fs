// An independent second model: client.pml says in Promela what RFC 3261, 17.1, says of client
// transactions, and spin walks it. The states it finds must be those of the real step, one by one:
// phase, packets, instant, outcome, ACKs.
module SipFun.Tests.Model.PromelaTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.OneDelivery

let private source = Path.Combine(__SOURCE_DIRECTORY__, "promela", "client.pml")

let private isThere program =
    (Environment.GetEnvironmentVariable "PATH" |> string).Split ':'
    |> Array.exists (fun folder -> File.Exists(Path.Combine(folder, program)))

let private run folder program arguments =
    use running = new Running(program, arguments, folder)
    let code = running.WaitForExit()
    Expect.equal code 0 $"{program} succeeds: %A{running.Output} %A{running.Errors}"
    running.Output

/// Every state of the client that spin enters, as client.pml prints it.
let private spun isInvite =
    let folder = Directory.CreateTempSubdirectory("sipfun-spin-").FullName

    try
        let flags = if isInvite then [ "-DINVITE" ] else []
        run folder "spin" (flags @ [ "-a"; source ]) |> ignore
        run folder "gcc" [ "-O2"; "-w"; "-DSAFETY"; "-o"; "pan"; "pan.c" ] |> ignore
        let lines = run folder (Path.Combine(folder, "pan")) [ "-m100000" ]
        Expect.exists lines _.EndsWith("errors: 0") "spin finds no broken assertion"
        lines |> List.filter _.StartsWith("state ") |> Set.ofList
    finally
        Directory.Delete(folder, true)

let private phase world =
    match State.tryFind 1L world.Rig.State with
    | ValueSome(ClientEntry client) ->
        match client.Phase with
        | Calling _ -> 1
        | Proceeding _ -> 2
        | Completed _ -> 3
        | Accepted _ -> 4
        | other -> failtest $"client.pml has no %A{other}"
    | ValueSome(LingeringEntry _) -> 3
    | _ -> 5

let private outcome world =
    match world.Outcomes with
    | [] -> 0
    | [ Outcome.Answered response ] when response.IsSuccess -> 1
    | [ Outcome.Answered _ ] -> 2
    | [ TimedOut ] -> 3
    | [ Cancelled ] -> 4
    | other -> failtest $"client.pml has no %A{other}"

/// In the words of client.pml, whose unit of time is T1.
let private line world =
    $"state {phase world} {world.Sent} {world.Rig.Now / timers.T1} {outcome world} {world.Acks}"

let private explored isInvite =
    let seen = HashSet<string>()

    let watching =
        law "seen" (fun world ->
            seen.Add(line world) |> ignore
            true)

    let model = timed (if isInvite then "INVITE" else "OPTIONS")
    // client.pml knows the instant: two worlds alike but for that are two.
    let key world = $"{world.Rig.Now} {model.Key world}"

    let explored =
        explore 1_000_000 { model with Key = key; Always = watching :: model.Always }

    Expect.isTrue explored.Closed "our own model closes"
    Set.ofSeq seen

let private agree name isInvite =
    testCase name
    <| fun () ->
        if not (isThere "spin" && isThere "gcc") then
            skiptest "spin or gcc is not installed"

        let theirs, ours = spun isInvite, explored isInvite
        let ends states = states |> Set.filter (fun (line: string) -> line.StartsWith "state 5")
        Expect.equal (ours - theirs) Set.empty "nothing that the RFC's machine does not do"
        Expect.equal (theirs - ours) Set.empty "and everything that it does"

        printfn
            $"{name}: {ours.Count} states, {(ends ours).Count} of them ends, as spin counts them"

let tests =
    testList "Promela" [
        agree "client INVITE transaction" true
        agree "client transaction of another method" false
    ]
