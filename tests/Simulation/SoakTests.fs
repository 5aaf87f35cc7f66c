// 200 transactions a second, for as long as one likes, through the whole shell in virtual time: the
// live heap stays where it is, and at the end every table is empty.
module SipFun.Tests.Simulation.SoakTests

open System
open Expecto
open SipFun
open SipFun.Testing
open SipFun.Tests
open SipFun.Tests.Simulation.Town

/// Between two transactions.
let private every = ms 5

let private perSecond = 200

type Soak = {
    Transactions: int64
    Answered: int64
    /// Live heap in bytes, once every few minutes under load.
    Heap: int64 list
    Left: (int * int) list
}

let private method index =
    match index % 4 with
    | 0 -> SipMethod.Invite
    | 1 -> SipMethod.Options
    | 2 -> SipMethod.Message
    | _ -> SipMethod.Info

let run (time: TimeSpan) (sampleEvery: TimeSpan) =
    let network =
        new SimulatedNetwork(SimulatedNetworkOptions(Seed = 3UL, TraceLimit = 0))

    let town = build network
    network.Conditions <- LinkConditions(Loss = 0.02, Jitter = ms 5)
    town.Bob.SetReceiver(answering 404)
    let mutable answered = 0L
    let mutable sent = 0L

    let options =
        DeliverOptions(
            OnCompleted =
                Action<DeliveryOutcome>(fun outcome ->
                    if outcome.Kind = DeliveryOutcomeKind.Answered then
                        answered <- answered + 1L)
        )

    let second () =
        for index in 1..perSecond do
            let request = town.Alice.CreateRequest(method index, toBob)
            town.Alice.Deliver(request, options) |> ignore
            sent <- sent + 1L
            network.RunFor every

    let seconds = int time.TotalSeconds
    let step = int sampleEvery.TotalSeconds

    let heap = [
        for passed in 1..seconds do
            second ()

            // From then on as much lingers as ever will: 64*T1, and T4.
            if passed >= 60 && passed % step = 0 then
                GC.GetTotalMemory true
    ]

    network.RunUntilIdle() |> ignore

    let soak = {
        Transactions = sent
        Answered = answered
        Heap = heap
        Left = [ left town.Alice; left town.Bob ]
    }

    close town
    soak

let private isFlat () =
    let time =
        if Suite.long then
            TimeSpan.FromHours 72.0
        else
            TimeSpan.FromMinutes 3.0

    let soak =
        run
            time
            (if Suite.long then
                 TimeSpan.FromMinutes 10.0
             else
                 TimeSpan.FromSeconds 30.0)

    Expect.equal soak.Left [ (0, 0); (0, 0) ] "every table is empty"
    Expect.isGreaterThan soak.Answered (soak.Transactions * 99L / 100L) "answered"

    // What other tests hold at the time is not ours: they run beside it unless this one is alone.
    if Suite.long then
        let growth = List.max soak.Heap - List.min soak.Heap
        Expect.isLessThan growth 1_048_576L $"the live heap: %A{soak.Heap}"

let tests =
    testSequenced (testList "Soak" [ testCase "200 transactions a second: nothing grows" isFlat ])
