// Breadth first through every state that some actions can reach, so that the first counterexample is
// the shortest. Knows nothing of SIP. A model that does nothing fails too: see `Sometimes`.
module SipFun.Tests.Model.Explorer

open System
open System.Collections.Generic
open System.Security.Cryptography
open System.Text

type Law<'World> = { Name: string; Holds: 'World -> bool }

let law name holds = { Name = name; Holds = holds }

type Model<'World, 'Action> = {
    Start: 'World
    Actions: 'World -> 'Action list
    Next: 'World -> 'Action -> 'World
    /// What two worlds that behave alike have in common: times relative to now, nothing unread.
    Key: 'World -> string
    /// Must hold in every world.
    Always: Law<'World> list
    /// Must be seen in some world.
    Sometimes: Law<'World> list
}

type Explored = {
    States: int
    Transitions: int
    Depth: int
    /// No world is left whose actions were not tried.
    Closed: bool
    /// The first law broken, and the actions that lead there.
    Broken: string option
    NeverSeen: string list
}

type private Found<'World, 'Action> = { World: 'World; Depth: int; Path: 'Action list }

let private fingerprint (key: string) =
    BitConverter.ToUInt64(MD5.HashData(Encoding.UTF8.GetBytes key), 0),
    BitConverter.ToUInt64(MD5.HashData(Encoding.UTF8.GetBytes key), 8)

let private brokenBy model found =
    model.Always
    |> List.tryFind (fun law -> not (law.Holds found.World))
    |> Option.map (fun law -> sprintf "%s, after %A" law.Name (List.rev found.Path))

/// Every world within `most` states.
let explore most model =
    let known = HashSet()
    let waiting = Queue<Found<_, _>>()
    let mutable unseen = model.Sometimes
    let mutable broken = None
    let mutable transitions = 0
    let mutable depth = 0

    let visit found =
        if known.Add(fingerprint (model.Key found.World)) then
            waiting.Enqueue found
            depth <- max depth found.Depth
            unseen <- unseen |> List.filter (fun law -> not (law.Holds found.World))
            broken <- brokenBy model found

    visit { World = model.Start; Depth = 0; Path = [] }

    while broken.IsNone && waiting.Count > 0 && known.Count < most do
        let found = waiting.Dequeue()

        for action in model.Actions found.World do
            if broken.IsNone then
                transitions <- transitions + 1

                visit {
                    World = model.Next found.World action
                    Depth = found.Depth + 1
                    Path = action :: found.Path
                }

    {
        States = known.Count
        Transitions = transitions
        Depth = depth
        Closed = waiting.Count = 0
        Broken = broken
        NeverSeen = unseen |> List.map (fun law -> law.Name)
    }
