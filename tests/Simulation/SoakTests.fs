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

let private growth soak = List.max soak.Heap - List.min soak.Heap

let private expectFlat soak =
    Expect.equal soak.Left [ (0, 0); (0, 0) ] "every table is empty"
    Expect.isGreaterThan soak.Answered (soak.Transactions * 99L / 100L) "answered"

/// The soak by itself, where nothing else holds memory: `--soak`. The exit code says whether it held.
let report (hours: float) =
    let clock = Diagnostics.Stopwatch.StartNew()
    let soak = run (TimeSpan.FromHours hours) (TimeSpan.FromMinutes 10.0)
    printfn $"transactions          %15d{soak.Transactions}"
    printfn $"  of these answered   %15d{soak.Answered}"
    printfn $"live heap, first      %15d{List.head soak.Heap} bytes"
    printfn $"live heap, last       %15d{List.last soak.Heap} bytes"
    printfn $"least to most         %15d{growth soak} bytes, {soak.Heap.Length} times looked at"
    printfn $"left in the tables    %A{soak.Left}"
    printfn $"simulated time        %15.2f{hours} hours"
    printfn $"real time             %15.1f{clock.Elapsed.TotalSeconds} s"
    let isFlat = soak.Left = [ (0, 0); (0, 0) ] && growth soak < 1_048_576L
    printfn $"""%d{if isFlat then 0 else 1} violations"""
    if isFlat then 0 else 1

let private isFlat () =
    let hours = if Suite.long then 72.0 else 0.1
    let soak = run (TimeSpan.FromHours hours) (TimeSpan.FromMinutes(hours * 10.0))
    expectFlat soak

    // What other tests hold at the time is not ours: they run beside it unless this one is alone.
    if Suite.long then
        Expect.isLessThan (growth soak) 1_048_576L $"the live heap: %A{soak.Heap}"

let tests =
    testSequenced (testList "Soak" [ testCase "200 transactions a second: nothing grows" isFlat ])
