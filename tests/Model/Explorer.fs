// Breadth first through every state that some actions can reach, so that the first counterexample is
// the shortest. Knows nothing of SIP. Of a state only its fingerprint is kept, by which action of which
// state it was found, and where its alarm leads. A model that does nothing fails too: see `Sometimes`.
module SipFun.Tests.Model.Explorer

open System
open System.Collections.Generic
open System.Threading.Tasks

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

/// So many worlds are gone on from side by side, before what they found is numbered, in their order.
let private batch = 512

/// What an action led to.
type private Found<'World> = { Index: int; World: 'World; Print: UInt128; IsRing: bool }

/// All that follows from one world, up to an action that failed, and why that one did.
type private Tried<'World> = {
    Found: Found<'World> list
    IsStuck: bool
    Problem: (int * string) option
}

/// A world to be looked at: a new one, or one more with the key of a state that is compared.
type private Look<'World> = {
    Number: int
    Of: 'World
    Parent: int
    Through: int
    IsNew: bool
    IsCompared: bool
}

/// What was seen there: the law that broke, the sights, and what follows from it, where that is compared.
type private Seen<'World> = {
    Law: string option
    Sights: Law<'World> list
    Digest: UInt128 voption
}

type private Exploration<'World, 'Action when 'Action: equality>
    (model: Model<'World, 'Action>, most: int) =
    let known = Fingerprints()
    let waiting = Queue<'World>()
    let parents = ResizeArray<int>()
    let through = ResizeArray<byte>()
    /// Where the alarm leads from each state that was tried.
    let rings = ResizeArray<int>()
    /// How often states are compared, and what follows from them, with one way to each.
    let times = Dictionary<int, int>()
    let digests = Dictionary<int, struct (UInt128 * int list)>()
    let looks = ResizeArray<Look<'World>>()
    let mutable unseen = model.Sometimes
    let mutable broken: Breach option = None
    let mutable transitions = 0L

    let rec wayTo number way =
        if number = 0 then
            way
        else
            wayTo parents[number] (int through[number] :: way)

    let follow tell (way: int list) =
        let go world index =
            let action = List.item index (model.Actions world)
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

    /// Touches nothing that another thread touches; so does `look`.
    let tryAll world =
        let actions = model.Actions world

        let isRinging =
            model.Ring |> ValueOption.exists (fun ring -> List.contains ring actions)

        let found index action =
            let target = model.Next world action

            {
                Index = index
                World = target
                Print = fingerprint target
                IsRing = model.Ring = ValueSome action
            }

        let rec tryOn index found' actions =
            match actions with
            | [] -> List.rev found', None
            | action :: later ->
                match
                    try
                        Ok(found index action)
                    with problem ->
                        Error problem.Message
                with
                | Ok one -> tryOn (index + 1) (one :: found') later
                | Error problem -> List.rev found', Some(index, problem)

        let found, problem = tryOn 0 [] actions

        {
            Found = found
            IsStuck = not (isRinging || model.Settled world)
            Problem = problem
        }

    let look (seen: Law<'World> list) one =
        let brokenLaw () =
            model.Always |> List.tryFind (fun law -> not (law.Holds one.Of)) |> Option.map _.Name

        try
            {
                Law = brokenLaw ()
                Sights =
                    if one.IsNew then
                        seen |> List.filter (fun law -> law.Holds one.Of)
                    else
                        []
                Digest = if one.IsCompared then ValueSome(digest one.Of) else ValueNone
            }
        with problem -> { Law = Some problem.Message; Sights = []; Digest = ValueNone }

    let side (count: int) (work: int -> 'Result) =
        let results = Array.zeroCreate count
        Parallel.For(0, count, (fun index -> results[index] <- work index)) |> ignore
        results

    /// Its number; a new one waits for its turn. Some are to be compared.
    let arrive parent index world print =
        let number = known.Add print
        let isNew = number = parents.Count

        if isNew then
            parents.Add parent
            through.Add(byte index)
            waiting.Enqueue world

        let isCompared = number % sample = 0 && (isNew || times[number] < comparisons)

        if isCompared then
            times[number] <- if isNew then 0 else times[number] + 1

        if isNew || isCompared then
            looks.Add {
                Number = number
                Of = world
                Parent = parent
                Through = index
                IsNew = isNew
                IsCompared = isCompared
            }

        number

    let wayToLook one = if one.Parent < 0 then [] else wayTo one.Parent [ one.Through ]

    /// Two worlds with one key must go the same ways: else the key forgets what matters.
    let compare one digest =
        match digests.TryGetValue one.Number with
        | true, struct (known, first) when known <> digest ->
            let difference = difference (follow ignore first) one.Of

            breach
                $"one key, two ways to go on (the other: {first}): %A{difference}"
                (wayToLook one)
        | true, _ -> ()
        | _ -> digests[one.Number] <- struct (digest, wayToLook one)

    let judge one seen =
        Option.iter (fun law -> breach law (wayToLook one)) seen.Law

        if broken.IsNone then
            ValueOption.iter (compare one) seen.Digest

        if not seen.Sights.IsEmpty then
            let names = seen.Sights |> List.map _.Name
            unseen <- unseen |> List.filter (fun law -> not (List.contains law.Name names))

    let lookAll () =
        let found = looks.ToArray()
        looks.Clear()
        let sights = unseen
        let seen = side found.Length (fun index -> look sights found[index])
        Array.iter2 judge found seen

    /// What follows from the state whose turn it is, numbered. The law that breaks there, if one does.
    let number tried =
        let from = rings.Count
        rings.Add silent

        for one in tried.Found do
            transitions <- transitions + 1L
            let target = arrive from one.Index one.World one.Print

            if one.IsRing then
                rings[from] <- target

        match tried.Problem with
        | Some(index, problem) -> Some(problem, wayTo from [ index ])
        | None when tried.IsStuck ->
            Some("no deadlock: something is left, and no alarm is set", wayTo from [])
        | None -> None

    let isWanted () = rings.Count < known.Count && known.Count < most

    /// In the order of the worlds, as if each had been gone on from when its turn came.
    let takeIn (worlds: Tried<'World> array) onTaken =
        let mutable index = 0
        let mutable problem = None

        while problem.IsNone && index < worlds.Length && isWanted () do
            onTaken ()
            problem <- number worlds[index]
            index <- index + 1

        lookAll ()
        Option.iter (fun (law, way) -> breach law way) problem

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
        arrive -1 0 model.Start (fingerprint model.Start) |> ignore
        lookAll ()

        let onTaken () =
            if rings.Count = levelEnd then
                depth <- depth + 1
                levelEnd <- known.Count

        while broken.IsNone && isWanted () do
            let worlds = Array.init (min batch waiting.Count) (fun _ -> waiting.Dequeue())
            takeIn (side worlds.Length (fun index -> tryAll worlds[index])) onTaken

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
