// A proxy, a registrar, credentials and user agents on a simulated network, over every transport: one
// call by hand, and the laws over many seeded cities.
module SipFun.Tests.Simulation.CityTests

open System
open Expecto
open SipFun
open SipFun.Tests

let private count = if Suite.long then 20_000 else 100

let private holds () =
    let violations = CityLife.violations 1UL count
    Expect.equal violations [] $"of {count} cities"

let private replays () =
    for seed in 1UL .. 10UL do
        let first = CityLife.run seed
        Expect.equal (CityLife.run seed) first $"city {seed}"

let private character way : Character = {
    Ways = Array.create City.names.Length way
    HasEdge = false
    Asks = 2
    RecordRoute = true
    RewriteContact = false
    HasNat = false
    IsPlain = false
    IsNoisy = false
}

let private callsThrough way () =
    let city = City.buildAs (character way) (Lots 5UL)
    let network = city.Network
    let alice, bob = city.Citizens[0].Agent, city.Citizens[1].Agent

    bob.OnInvitation <-
        Func<_, _>(fun invitation ->
            invitation.Accept(SipBody.Sdp "v=0\r\n") |> ignore
            Threading.Tasks.Task.CompletedTask)

    let kind =
        network.Run(fun () ->
            task {
                let! _ = alice.RegisterAsync()
                let! _ = bob.RegisterAsync()
                let options = CallOptions(Body = SipBody.Sdp "v=0\r\n")
                let! call = alice.CallAsync(City.uri "bob@" way, options)
                let! _ = call.Answered
                let! over = call.ByeAsync()
                return over.Kind
            })

    Expect.equal kind CallEndKind.HungUp "a whole call"
    Expect.equal city.Store.Count 2 "both are registered"
    let ways = network.Trace |> Seq.map _.Transport |> Seq.distinct
    Expect.sequenceEqual ways [ way ] "over nothing else"
    let legible = network.Trace |> Seq.forall _.Summary.Contains("SIP/2.0")
    Expect.isTrue legible "the trace shows messages"
    network.DisposeAsync().AsTask().Wait()

let tests =
    testList "Cities" [
        testList "a call through a proxy that asks for credentials" [
            for way in [ Transport.Udp; Transport.Tcp; Transport.Tls; Transport.Ws ] do
                testCase $"over {way}" (callsThrough way)
        ]
        testCase "a seed replays: the same packets at the same instants" replays
        testCase "the laws hold in every city" holds
    ]
