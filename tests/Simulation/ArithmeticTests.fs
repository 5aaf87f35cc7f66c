// What the simulated network measures agrees with what can be computed: half of all datagrams are
// lost, each way.
module SipFun.Tests.Simulation.ArithmeticTests

open System
open Expecto
open SipFun
open SipFun.Testing
open SipFun.Tests
open SipFun.Tests.Simulation.Town

let private count = if Suite.long then 100_000 else 8_000

/// At a time: no queue and no limit is in the way.
let private batch = 500

let private failures method =
    let network =
        new SimulatedNetwork(SimulatedNetworkOptions(Seed = 5UL, TraceLimit = 0))

    let town = build network
    network.Conditions <- LinkConditions(Loss = 0.5)

    let failed =
        Seq.sum (
            seq {
                for _ in 1 .. count / batch do
                    let asked = [
                        for _ in 1..batch ->
                            town.Alice.Deliver(town.Alice.CreateRequest(method, toBob))
                    ]

                    network.RunUntilIdle() |> ignore

                    for delivery in asked do
                        match network.Run(delivery.Completion).Kind with
                        | DeliveryOutcomeKind.Answered -> 0
                        | DeliveryOutcomeKind.TimedOut -> 1
                        | other -> failtestf "%A" other
            }
        )

    Expect.equal (left town.Alice, left town.Bob) ((0, 0), (0, 0)) "nothing is left"
    close town
    failed

let private agrees method (expected: float) () =
    let measured = float (failures method) / float count
    let sigma = sqrt (expected * (1.0 - expected) / float count)

    Expect.isLessThan
        (abs (measured - expected))
        (3.0 * sigma)
        $"measured {measured}, computed {expected}, sigma {sigma}"

/// Eleven copies (Timer E); each fails when it is lost, or its answer is.
let private others = Math.Pow(0.75, 11.0)

/// Seven INVITEs (Timer A); the first that comes is answered 200, which is repeated every T1, doubled
/// up to T2, because nobody acknowledges it (13.3.1.4); the copies that come before Timer B count.
let private invite =
    let copies = [ 0; 500; 1500; 3500; 7500; 15500; 31500 ]
    let answers = [ 0; 500; 1500; 3500 ] @ [ 7500..4000..31500 ]
    let half (power: int) = Math.Pow(0.5, float power)

    let unheard first =
        answers |> List.filter (fun later -> first + later < 32_000) |> List.length |> half

    half copies.Length
    + (copies |> List.mapi (fun index first -> half (index + 1) * unheard first) |> List.sum)

let tests =
    testList "Arithmetic" [
        testCase
            "half is lost each way: a request fails with probability 0.75^11"
            (agrees SipMethod.Options others)
        testCase "the same of INVITE and its 2xx" (agrees SipMethod.Invite invite)
    ]
