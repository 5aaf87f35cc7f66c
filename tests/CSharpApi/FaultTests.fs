/// V-01: faults of what is around the loop do not end it.
module SipFun.Tests.CSharpApi.FaultTests

open System
open System.Collections.Concurrent
open System.Net
open System.Threading
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi.House

let private answering (dispatcher: Dispatcher) =
    dispatcher.SetReceiver(fun received ->
        received.Respond(received.CreateResponse 200) |> ignore
        Receipt.Handled)

let private isAlive (dispatcher: Dispatcher) =
    use peer = new Peer()
    peer.Send(peer.Request "OPTIONS", local dispatcher)
    peer.ReceiveResponse().StatusCode = 200

/// A clock that fails from time to time, once it is told to.
type private FailingTime() =
    inherit TimeProvider()
    let mutable calls = 0
    member val Fails = false with get, set

    override this.GetTimestamp() =
        if this.Fails && Interlocked.Increment &calls % 3 = 0 then
            failwith "no time"
        else
            TimeProvider.System.GetTimestamp()

let tests =
    testList "Faults" [
        testCase "a clock that throws: the step is counted as failed, and the loop goes on"
        <| fun () ->
            let time = FailingTime()

            let dispatcher =
                start (DispatcherOptions(Legs = loopback.Legs, TimeProvider = time))

            try
                answering dispatcher
                use peer = new Peer()
                time.Fails <- true

                for _ in 1..100 do
                    peer.Send(peer.Request "OPTIONS", local dispatcher)

                Expect.isGreaterThan (waitForCounter dispatcher "step_failed" 10L) 9L "counted"
                time.Fails <- false
                Expect.isTrue (isAlive dispatcher) "alive"
            finally
                finish dispatcher

        testCase "an order whose step fails says so, and leaves nothing behind"
        <| fun () ->
            let time = FailingTime()

            let dispatcher =
                start (DispatcherOptions(Legs = loopback.Legs, TimeProvider = time))

            try
                use peer = new Peer()
                let message = request dispatcher peer SipMethod.Options
                time.Fails <- true
                let mutable failures = 0

                for _ in 1..30 do
                    try
                        dispatcher.Deliver(message, DeliverOptions(Retransmit = false)) |> ignore
                    with :? InvalidOperationException ->
                        failures <- failures + 1

                time.Fails <- false
                Expect.isGreaterThan failures 0 "some failed"
                settle dispatcher
                Expect.isEmpty dispatcher.Deliveries "nothing under way"
            finally
                finish dispatcher

        testCase "a link that throws: counted, and the delivery is told"
        <| inRealTime (fun dispatcher peer ->
            answering dispatcher
            let at = IPEndPoint(IPAddress.Loopback, 5999)
            let leg = (new FakeLink(at, fun _ _ _ -> failwith "broken")).AddTo dispatcher
            Expect.equal leg.LocalEndPoint.Port 5999 "the seam for other links"
            let message = request dispatcher peer SipMethod.Options
            let delivery = dispatcher.Deliver(message, DeliverOptions(Leg = leg))
            Expect.equal (counter dispatcher "effect_failed") 1L "counted"
            Expect.isTrue (isAlive dispatcher) "alive"
            Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Unreachable "told")

        testCase "D1: many threads deliver and cancel; each delivery ends exactly once"
        <| fun () ->
            let time = FakeTimeProvider()
            use peer = new Peer()
            let dispatcher = virtually time
            let ends = ConcurrentDictionary<string, int>()
            let each = 300

            let work (thread: int) =
                let random = Random thread

                for number in 1..each do
                    let name = $"{thread}.{number}"

                    let ended _ = ends.AddOrUpdate(name, 1, (fun _ count -> count + 1)) |> ignore

                    let delivery =
                        dispatcher.Deliver(
                            request dispatcher peer SipMethod.Options,
                            DeliverOptions(Id = DeliveryId.Parse name, OnCompleted = ended)
                        )

                    match random.Next 4 with
                    | 0 -> delivery.Cancel() |> ignore
                    | 1 -> dispatcher.CancelDelivery(DeliveryId.Parse name) |> ignore
                    | 2 -> dispatcher.CancelDelivery delivery.CallId |> ignore
                    | _ -> ()

            try
                let threads = [ for number in 1..4 -> Thread(fun () -> work number) ]
                threads |> List.iter _.Start()
                threads |> List.iter _.Join()
                let open' = dispatcher.Deliveries |> Seq.map _.Completion |> Array.ofSeq
                Expect.isNonEmpty open' "some are still under way"
                time.Advance(TimeSpan.FromSeconds 33.0)
                open' |> Array.iter (wait >> ignore)
                Expect.isEmpty dispatcher.Deliveries "none is left"
            finally
                finish dispatcher

            Expect.equal ends.Count (4 * each) "each ended"
            Expect.all ends.Values (fun count -> count = 1) "once"
            Expect.equal (counter dispatcher "step_failed") 0L "no step failed"
    ]
