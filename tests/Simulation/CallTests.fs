// SipFun.Testing: user agents on a simulated network.
module SipFun.Tests.Simulation.CallTests

open System
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Testing
open SipFun.Tests.Simulation.Town

let private agentOn (dispatcher: Dispatcher) address =
    let agent =
        new UserAgent(dispatcher, UserAgentOptions(Address = NameAddr.Parse address))

    dispatcher.SetReceiver agent
    agent

let private offer = SipBody.Sdp "v=0\r\n"

/// Bob rings for a second, and answers.
let private answersLate (network: SimulatedNetwork) (agent: UserAgent) =
    agent.OnInvitation <-
        Func<_, _>(fun invitation ->
            task {
                invitation.Ring()
                do! Task.Delay(TimeSpan.FromSeconds 1.0, network.Time)
                invitation.Accept offer |> ignore
            })

let private calls (conditions: LinkConditions) () =
    let town = seeded 11UL
    let network = town.Network
    network.Conditions <- conditions
    let alice = agentOn town.Alice "<sip:alice@10.0.0.1>"
    let bob = agentOn town.Bob "<sip:bob@10.0.0.2>"
    answersLate network bob

    let kind =
        network.Run(fun () ->
            task {
                let! call = alice.CallAsync(toBob, CallOptions(Body = offer))
                let! _ = call.Answered
                do! Task.Delay(TimeSpan.FromSeconds 60.0, network.Time)
                let! over = call.ByeAsync()
                return over.Kind
            })

    Expect.equal kind CallEndKind.HungUp "a whole call"
    Expect.isGreaterThan network.Now (TimeSpan.FromSeconds 60.0) "a minute, at no time"
    network.Run(alice.DisposeAsync().AsTask())
    network.Run(bob.DisposeAsync().AsTask())
    Expect.isTrue (network.RunUntilIdle()) "comes to rest"
    Expect.equal (left town.Alice, left town.Bob) ((0, 0), (0, 0)) "nothing is left"
    close town

let tests =
    testList "Calls" [
        testCase "a call over a good network" (calls LinkConditions.Good)
        testCase
            "a call over a bad one"
            (calls (LinkConditions(Loss = 0.3, Delay = ms 40, Jitter = ms 80, Duplication = 0.1)))
    ]
