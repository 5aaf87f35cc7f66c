// The nodes and the network together, in virtual time: the next thing that happens is the next
// packet to arrive, the next order of a user, or the next alarm; and so on until all is at rest.
module SipFun.Tests.Scenarios.World

open SipFun.Core
open SipFun.Tests.Scenarios.Machine
open SipFun.Tests.Scenarios.Network
open SipFun.Tests.Scenarios.Script

type World = {
    Now: Instant
    Machines: Map<string, IMachine>
    Network: Network
    Steps: int
}

/// Longer than anything here can wait: a request nobody answered, 64*T1, Timer C.
let patience: Duration = 400_000L<ms>

let private happen who happening world =
    let struct (machine, doings) = world.Machines[who].Take(world.Now, happening)

    {
        world with
            Machines = Map.add who machine world.Machines
            Network =
                List.fold
                    (fun network doing -> perform world.Now who doing network)
                    world.Network
                    doings
            Steps = world.Steps + 1
    }

/// What is in flight comes before the alarm of the same instant (D6).
let private nextInFlight world = Map.tryFindKey (fun _ _ -> true) world.Network.InFlight

let private nextAlarm world =
    world.Machines
    |> Map.toList
    |> List.choose (fun (who, machine) ->
        match machine.Alarm with
        | ValueSome at -> Some(max at world.Now, who)
        | ValueNone -> None)
    |> function
        | [] -> None
        | alarms -> Some(List.min alarms)

let private land' (struct (at, order)) world =
    let key = struct (at, order)
    let struct (who, happening) = world.Network.InFlight[key]
    let rest = Map.remove key world.Network.InFlight

    {
        world with
            Now = max at world.Now
            Network = { world.Network with InFlight = rest }
    }
    |> happen who happening

/// Until nothing more happens, or this instant.
let rec run until world =
    if world.Steps > 100_000 then
        failwith "this world never comes to rest"

    match nextInFlight world, nextAlarm world with
    | Some(struct (at, order)), Some(alarm, _) when at <= alarm && at <= until ->
        land' (struct (at, order)) world |> run until
    | Some(struct (at, order)), None when at <= until ->
        land' (struct (at, order)) world |> run until
    | _, Some(alarm, who) when alarm <= until ->
        { world with Now = alarm } |> happen who Rang |> run until
    | _ -> world

let order at who words world = { world with Network = put at who (Ordered words) world.Network }

/// Whatever is left to a user to end, he ends now; and what that brings, until it is at rest again.
let rec private endAll rounds world =
    let orders = [
        for KeyValue(who, machine) in world.Machines do
            for words in machine.Unended do
                who, words
    ]

    if orders.IsEmpty || rounds = 0 then
        world
    else
        orders
        |> List.fold (fun world (who, words) -> order world.Now who words world) world
        |> run (world.Now + patience)
        |> endAll (rounds - 1)

let lastOrder (script: Script) = script.Play |> List.fold (fun last line -> max last line.At) 0L<ms>

/// The whole play, and what follows of itself.
let played (script: Script) world =
    script.Play
    |> List.fold (fun world line -> order line.At line.Who line.Words world) world
    |> run (lastOrder script + patience)

let ended world = endAll 8 world

/// What is not empty at the end, node by node.
let left world = [
    for KeyValue(who, machine) in world.Machines do
        for what in machine.Left do
            $"{who}: {what}"
    if not world.Network.InFlight.IsEmpty then
        "network: something is still under way"
]

/// Each instant at which something happened.
let instants world =
    world.Network.Log
    |> List.collect (function
        | Wired(at, _, _, _, _) -> [ at; at + world.Network.Latency ]
        | Heard(at, _, _) -> [ at ])
    |> List.distinct
    |> List.sort
