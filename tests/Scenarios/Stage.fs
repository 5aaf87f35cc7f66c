// From a scenario file to its world, and from the world back to lines.
module SipFun.Tests.Scenarios.Stage

open System.IO
open SipFun.Core
open SipFun.Tests.Scenarios
open SipFun.Tests.Scenarios.Machine
open SipFun.Tests.Scenarios.Network
open SipFun.Tests.Scenarios.Script
open SipFun.Tests.Scenarios.World

type Scenario = { Path: string; Name: string; Script: Script }

let private folder = __SOURCE_DIRECTORY__

let private read (path: string) = {
    Path = path
    Name = Path.GetRelativePath(folder, path).Replace('\\', '/')
    Script = parse (File.ReadAllText path)
}

let scenarios =
    Directory.GetFiles(folder, "*.txt", SearchOption.AllDirectories)
    |> Array.sort
    |> Array.map read
    |> List.ofArray

let private addressOf (node: NodeLine) = (Address.parse node.Address).Value

/// Each node's host names, and "name is node" from what is given.
let private directory (script: Script) =
    let addressNamed name = script.Nodes |> List.find (fun node -> node.Name = name) |> addressOf

    let own = [
        for node in script.Nodes do
            for host in node.Hosts do
                host, [ addressOf node ]
    ]

    let given =
        script.Given
        |> List.choose (function
            | host :: "is" :: nodes ->
                Some(
                    host,
                    nodes |> List.filter (fun word -> word <> "and") |> List.map addressNamed
                )
            | _ -> None)

    { Hosts = Map.ofList (own @ given) }

let private machine directory (script: Script) (node: NodeLine) : IMachine =
    let rules () = Rules.ofScript directory script node

    match node.Kind with
    | "user agent" -> Agent.start directory script node
    | "puppet" -> Puppet.start (rules ()) node
    | "fork" -> Fork.Fork(rules ()).Empty
    | "registrar" -> Registrar.Registrar(rules ()).Empty
    | _ -> Element.Element(rules ())

let private network (script: Script) = {
    Transport = Rules.transport script.Transport
    Latency = script.Latency
    Addresses = script.Nodes |> List.map (fun node -> node.Name, addressOf node) |> Map.ofList
    Troubles = script.Troubles
    Seen = Map.empty
    Vanished =
        script.Troubles
        |> List.choose (function
            | Vanish(who, at) -> Some(who, at)
            | _ -> None)
        |> Map.ofList
    Mishap = 0, Comes
    Wired = 0
    Streams = []
    InFlight = Map.empty
    Count = 0
    Log = []
}

let world (script: Script) =
    let directory = directory script

    {
        Now = 0L<ms>
        Machines =
            script.Nodes
            |> List.map (fun node -> node.Name, machine directory script node)
            |> Map.ofList
        Network = network script
        Steps = 0
    }

let ending world =
    match left world with
    | [] -> [ "all empty" ]
    | left -> left

let wire (script: Script) (world: World) = Ladder.lines script.Shows world.Network
