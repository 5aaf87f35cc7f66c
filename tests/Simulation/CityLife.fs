// What people of a simulated city do, by lot, what goes wrong meanwhile, and what must hold all the time
// and at the end: everything ends once, every table is empty, no message is lost that was confirmed.
module SipFun.Tests.Simulation.CityLife

open System
open System.Security.Cryptography
open System.Threading
open System.Threading.Tasks
open SipFun
open SipFun.Core
open SipFun.Testing

let private ms (count: int) = TimeSpan.FromMilliseconds(float count)
let private pause city count = Task.Delay(ms count, city.Network.Time)
let private offer = SipBody.Sdp "v=0\r\n"

/// What is begun has to end; that it fails is in order, if it fails as it is documented.
let private attempt city what (work: unit -> Task) =
    let whole () : Task =
        task {
            try
                do! work ()

                if not city.Network.Pump.IsInside then
                    raise (Broken $"a {what} has left the simulation")
            with
            | :? DeliveryException
            | :? RegistrationException
            | :? OperationCanceledException
            | :? ObjectDisposedException -> ()
            // Sent in a call that is not answered yet, or over.
            | :? InvalidOperationException when what = "request within" -> ()
        }

    city.Begun.Add(struct (what, whole ()))

let private someone (city: City) = city.Lots.Pick city.Citizens

let private target (city: City) =
    let user = city.Lots.Pick City.names + "@"

    match city.Lots.Below 12 with
    | 0 -> SipUri.Parse "sip:x@10.0.0.99"
    | 1 -> SipUri.Parse "sip:x@10.0.0.1:5999"
    | 2 -> SipUri.Parse "sip:x@gone.test"
    | 3 when not city.Character.IsPlain -> SipUri.Parse $"sips:{user}example.test"
    | _ -> City.uri user (if city.Character.IsPlain then Transport.Udp else (someone city).Way)

let private saw city (citizen: Citizen) (request: IncomingRequest) =
    if request.Request.Method = SipMethod.Message && isNull request.Call then
        let key = struct (citizen.Name, string request.Body |> _.Trim())

        city.Seen[key] <-
            1
            + (match city.Seen.TryGetValue key with
               | true, count -> count
               | _ -> 0)

let private hears city citizen =
    Func<IncomingRequest, Task>(fun request ->
        task {
            saw city citizen request
            let later = city.Lots.Pick [| 0; 0; 300; 5000 |]
            let status = city.Lots.Pick [| 200; 200; 200; 404 |]

            if later > 0 then
                do! pause city later

            if status = 200 && not (isNull request.Call) then
                request.Respond(status, offer)
            else
                request.Respond status
        })

let private isCalled city (citizen: Citizen) =
    Func<Invitation, Task>(fun invitation ->
        task {
            citizen.Calls.Add invitation.Call
            let ringing, answering = city.Lots.Below 2000, city.Lots.Below 8000
            let how = city.Lots.Below 8
            do! pause city ringing
            invitation.Ring()
            do! pause city answering

            match how with
            | 0 -> invitation.Reject()
            | 1 -> ()
            | 2 -> invitation.Redirect([| NameAddr.Parse "<sip:carol@example.test>" |])
            | _ -> invitation.Accept offer |> ignore
        })

let private listens city (citizen: Citizen) =
    citizen.Agent.OnRequest <- hears city citizen
    citizen.Agent.OnInvitation <- isCalled city citizen

let private registers city () =
    let citizen = someone city
    let expires = TimeSpan.FromSeconds(float (60 + city.Lots.Below 60))

    attempt city "registration" (fun () ->
        task {
            let! registration = citizen.Agent.RegisterAsync(RegisterOptions(Expires = expires))

            if city.Lots.Happens 0.3 then
                do! pause city (city.Lots.Below 40_000)
                let! _ = registration.UnregisterAsync()
                ()

            let! _ = registration.Ended
            ()
        })

