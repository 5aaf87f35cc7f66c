// Seeded random scenarios, in mass: several nodes with the real machines in a mean network, checked
// against the laws. One seed is one scenario; a violation prints its seed and what was on the wire.
module SipFun.Tests.Simulation.Mass

open System
open System.Diagnostics
open System.Threading.Tasks
open SipFun
open SipFun.Core

let private settings (lots: Lots) : Settings = {
    Timers = { T1 = 500L<ms>; T2 = 4000L<ms>; T4 = 5000L<ms> }
    Limits = {
        Deliveries = 1000
        Transactions = 1000
        Lingering = lots.Pick [| 1000; 1000; 2 |]
        PerStep = 100
        HeldCopies = 4
        UnansweredFor = 180_000L<ms>
        ResolveWithin = 15_000L<ms>
        Decisions = lots.Pick [| 64; 0 |]
        PacketBytes = 65_507
        Flows = 100
        FlowQueue = 4
    }
    Rules = {
        DomainProxies = Map.empty
        OutgoingProxy = ValueNone
        Seed = lots.Next()
    }
    Memories = {
        Memories.standard with
            TryNextAfter = lots.Pick [| ValueNone; ValueNone; ValueSome 4000L<ms> |]
            MarkFor = lots.Pick [| 30_000L<ms>; 0L<ms> |]
    }
    LargeRequest = 1300
    Secret = struct (lots.Next(), lots.Next())
}

let private names = [| "alice"; "bob"; "carol" |]

/// `one.test` is Bob, `two.test` is Bob or Carol by weight, `first.test` is nobody, then Carol.
let private zone =
    let zone = StaticDnsResolver()

    for index in 0 .. names.Length - 1 do
        zone.AddAddress($"{names[index]}.test", $"10.0.0.{index + 1}") |> ignore

    zone.AddAddress("one.test", "10.0.0.2") |> ignore

    for service in [ "_sip._udp"; "_sip._tcp" ] do
        zone.AddSrv($"{service}.two.test", "bob.test", 5060, 0, 10) |> ignore
        zone.AddSrv($"{service}.two.test", "carol.test", 5060, 0, 10) |> ignore
        zone.AddSrv($"{service}.first.test", "nobody.test", 5060, 0) |> ignore
        zone.AddSrv($"{service}.first.test", "carol.test", 5060, 1) |> ignore

    zone.AddAddress("nobody.test", "10.0.0.99") |> ignore
    zone

let private answer (question: DnsQuestion) =
    zone.QueryAsync(question, Threading.CancellationToken.None).GetAwaiter().GetResult()

let private leg index number transport : Leg = {
    Number = number
    Transport = transport
    Address = Address.ofV4 (0x0A000001u + uint32 index)
    Port = 5060
    SentBy = $"10.0.0.{index + 1}:5060"
    Networks = []
    PathMtu = 0
}

let private receiver: Receiver = {
    Allow = [
        SipMethod.Invite
        SipMethod.Ack
        SipMethod.Cancel
        SipMethod.Bye
        SipMethod.Options
    ]
    ForwardsResponses = false
    KeepsNothing = false
}

let private targets = [|
    "sip:b@10.0.0.2"
    "sip:b@10.0.0.3;transport=tcp"
    "sip:b@one.test"
    "sip:b@two.test"
    "sip:b@two.test;transport=tcp"
    "sip:b@first.test"
    "sip:b@gone.test"
    "sip:a@10.0.0.1"
    "sip:x@10.0.0.99"
|]

let private address index = NameAddr.Parse $"<sip:{names[index]}@10.0.0.{index + 1}>"

let private actor (lots: Lots) index =
    let agent = {
        AgentSettings.standard (struct (lots.Next(), lots.Next())) with
            Reliability = lots.Pick [| Reliability.Never; Reliability.Offered |]
    }

    Actor(names[index], settings lots, agent, address index, lots)

let private party index target : Party = {
    Target = SipUri.Parse target
    From = address index
    To = NameAddr.Parse $"<{target}>"
    Contact = address index
    Routes = []
    NextHop = ValueNone
    Logins = []
}

type private Scene = { World: World; Actors: Actor array; Lots: Lots }

