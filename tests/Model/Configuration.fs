// A model as a row of the table (reliability.md, 4.2): explored as far as there is time for, its laws and
// sights expected, its counterexample told as a scenario file, and its old ones played again.
module SipFun.Tests.Model.Configuration

open System.IO
open Expecto
open SipFun.Tests
open SipFun.Tests.Model.Explorer

type Configuration = {
    Name: string
    About: string
    /// So many states in a run of the tests, and in a long one; fewer if it closes.
    Most: int
    MostLong: int
    Explore: int -> Explored
    /// The same with a coarser or finer key: what each reduction is worth.
    Without: (string * (int -> Explored)) list
    /// Does these actions, and names the law that breaks on the way.
    Replay: string list -> string option
}

let private goes model world text =
    match model.Actions world |> List.tryFind (fun action -> $"%A{action}" = text) with
    | Some action -> model.Next world action
    | None -> failtest $"{text} is no action here"

let private replay model actions =
    let broken world =
        model.Always |> List.tryFind (fun law -> not (law.Holds world)) |> Option.map _.Name

    let step (world, found) action =
        match found with
        | Some _ -> world, found
        | None ->
            let world = goes model world action
            world, broken world

    List.fold step (model.Start, broken model.Start) actions |> snd

/// The row of a model.
let configuration name about (most, mostLong) model = {
    Name = name
    About = about
    Most = most
    MostLong = mostLong
    Explore = fun most -> explore most model
    Without = []
    Replay = replay model
}

/// With this key in the place of its own, and no law, only the states are counted.
let without reduction key model configuration =
    let plain = {
        model with
            Key = key
            Always = []
            Sometimes = []
            Settled = fun _ -> true
    }

    {
        configuration with
            Without = configuration.Without @ [ reduction, fun most -> explore most plain ]
    }

/// By themselves the models go on to so many at least.
let private mostAlone = 2_000_000

/// Whether so many states are looked for that all sights must be seen.
let isWide = (Suite.long || Suite.model) && Suite.most.IsNone

let most configuration =
    let usual =
        if Suite.long then
            configuration.MostLong
        elif Suite.model then
            min configuration.MostLong (max mostAlone configuration.Most)
        else
            configuration.Most

    Option.defaultValue usual Suite.most

let line configuration (explored: Explored) =
    $"{configuration.Name}, {configuration.About}: {explored.States} distinct states, {explored.Transitions} transitions, depth {explored.Depth}, closed {explored.Closed}, silent after {explored.Rings} rings"

/// What is wrong with it, in words; none where all is well.
let faults configuration (explored: Explored) =
    match explored.Broken, explored.NeverSeen with
    | Some breach, _ -> Some(Telling.scenario configuration.Name breach)
    | None, [] -> None
    | None, unseen -> Some $"never seen: %A{unseen}"

let tests configuration =
    testCase $"{configuration.Name}: {configuration.About}"
    <| fun () ->
        let explored = configuration.Explore(most configuration)
        printfn "%s" (line configuration explored)
        Expect.equal (faults configuration explored) None "no law breaks, and all is seen"

        Expect.isTrue
            (explored.Closed || explored.States >= most configuration)
            "closed, or as many states as asked for"

let private folder = Path.Combine(__SOURCE_DIRECTORY__, "regressions")

/// What once broke a law breaks none any more.
let replays (configurations: Configuration list) =
    testList "Regressions" [
        if Directory.Exists folder then
            for file in Directory.GetFiles(folder, "*.txt") |> Array.sort do
                testCase $"{Path.GetFileNameWithoutExtension file}"
                <| fun () ->
                    let name, play = Telling.read (File.ReadAllText file)
                    let configuration = configurations |> List.find (fun each -> each.Name = name)
                    Expect.equal (configuration.Replay play) None "no law breaks on this way"
    ]