let private calls city () =
    let citizen, target = someone city, target city
    let patience = city.Lots.Pick [| 0; 0; 0; 3000 |]

    attempt city "call" (fun () ->
        task {
            use gone = new CancellationTokenSource()
            let options = CallOptions(Body = offer)
            let! call = citizen.Agent.CallAsync(target, options, gone.Token)
            citizen.Calls.Add call

            if patience > 0 then
                do! pause city patience
                let! _ = call.CancelAsync()
                ()
            else
                let! _ = call.Answered
                do! pause city (city.Lots.Below 30_000)
                let! _ = call.ByeAsync()
                ()
        })

let private within city () =
    let citizen = someone city

    if citizen.Calls.Count > 0 then
        let call = city.Lots.Pick(citizen.Calls.ToArray())

        attempt city "request within" (fun () ->
            task {
                let! _ =
                    match city.Lots.Below 3 with
                    | 0 -> call.ReInviteAsync offer
                    | 1 -> call.UpdateAsync offer
                    | _ -> call.SendAsync SipMethod.Info

                ()
            })

let private hangsUp city () =
    let citizen = someone city

    if citizen.Calls.Count > 0 then
        let call = city.Lots.Pick(citizen.Calls.ToArray())

        attempt city "hanging up" (fun () ->
            task {
                let! _ = call.ByeAsync()
                ()
            })

let private writes city () =
    let citizen, target = someone city, target city
    let id = $"m{city.Begun.Count}-"
    let longest = if city.Character.IsPlain then 100 else 2000
    let text = id + String('x', city.Lots.Pick [| 0; 0; 100; longest |])

    attempt city "message" (fun () ->
        task {
            let! response = citizen.Agent.MessageAsync(target, text)

            if response.IsSuccess then
                city.Confirmed.Add text |> ignore
        })

let private asks city () =
    let citizen, target = someone city, target city
    let patience = city.Lots.Pick [| 100_000; 100_000; 700 |]

    attempt city "question" (fun () ->
        task {
            use gone = new CancellationTokenSource(ms patience, city.Network.Time)
            let! _ = citizen.Agent.OptionsAsync(target, gone.Token)
            ()
        })

/// His agent ends, politely or not, and begins again without memory.
let private restarts city () =
    let citizen = someone city

    if not city.Character.IsPlain && city.Restarted.Add citizen.Name then
        attempt city "restart" (fun () ->
            task {
                let agent, dispatcher = citizen.Agent, citizen.Dispatcher

                if city.Lots.Happens 0.5 then
                    do! agent.DisposeAsync()


                do! dispatcher.DisposeAsync()
                do! agent.DisposeAsync()
                do! City.settle city citizen
                listens city citizen
            })

let private goesWrong city () =
    let network, lots = city.Network, city.Lots
    let one = (someone city).Host
    let home = network.Hosts[0]

    match lots.Below 7 with
    | 0 ->
        network.Partition([| one |], [| home |])
        network.Pump.After(ms (lots.Below 20_000), fun () -> network.Heal())
    | 1 -> network.ResetStreams(one, home) |> ignore
    | 2 -> network.HalfCloseStreams(one, home) |> ignore
    | 3 when not (isNull one.Nat) -> one.RebindNat()
    | 4 -> network.Dns.Conditions <- DnsConditions(ServFail = 0.2, Silence = 0.1, Delay = ms 50)
    | 5 ->
        network.SetConditions(one, home, LinkConditions(IsCut = true))
        network.Pump.After(ms (lots.Below 10_000), fun () -> network.SetConditions(one, home, null))
    | _ -> network.Conditions <- City.weather lots city.Character

let private deeds: (City -> unit -> unit) array = [|
    registers
    calls
    calls
    calls
    within
    within
    hangsUp
    writes
    writes
    writes
    asks
    restarts
    goesWrong
    goesWrong
|]

let private plan city =
    city.Network.Conditions <- City.weather city.Lots city.Character
    Array.iter (listens city) city.Citizens

    for citizen in city.Citizens do
        attempt city "first registration" (fun () ->
            task {
                let expires = RegisterOptions(Expires = TimeSpan.FromSeconds 90.0)
                let! registration = citizen.Agent.RegisterAsync expires
                let! _ = registration.Ended
                ()
            })

    for _ in 1 .. 6 + city.Lots.Below 20 do
        let what = city.Lots.Pick deeds
        city.Network.Pump.After(ms (city.Lots.Below 60_000), what city)

