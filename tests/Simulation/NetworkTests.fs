// SipFun.Testing: datagrams over a simulated network, by the shell that runs in production.
module SipFun.Tests.Simulation.NetworkTests

open System
open Expecto
open SipFun
open SipFun.Testing
open SipFun.Tests.Simulation.Town

let private inTown run () =
    let town = seeded 7UL

    try
        run town
    finally
        close town

let private answers town =
    Expect.equal (outcome town (ask town toBob)) DeliveryOutcomeKind.Answered "answered"
    Expect.equal town.Network.Now (ms 2) "there and back"

    Expect.sequenceEqual
        [ for packet in town.Network.Trace -> packet.From, packet.Summary ]
        [ "alice", "OPTIONS sip:bob@10.0.0.2 SIP/2.0"; "bob", "SIP/2.0 200 OK" ]
        "the trace"

/// D4 through the whole shell: copies at 0, .5, 1.5, 3.5, 7.5, 11.5 ... 31.5 s.
let private repeats town =
    town.Network.Conditions <- LinkConditions(IsCut = true)
    Expect.equal (outcome town (ask town toBob)) DeliveryOutcomeKind.TimedOut "nobody answers"
    let sent = [ for packet in town.Network.Trace -> int packet.Sent.TotalMilliseconds ]
    let later = [ for at in 3500..4000..31500 -> at ]
    Expect.equal sent ([ 0; 500; 1500 ] @ later) "Timer E"
    Expect.equal town.Network.Now (ms 32000) "Timer F"

let private isRefused (town: Town) =
    let nobody = SipUri.Parse "sip:bob@10.0.0.2:5070"
    Expect.equal (outcome town (ask town nobody)) DeliveryOutcomeKind.Unreachable "ICMP"
    Expect.equal town.Network.Trace[0].Fate PacketFate.Refused "the trace"

let private isCut (town: Town) =
    town.Network.Partition([| town.HostA |], [| town.HostB |])
    let delivery = ask town toBob
    town.Network.RunFor(TimeSpan.FromSeconds 5.0)
    Expect.isFalse delivery.Completion.IsCompleted "cut off"
    town.Network.Heal()
    Expect.equal (outcome town delivery) DeliveryOutcomeKind.Answered "healed"

let private comesTwice (town: Town) =
    town.Network.Conditions <- LinkConditions(Duplication = 1.0)
    Expect.equal (outcome town (ask town toBob)) DeliveryOutcomeKind.Answered "answered"
    town.Network.RunUntilIdle() |> ignore
    Expect.equal town.Bob.Counters["repeated_request"] 1L "absorbed"
    Expect.equal (left town.Alice, left town.Bob) ((0, 0), (0, 0)) "nothing is left"

let private isChanged (town: Town) =
    town.Network.Conditions <- LinkConditions(Corruption = 0.5)
    let kinds = [ for _ in 1..20 -> outcome town (ask town toBob) ]
    Expect.contains kinds DeliveryOutcomeKind.Answered "some"
    Expect.contains [ for p in town.Network.Trace -> p.Fate ] PacketFate.Corrupted "the trace"

let private isTooBig (town: Town) =
    town.Network.Conditions <- LinkConditions(Mtu = 600)

    let request =
        town.Alice.CreateRequest(SipMethod.Message, toBob).WithHeader("X", String('x', 700))

    let delivery = town.Alice.Deliver request
    Expect.equal (outcome town delivery) DeliveryOutcomeKind.Answered "fragments"
    Expect.equal town.Network.Trace[0].Fate PacketFate.TooBig "the first"

let private isBehindNat (town: Town) =
    town.HostA.PutBehindNat "203.0.113.1"
    Expect.equal (outcome town (ask town toBob)) DeliveryOutcomeKind.Answered "answered"
    let first = town.Network.Trace[0].Source
    Expect.equal (string first) "203.0.113.1:20000" "what Bob sees"
    town.HostA.RebindNat()
    Expect.equal (outcome town (ask town toBob)) DeliveryOutcomeKind.Answered "again"
    Expect.equal (string town.Network.Trace[2].Source) "203.0.113.1:20001" "another port"

    // What is sent to the old port gets nowhere.
    let back =
        town.Bob.CreateRequest(SipMethod.Options, SipUri.Parse $"sip:alice@{first}")

    Expect.equal (outcome town (town.Bob.Deliver back)) DeliveryOutcomeKind.TimedOut "gone"

let private resolves (town: Town) =
    let dns = town.Network.Dns
    dns.Zone.AddSrv("_sip._udp.example.com", "b.example.com", 5060) |> ignore
    dns.Zone.AddAddress("b.example.com", "10.0.0.2") |> ignore
    dns.Conditions <- DnsConditions(Delay = ms 100)
    let named = SipUri.Parse "sip:bob@example.com"
    Expect.equal (outcome town (ask town named)) DeliveryOutcomeKind.Answered "found"
    Expect.isGreaterThan town.Network.Now (ms 199) "in time"
    dns.SetConditions("_sip._udp.other.org", DnsConditions(ServFail = 1.0))
    dns.SetConditions("other.org", DnsConditions(Silence = 1.0))
    let other = ask town (SipUri.Parse "sip:bob@other.org")
    Expect.equal (outcome town other) DeliveryOutcomeKind.Unresolved "not found"