let private calls scene index () =
    let actor = scene.Actors[index]
    let call = actor.Fresh()
    actor.Began call

    scene.World.Do(
        index,
        AgentInput.Invite(
            call,
            {
                Party = party index (scene.Lots.Pick targets)
                Content = Content.none
                Acknowledgement = Content.none
                Redirects = 1
                Forks = scene.Lots.Pick [| ForkPolicy.FirstWins; ForkPolicy.All |]
                RingFor = scene.Lots.Pick [| ValueNone; ValueSome 10_000L<ms> |]
                Reliability = scene.Lots.Pick [| Reliability.Never; Reliability.Offered |]
                Session = scene.Lots.Pick [| ValueNone; ValueNone; ValueSome 90_000L<ms> |]
            }
        )
    )

let private hangsUp scene index () =
    let actor = scene.Actors[index]

    if actor.Calls.Count > 0 then
        let call = actor.Calls[scene.Lots.Below actor.Calls.Count]
        scene.World.Do(index, AgentInput.HangUp(call, Content.none))

let private registers scene index () =
    let actor = scene.Actors[index]
    let number = actor.Fresh()
    actor.Registers number

    scene.World.Do(
        index,
        AgentInput.Register(
            number,
            {
                Party = party index (scene.Lots.Pick targets)
                Content = Content.none
                Expires = 60_000L<ms>
            }
        )
    )

let private delivers scene index () =
    let actor, lots = scene.Actors[index], scene.Lots
    let target = SipUri.Parse(lots.Pick targets)
    let method = lots.Pick [| SipMethod.Options; SipMethod.Message; SipMethod.Info |]
    let from = (address index).WithTag $"t{lots.Next()}"
    let callId = CallId.Parse $"{lots.Next()}"

    let request =
        SipRequest.Create(method, target, from, NameAddr.Create target, callId, 1u)

    let request =
        if lots.Happens 0.2 then
            request.WithHeader("Subject", String('x', 1100 + lots.Below 500))
        else
            request

    let number = actor.Deliver(request, lots.Happens 0.9)
    scene.World.Give(index, CancelTimer -1L)

    if lots.Happens 0.2 then
        scene.World.Order(
            scene.World.Now + int64 (lots.Below 10_000),
            fun () -> scene.World.Give(index, CancelDelivery(ByNumber number))
        )

let private looksUp scene index () =
    let uri = SipUri.Parse(scene.Lots.Pick targets)

    scene.World.Give(index, ResolveUri(scene.Actors[index].Fresh(), uri, Wishes.none))

let private resets scene _ () = scene.World.ResetAll()

/// What somebody does, and how often.
let private deeds: (Scene -> int -> unit -> unit) array = [|
    calls
    calls
    calls
    hangsUp
    hangsUp
    registers
    delivers
    delivers
    delivers
    looksUp
    resets
|]

/// Everything that is left to a user to end.
let private ends scene () =
    for index in 0 .. scene.Actors.Length - 1 do
        let actor = scene.Actors[index]

        for call in List.ofSeq actor.Calls do
            scene.World.Do(index, AgentInput.HangUp(call, Content.none))

        for number in List.ofSeq actor.Registrations do
            scene.World.Do(index, AgentInput.Unregister number)

let private build seed =
    let lots = Lots seed
    let weather = Weather.drawn lots
    let actors = Array.init names.Length (actor lots)
    let world = World(weather, lots, actors, answer)

    for index in 0 .. actors.Length - 1 do
        world.Give(index, AddLeg(leg index 1 Transport.Udp))
        world.Give(index, AddLeg(leg index 2 Transport.Tcp))
        world.Give(index, SetReceiver(ValueSome receiver))

    { World = world; Actors = actors; Lots = lots }

/// What one scenario was.
type Told = {
    Steps: int
    Packets: int
    Completed: int
    Answered: int
    /// ICMP messages, and large requests that went over UDP after all (S-24).
    Complaints: int
    TurnedBack: int
    /// In virtual time.
    Milliseconds: int64
}

let private plan scene =
    let lots = scene.Lots

    for _ in 1 .. 3 + lots.Below 10 do
        let what, index = lots.Pick deeds, lots.Below names.Length
        scene.World.Order(int64 (lots.Below 60_000), what scene index)

    if lots.Happens 0.2 then
        let from = int64 (lots.Below 20_000)
        scene.World.Cut(from, from + int64 (lots.Below 40_000))

/// How often the laws are looked at: after each step they cost more than the step.
let private everySteps = if SipFun.Tests.Suite.long then 64 else 16

let private checks scene =
    let mutable count = 0

    fun () ->
        count <- count + 1

        if count % everySteps = 0 then
            for actor in scene.Actors do
                actor.ExpectLaws()

