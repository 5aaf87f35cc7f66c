// Breadth first through every state that some actions can reach, so that the first counterexample is
// the shortest. Knows nothing of SIP. Of a state only its fingerprint is kept, by which action of which
// state it was found, and where its alarm leads. A model that does nothing fails too: see `Sometimes`.
module SipFun.Tests.Model.Explorer

open System
open System.Collections.Generic

type Law<'World> = { Name: string; Holds: 'World -> bool }

let law name holds = { Name = name; Holds = holds }

type Model<'World, 'Action when 'Action: equality> = {
    Start: 'World
    Actions: 'World -> 'Action list
    Next: 'World -> 'Action -> 'World
    /// What two worlds that behave alike have in common: times relative to now, nothing unread.
    Key: 'World -> string
    /// The alarm, on time: ringing it again and again must lead to silence from every state. None
    /// where nothing rings.
    Ring: 'Action voption
    /// Where no alarm is set: whatever is left waits for a peer or a person, who may take for ever.
    Settled: 'World -> bool
    /// Must hold in every world.
    Always: Law<'World> list
    /// Must be seen in some world.
    Sometimes: Law<'World> list
}

/// A law that broke, and the shortest way there.
type Breach = {
    Law: string
    Path: string list
    /// Goes that way again, telling each action before it is done.
    Walk: (string -> unit) -> unit
}

type Explored = {
    States: int
    Transitions: int64
    Depth: int
    /// No world is left whose actions were not tried.
    Closed: bool
    /// The most rings from any state to silence.
    Rings: int
    Broken: Breach option
    NeverSeen: string list
}

/// One state in so many is compared with other worlds that have its key, so often at most.
let private sample = 61

let private comparisons = 8

let private silent = -1

type private Exploration<'World, 'Action when 'Action: equality>
    (model: Model<'World, 'Action>, most: int) =
    let known = Fingerprints()
    let waiting = Queue<'World>()
    let parents = ResizeArray<int>()
    let through = ResizeArray<byte>()
    /// Where the alarm leads from each state that was tried.
    let rings = ResizeArray<int>()
    /// What follows from the states that are compared, one way to each, and how often they were.
    let digests = Dictionary<int, struct (UInt128 * int list * int)>()
    let mutable unseen = model.Sometimes
    let mutable broken: Breach option = None
    let mutable transitions = 0L

    let rec wayTo number way =
        if number = 0 then
            way
        else
            wayTo parents[number] (int through[number] :: way)

    let chosen world index = List.item index (model.Actions world)

    let follow tell (way: int list) =
        let go world index =
            let action = chosen world index
            tell $"%A{action}"
            model.Next world action

        List.fold go model.Start way

    let walk way tell = follow tell way |> ignore

    let breach law way =
        if broken.IsNone then
            let path = ResizeArray<string>()

            try
                walk way path.Add
            with _ ->
                ()

            broken <- Some { Law = law; Path = List.ofSeq path; Walk = walk way }

    let check number world =
        model.Always
        |> List.tryFind (fun law -> not (law.Holds world))
        |> Option.iter (fun law -> breach law.Name (wayTo number []))

    let fingerprint world = Fingerprints.Of(model.Key world)

    let digest world =
        model.Actions world
        |> List.map (fun action -> fingerprint (model.Next world action))
        |> List.distinct
        |> List.fold (fun sum print -> sum + print) UInt128.Zero

    let successors world =
        model.Actions world |> List.map (fun action -> action, model.Key(model.Next world action))

    /// What follows from the second and not from the first.
    let difference first second =
        let known = successors first |> List.map snd |> Set.ofList

        let other =
            successors second |> List.filter (fun (_, key) -> not (known.Contains key))

        let same action = successors first |> List.filter (fun (each, _) -> each = action)
        other |> List.truncate 1 |> List.map (fun (action, key) -> action, key, same action)

    /// Two worlds with one key must go the same ways: else the key forgets what matters.
    let compare number way world =
        check number world

        match digests.TryGetValue number with
        | true, struct (_, _, times) when times >= comparisons -> ()
        | true, struct (known, first, _) when known <> digest world ->
            let difference = difference (follow ignore first) world
            breach $"one key, two ways to go on (the other: {first}): %A{difference}" way
        | true, struct (known, first, times) -> digests[number] <- struct (known, first, times + 1)
        | _ -> digests[number] <- struct (digest world, way, 0)

    let arrive parent index world =
        let number = known.Add(fingerprint world)

        if number = parents.Count then
            parents.Add parent
            through.Add(byte index)
            waiting.Enqueue world
            unseen <- unseen |> List.filter (fun law -> not (law.Holds world))
            check number world

        if number % sample = 0 then
            compare number (wayTo (max 0 parent) [] @ (if parent < 0 then [] else [ index ])) world

        number

    let tryAction number world index action =
        if broken.IsNone then
            transitions <- transitions + 1L

            try
                let target = model.Next world action |> arrive number index

                if model.Ring = ValueSome action then
                    rings[number] <- target
            with problem ->
                breach problem.Message (wayTo number [] @ [ index ])

    let tryAll number =
        let world = waiting.Dequeue()
        let actions = model.Actions world
        rings.Add silent

        let isRinging =
            model.Ring |> ValueOption.exists (fun ring -> List.contains ring actions)

        if not (isRinging || model.Settled world) then
            breach "no deadlock: something is left, and no alarm is set" (wayTo number [])

        List.iteri (tryAction number world) actions

    /// How many rings there are from each state to silence, or to a state whose ways were not tried.
    let longest () =
        let counts = Array.create rings.Count -1
        let way = Stack<int>()
        let isOpen number = number >= 0 && number < rings.Count && counts[number] < 0
        let mutable most = 0

        for start in 0 .. rings.Count - 1 do
            let mutable number = start

            while isOpen number && broken.IsNone do
                if way.Count > rings.Count then
                    breach "L-2: the alarm rings for ever" (wayTo start [])

                way.Push number
                number <- rings[number]

            let mutable count =
                if number >= 0 && number < rings.Count then counts[number] else 0

            while way.Count > 0 do
                let at = way.Pop()
                count <- if rings[at] = silent then 0 else count + 1
                counts[at] <- count

            most <- max most count

        most

    member _.Run() =
        let mutable depth = 0
        let mutable levelEnd = 1
        arrive -1 0 model.Start |> ignore

        while broken.IsNone && rings.Count < known.Count && known.Count < most do
            if rings.Count = levelEnd then
                depth <- depth + 1
                levelEnd <- known.Count

            tryAll rings.Count

        {
            States = known.Count
            Transitions = transitions
            Depth = if known.Count > levelEnd then depth + 1 else depth
            Closed = broken.IsNone && rings.Count = known.Count
            Rings = if broken.IsSome then 0 else longest ()
            Broken = broken
            NeverSeen = unseen |> List.map (fun law -> law.Name)
        }

/// Every world within `most` states.
let explore most model = Exploration(model, most).Run()
