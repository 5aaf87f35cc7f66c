// Two hosts of a simulated network, with a dispatcher each: what the tests of SipFun.Testing share.
module SipFun.Tests.Simulation.Town

open System
open SipFun
open SipFun.Testing

type Town = {
    Network: SimulatedNetwork
    HostA: SimulatedHost
    HostB: SimulatedHost
    Alice: Dispatcher
    Bob: Dispatcher
}

let ms (count: int) = TimeSpan.FromMilliseconds(float count)

let answering status =
    Func<Received, Receipt>(fun received ->
        match received.Message with
        | :? SipRequest as request when request.Method <> SipMethod.Ack ->
            received.Respond(received.CreateResponse status) |> ignore
        | _ -> ()

        Receipt.Handled)

let startOn (network: SimulatedNetwork) (host: SimulatedHost) (legs: LegOptions list) =
    network.Run(host.StartDispatcherAsync(DispatcherOptions(Legs = List.toArray legs)))

/// Alice and Bob, who answers everything 200.
let build (network: SimulatedNetwork) =
    let a = network.AddHost("alice", "10.0.0.1")
    let b = network.AddHost("bob", "10.0.0.2")
    let alice = network.Run(a.StartDispatcherAsync())
    let bob = network.Run(b.StartDispatcherAsync())
    bob.SetReceiver(answering 200)

    { Network = network; HostA = a; HostB = b; Alice = alice; Bob = bob }

let seeded (seed: uint64) = build (new SimulatedNetwork(seed))

let toBob = SipUri.Parse "sip:bob@10.0.0.2"
let toBobByTcp = SipUri.Parse "sip:bob@10.0.0.2;transport=tcp"

let ask (town: Town) (uri: SipUri) =
    town.Alice.Deliver(town.Alice.CreateRequest(SipMethod.Options, uri))

let outcome (town: Town) (delivery: Delivery) = town.Network.Run(delivery.Completion).Kind

let close (town: Town) = town.Network.DisposeAsync().AsTask().Wait()

/// What a dispatcher still holds.
let left (dispatcher: Dispatcher) =
    let state = dispatcher.Engine.Loop.State
    SipFun.Core.Queue.size state.Queue, state.FlowCount
