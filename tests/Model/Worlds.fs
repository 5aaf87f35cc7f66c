// What the models have in common: a dispatcher without explanations, its alarm, and what two states that
// behave alike have in common, times relative to now.
module SipFun.Tests.Model.Worlds

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Model.Explorer

let quiet = { settings with Limits = { limits with Decisions = 0 } }

let named outcome =
    match outcome with
    | Outcome.Answered response -> $"answered {response.StatusCode}"
    | Unreachable _ -> "unreachable"
    | other -> $"{other}"

let alarm rig = Dispatcher.alarm rig.State

/// The alarm rings, so much too late.
let ringAt late rig =
    match alarm rig with
    | ValueSome at -> { rig with Now = max rig.Now at + late } |> give Tick
    | ValueNone -> rig

/// The effects of the last steps in order, and the rig without them.
let harvested rig = List.rev rig.Log |> List.map snd, { rig with Log = [] }

let from now (instant: Instant) = if instant = Queue.never then "-" else string (instant - now)

let private scheduleKey now (schedule: Schedule) =
    $"{schedule.Interval} {from now schedule.NextAt} {from now schedule.GiveUpAt}"

let private attemptKey now (attempt: Attempt) =
    $"{scheduleKey now attempt.Schedule} {Address.toString attempt.Hop.Address} {attempt.Hop.Flow} {attempt.Later.Length}"

let private clientKey now (client: Client) =
    let phase =
        match client.Phase with
        | Calling attempt -> "calling " + attemptKey now attempt
        | Proceeding attempt -> "proceeding " + attemptKey now attempt
        | Completed ended -> $"completed {ended.Ack.IsSome} {ended.Branch}"
        | Accepted ended -> $"accepted {ended.Branch}"
        | Held _ -> "held"
        | Passing _ -> "passing"
        | other -> $"%A{other}"

    let best = ValueOption.map named client.Best
    $"{phase} {client.Told} {from now (Client.due client)} {best} {client.Past.Length}"

let private serverKey now (server: Server) =
    let phase =
        match server.Phase with
        | Insisting repeating ->
            $"insisting {repeating.Sending.StatusCode} {scheduleKey now repeating.Schedule} {repeating.Delivery.IsSome}"
        | Answering sending -> $"answering {sending.StatusCode}"
        | Concluded sending -> $"concluded {sending.StatusCode}"
        | Confirmed sending -> $"confirmed {sending.StatusCode}"
        | Offered(_, copies) -> $"offered {copies.Length}"
        | ServerPhase.Trying(_, at) -> $"trying {from now at}"

    $"{phase} {from now (Server.due server)}"

let private replyKey (reply: Reply) =
    match reply.Phase with
    | Handing _ -> "handing"
    | AwaitingAck _ -> "awaiting"
    | Locating _
    | ReplyAwaitingSource _ -> "locating"

/// Of an entry; `name` says by what its number is known, "" where it does not matter.
let entryKey now (name: int64 -> string) (number, waiting: Waiting<Entry>) =
    let key =
        match waiting.Value with
        | ClientEntry client -> clientKey now client
        | ServerEntry server -> serverKey now server
        | ReplyEntry reply -> replyKey reply
        | other -> $"%A{other}"

    name number + " " + key

let entriesKey name rig =
    Queue.toList rig.State.Queue |> List.map (entryKey rig.Now name) |> String.concat "; "

/// Explores, prints the figures, and expects that no law breaks and nothing is left unseen.
let check name most model =
    let explored = explore most model

    printfn
        $"{name}: {explored.States} distinct states, {explored.Transitions} transitions, depth {explored.Depth}, closed {explored.Closed}"

    Expect.equal explored.Broken None "no law is broken anywhere"
    Expect.equal explored.NeverSeen [] "and all that should happen was seen"
    explored

/// A configuration that is explored to its end.
let closes name most model =
    testCase $"{name}: every reachable state"
    <| fun () -> Expect.isTrue (check name most model).Closed "every state was visited"

/// A configuration too large for that: so many states, and many more with --long.
let reaches name most mostLong model =
    testCase $"{name}: as many states as there is time for"
    <| fun () -> check name (if Suite.long then mostLong else most) model |> ignore
