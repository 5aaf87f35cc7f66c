// SipFun.Testing: streams over a simulated network. Framing, outbox, limits and TLS are those of
// production; only the sockets are not.
module SipFun.Tests.Simulation.StreamTests

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
    Expect.equal (outcome town (ask town toBobByTcp)) DeliveryOutcomeKind.Answered "answered"
    Expect.equal (left town.Alice, left town.Bob |> snd) ((0, 1), 1) "one connection"
    Expect.equal town.Network.Now (ms 4) "a handshake, there and back"
    Expect.equal (outcome town (ask town toBobByTcp)) DeliveryOutcomeKind.Answered "again"
    Expect.equal (snd (left town.Alice)) 1 "over the same"
    Expect.isTrue (town.Network.RunUntilIdle()) "comes to rest"

    Expect.equal
        (left town.Alice, left town.Bob)
        ((0, 0), (0, 0))
        $"closed when idle, at {town.Network.Now}"

let private isRefused (town: Town) =
    let nobody = SipUri.Parse "sip:bob@10.0.0.2:5070;transport=tcp"
    Expect.equal (outcome town (ask town nobody)) DeliveryOutcomeKind.Unreachable "refused"

let private silently (town: Town) =
    town.Bob.SetReceiver(Func<Received, Receipt>(fun _ -> Receipt.Handled))

let private isReset (town: Town) =
    silently town
    let delivery = ask town toBobByTcp
    town.Network.RunFor(ms 100)
    Expect.equal (town.Network.ResetStreams(town.HostA, town.HostB)) 1 "one stream"
    Expect.equal (outcome town delivery) DeliveryOutcomeKind.Unreachable "heard"

let private isHalfClosed (town: Town) =
    let delivery = ask town toBobByTcp
    town.Network.RunUntil((fun () -> town.Network.Trace.Count > 0), ms 1000) |> ignore
    // Bob reads an end behind the request, and answers all the same.
    town.Network.HalfCloseStreams(town.HostA, town.HostB) |> ignore
    Expect.equal (outcome town delivery) DeliveryOutcomeKind.Answered "answered"

let private isLate (town: Town) =
    town.Network.Conditions <- LinkConditions(Loss = 0.5, Jitter = ms 20)
    let kinds = [ for _ in 1..10 -> outcome town (ask town toBobByTcp) ]
    Expect.allEqual kinds DeliveryOutcomeKind.Answered "late, but all"

let private isCut (town: Town) =
    outcome town (ask town toBobByTcp) |> ignore
    town.Network.Partition([| town.HostA |], [| town.HostB |])
    let delivery = ask town toBobByTcp
    town.Network.RunFor(TimeSpan.FromSeconds 10.0)
    Expect.isFalse delivery.Completion.IsCompleted "under way"
    town.Network.Heal()
    Expect.equal (outcome town delivery) DeliveryOutcomeKind.Answered "sent again by TCP"

let private breaks (town: Town) =
    town.HostA.PutBehindNat "203.0.113.1"
    outcome town (ask town toBobByTcp) |> ignore
    town.HostA.RebindNat()
    // Reset before anything was heard: the request goes out again over a connection of its own.
    Expect.equal (outcome town (ask town toBobByTcp)) DeliveryOutcomeKind.Answered "a new one"

    Expect.sequenceEqual
        (town.Network.Trace
         |> Seq.filter (fun packet -> packet.From = "alice")
         |> Seq.map _.Source.Port)
        [ 20000; 20000; 20001 ]
        "what Bob sees"

let tests =
    testList "Streams" [
        testCase "a request over TCP, and an idle connection that is closed" (inTown answers)
        testCase "nobody listens" (inTown isRefused)
        testCase "a stream that is reset" (inTown isReset)
        testCase "a stream that is half closed" (inTown isHalfClosed)
        testCase "losses cost time" (inTown isLate)
        testCase "a partition costs time" (inTown isCut)
        testCase "a NAT that forgets its ports kills its streams" (inTown breaks)
    ]