/// One run of mean chance, as text.
let private story seed =
    let town = seeded seed
    let network = town.Network

    network.Conditions <-
        LinkConditions(
            Delay = ms 20,
            Jitter = ms 30,
            Loss = 0.2,
            Duplication = 0.1,
            Reordering = 0.1,
            Corruption = 0.05
        )

    let uris = [ toBob; toBobByTcp ]
    let asked = [ for index in 1..20 -> ask town uris[index % 2] ]
    let kinds = [ for delivery in asked -> outcome town delivery ]
    network.RunUntilIdle() |> ignore

    let packets = [
        for packet in network.Trace -> $"{packet} {Convert.ToHexString packet.Bytes.Span}"
    ]

    close town
    kinds, packets

let private replays () =
    let first, again, other = story 42UL, story 42UL, story 43UL
    Expect.isGreaterThan (snd first).Length 40 "much happens"
    Expect.equal again first "the same seed, the same bytes at the same instants"
    Expect.notEqual other first "another seed, another story"

let private draws town =
    outcome town (ask town toBob) |> ignore
    let lines = town.Network.Ladder().Split('\n')
    Expect.stringContains lines[0] "alice" "its head"
    Expect.stringContains lines[1] "- OPTIONS sip:bob@10.0.0.2 -" "a request"
    Expect.stringContains lines[1] ">|" "to the right"
    Expect.stringContains lines[2] "|<- 200 OK -" "to the left"

let private awaits town =
    let seen =
        town.Network.Run(fun () ->
            task {
                do! Threading.Tasks.Task.Delay(ms 250, town.Network.Time)
                let request = town.Alice.CreateRequest(SipMethod.Options, toBob)
                let! response = town.Alice.SendAsync request
                return int response.StatusCode, town.Network.Now
            })

    Expect.equal seen (200, ms 252) "code that awaits, in virtual time"

/// The framework's own delay would go on on the thread pool.
let private staysInside town =
    let network = town.Network

    network.Run(fun () ->
        task {
            use gone = new Threading.CancellationTokenSource()
            network.Pump.After(ms 10, (fun () -> gone.Cancel()))

            try
                do! Inside.Pause.ForAsync(network.Pump, ms 60_000, gone.Token)
                failtest "it was called off"
            with :? OperationCanceledException ->
                Expect.equal network.Now (ms 10) "at once"
                Expect.isTrue network.Pump.IsInside "and inside the simulation"
        }
        :> Threading.Tasks.Task)

    Expect.isTrue (network.RunUntilIdle()) "comes to rest"
    Expect.equal network.Now (ms 10) "nobody waits for what was called off"

let private neverEnds town =
    let never = Threading.Tasks.TaskCompletionSource()

    Expect.throwsT<InvalidOperationException>
        (fun () -> town.Network.Run never.Task)
        "nothing is left to happen"

    town.Network.Run(fun () ->
        task {
            Expect.throwsT<InvalidOperationException>
                (fun () -> town.Network.RunFor(ms 1))
                "from inside"
        }
        :> Threading.Tasks.Task)

let private refuses town =
    let start (leg: LegOptions) =
        town.Network.Run(town.HostA.StartDispatcherAsync(DispatcherOptions(Legs = [| leg |])))
        |> ignore

    Expect.throwsT<IO.IOException> (fun () -> start (LegOptions.Udp "10.0.0.1:5060")) "taken"
    Expect.throwsT<IO.IOException> (fun () -> start (LegOptions.Udp "10.0.0.2:0")) "another's"

    Expect.throwsT<ArgumentException>
        (fun () -> town.Network.Conditions <- LinkConditions(Loss = 2.0))
        "no probability"

let tests =
    testList "Network" [
        testCase "a request and its answer" (inTown answers)
        testCase "D4: copies at the RFC's instants, by the whole shell" (inTown repeats)
        testCase "nobody listens: ICMP ends it (RFC 3261, 18.4)" (inTown isRefused)
        testCase "a partition, and its end" (inTown isCut)
        testCase "what comes twice is absorbed, and nothing is left" (inTown comesTwice)
        testCase "octets change on the way" (inTown isChanged)
        testCase "a path's MTU: the first is told, the next goes in fragments" (inTown isTooBig)
        testCase "behind a NAT, which forgets its ports" (inTown isBehindNat)
        testCase "names, and a name server that fails" (inTown resolves)
        testCase "a seed replays to the byte" replays
        testCase "the trace as a ladder" (inTown draws)
        testCase "code that awaits runs in virtual time" (inTown awaits)
        testCase "a wait that is called off stays inside" (inTown staysInside)
        testCase "a task that nothing completes" (inTown neverEnds)
        testCase "addresses that cannot be bound, conditions that make no sense" (inTown refuses)
    ]