let private expectLaws (city: City) =
    for dispatcher in City.dispatchers city do
        let engine = dispatcher.Engine

        match Laws.violations engine.Settings engine.Loop.State with
        | [] -> ()
        | first :: _ -> raise (Broken first)

let private runFor city (time: TimeSpan) =
    let mutable count = 0

    let look () =
        count <- count + 1

        if count % 16 = 0 then
            expectLaws city

        false

    city.Network.RunUntil(look, time) |> ignore

/// Everything heals, everybody goes home.
let private ends city =
    let network = city.Network
    network.Conditions <- LinkConditions.Good
    network.Dns.Conditions <- DnsConditions.Good
    network.Heal()

    for citizen in city.Citizens do
        network.SetConditions(citizen.Host, network.Hosts[0], null)
        attempt city "end" (fun () -> citizen.Agent.DisposeAsync().AsTask())

let private broken text = raise (Broken text)

let private expectEnds (city: City) =
    for struct (what, task) in city.Begun do
        if not task.IsCompleted then
            broken $"D1: a {what} never ended"
        elif task.IsFaulted then
            broken $"a {what} failed: {task.Exception}"

    for citizen in city.Citizens do
        for call in citizen.Calls do
            if not call.Ended.IsCompleted then
                broken $"D1: a call of {citizen.Name} never ended"

let private expectRest city =
    for dispatcher in City.dispatchers city do
        if Town.left dispatcher <> (0, 0) then
            broken $"D7: the tables of {dispatcher} are not empty: {Town.left dispatcher}"

        let failed = dispatcher.Counters["callback_failed"]

        if failed > 0L then
            broken $"{failed} handlers of {dispatcher} failed"

    if city.Store.Count > 0 then
        broken $"L-4: {city.Store.Count} bindings are left"

    for proxy in city.Proxies do
        if proxy.Waiting > 0 then
            broken $"{proxy.Waiting} requests wait in a proxy"

/// What was confirmed was seen; and where nothing changes a packet, nobody sees it twice.
let private expectMessages city =
    for text in city.Confirmed do
        let isSeen = city.Seen.Keys |> Seq.exists (fun (struct (_, seen)) -> seen = text)

        if not isSeen && not city.Character.IsNoisy then
            broken $"a message was confirmed, and nobody saw it: {text}"

    if city.Character.IsPlain then
        for pair in city.Seen do
            if pair.Value > 1 then
                broken $"a message was seen {pair.Value} times: {pair.Key}"

let private runAll city =
    plan city
    runFor city (TimeSpan.FromSeconds 75.0)
    city.Network.Pump.Queue(fun () -> ends city)

    if not (city.Network.RunUntilIdle()) then
        broken "it never comes to rest"

    expectLaws city
    expectEnds city
    expectRest city
    expectMessages city

/// What one scenario was: packets, things begun, messages confirmed, and a hash of when each
/// packet kept went where, how long, and what became of it (names of devices are drawn by the system).
type Told = { Packets: int; Begun: int; Confirmed: int; Hash: string }

let private told city =
    use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256

    for packet in city.Network.Trace do
        let size = packet.Bytes.Length
        let line = $"{packet.Sent} {packet.From} {packet.To} {packet.Fate} {size}"
        hash.AppendData(Octets.ofText line)

    {
        Packets = city.Network.Trace.Count
        Begun = city.Begun.Count
        Confirmed = city.Confirmed.Count
        Hash = Convert.ToHexString(hash.GetHashAndReset())
    }

/// One scenario: what it was, or which law it broke.
let run seed : Result<Told, string> =
    let city = City.build seed

    try
        try
            runAll city
            Ok(told city)
        with error ->
            let why =
                match error with
                | Broken law -> law
                | other -> string other

            Error $"city {seed}: {why}\n{city.Network.Ladder()}"
    finally
        city.Network.DisposeAsync().AsTask().Wait()

/// What is broken in the cities from a seed on.
let violations (first: uint64) count = [
    for seed in first .. first + uint64 count - 1UL do
        match run seed with
        | Ok _ -> ()
        | Error violation -> violation
]