let private runAll scene =
    let check = checks scene
    let world = scene.World
    plan scene
    let mutable rests = world.Run(75_000L, check)

    // A call that comes late rings late.
    for _ in 1..4 do
        ends scene ()
        rests <- rests && world.Run(world.Now + 400_000L, check)

    if not rests then
        raise (Broken "it never comes to rest")

    for actor in scene.Actors do
        actor.ExpectLaws()
        actor.ExpectRest()

let private told scene = {
    Steps = scene.Actors |> Array.sumBy _.Steps
    Packets = scene.World.Packets
    Completed = scene.Actors |> Array.sumBy _.Completed
    Answered = scene.Actors |> Array.sumBy _.Answered
    Complaints = scene.World.Complaints
    TurnedBack = scene.Actors |> Array.sumBy _.TurnedBack
    Milliseconds = scene.World.Now
}

/// One scenario: what it was, or which law it broke.
let run seed : Result<Told, string> =
    let scene = build seed

    try
        runAll scene
        Ok(told scene)
    with error ->
        let why =
            match error with
            | Broken law -> law
            | other -> string other

        let wire = String.Join("\n", scene.World.Log)
        Error $"seed {seed}: {why}\n{wire}"

type Totals = {
    Scenarios: int
    Steps: int64
    Packets: int64
    Completed: int64
    Answered: int64
    Complaints: int64
    TurnedBack: int64
    Milliseconds: int64
    Violations: string list
    Took: TimeSpan
}

let none = {
    Scenarios = 0
    Steps = 0L
    Packets = 0L
    Completed = 0L
    Answered = 0L
    Complaints = 0L
    TurnedBack = 0L
    Milliseconds = 0L
    Violations = []
    Took = TimeSpan.Zero
}

let private add totals (result: Result<Told, string>) =
    match result with
    | Ok told -> {
        totals with
            Scenarios = totals.Scenarios + 1
            Steps = totals.Steps + int64 told.Steps
            Packets = totals.Packets + int64 told.Packets
            Completed = totals.Completed + int64 told.Completed
            Answered = totals.Answered + int64 told.Answered
            Complaints = totals.Complaints + int64 told.Complaints
            TurnedBack = totals.TurnedBack + int64 told.TurnedBack
            Milliseconds = totals.Milliseconds + told.Milliseconds
      }
    | Error violation -> {
        totals with
            Scenarios = totals.Scenarios + 1
            Violations = violation :: totals.Violations
      }

let private both one other = {
    Scenarios = one.Scenarios + other.Scenarios
    Steps = one.Steps + other.Steps
    Packets = one.Packets + other.Packets
    Completed = one.Completed + other.Completed
    Answered = one.Answered + other.Answered
    Complaints = one.Complaints + other.Complaints
    TurnedBack = one.TurnedBack + other.TurnedBack
    Milliseconds = one.Milliseconds + other.Milliseconds
    Violations = one.Violations @ other.Violations
    Took = TimeSpan.Zero
}

/// Scenarios from a seed on, on every core: each is a world of its own.
let runMany (first: uint64) count =
    let clock = Stopwatch.StartNew()
    let gate = obj ()
    let mutable totals = none

    let merge part = lock gate (fun () -> totals <- both totals part)

    Parallel.For(
        0,
        count,
        (fun () -> none),
        (fun index _ part -> add part (run (first + uint64 index))),
        merge
    )
    |> ignore

    {
        totals with
            Took = clock.Elapsed
            Violations = List.sort totals.Violations
    }

/// As a table, and the lines that a script reads.
let report totals cities =
    let years = float totals.Milliseconds / 1000.0 / 86400.0 / 365.0

    for violation in List.rev totals.Violations |> List.truncate 5 do
        printfn $"VIOLATION %s{violation}\n"

    printfn $"steps                 %15d{totals.Steps}"
    printfn $"packets               %15d{totals.Packets}"
    printfn $"deliveries completed  %15d{totals.Completed}"
    printfn $"  of these answered   %15d{totals.Answered}"
    printfn $"ICMP messages         %15d{totals.Complaints}"
    printfn $"large, UDP after all  %15d{totals.TurnedBack}"
    printfn $"simulated time        %15.6f{years} years"
    printfn $"real time             %15.1f{totals.Took.TotalSeconds} s"
    printfn $"steps a second        %15.0f{float totals.Steps / totals.Took.TotalSeconds}"
    printfn $"cities                %15d{cities}"
    printfn $"%d{totals.Scenarios + cities} scenarios"
    printfn $"%d{totals.Violations.Length} violations"
