/// V-01: faults of what is around the loop do not end it.
module SipFun.Tests.CSharpApi.FaultTests

open System
open System.Collections.Concurrent
open System.Collections.Immutable
open System.Net
open System.Threading
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Shell
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

/// A socket that gives up a receive after a millisecond: the system's own fault, again and again.
let private failingSocket () =
    use socket = Sockets.bound ()
    let options = DispatcherOptions(Legs = [| LegOptions.FromSocket socket |])
    let dispatcher = start options

    try
        answering dispatcher
        socket.ReceiveTimeout <- 1
        Expect.isTrue (isAlive dispatcher) "the receive under way"
        Expect.isGreaterThan (waitForCounter dispatcher "receive_failed" 40L) 39L "counted"
        Expect.isTrue (isAlive dispatcher) "while it fails"
        socket.ReceiveTimeout <- 0
        Expect.isTrue (isAlive dispatcher) "and afterwards"
    finally
        finish dispatcher

/// The owner's words that the UDP loop waits for, failing at the n-th, before or after.
type private FaultyOwner(inner: ILinkOwner, at: int) =
    let mutable steps = 0

    let step () =
        if Interlocked.Increment &steps = at then
            failwith "injected"

    member _.HasFailed = steps >= at

    interface ILinkOwner with
        member _.TryBegin() =
            step ()
            inner.TryBegin()

        member _.End() = inner.End()

        member _.Received(source: inref<Core.Hop>, packet: ReadOnlySpan<byte>, inTurn: bool) =
            step ()
            inner.Received(&source, packet, inTurn)
            step ()

        member _.Received(source: inref<Core.Hop>, message: SipMessage) =
            inner.Received(&source, message)

        member _.Malformed(source, octets, error) = inner.Malformed(&source, octets, error)
        member _.NextFlow() = inner.NextFlow()
        member _.Accepted(source, names) = inner.Accepted(&source, names)
        member _.Connected flow = inner.Connected flow
        member _.Closed(flow, fault, detail) = inner.Closed(flow, fault, detail)
        member _.Idle flow = inner.Idle flow
        member _.Expired flow = inner.Expired flow
        member _.Transmitted number = inner.Transmitted number
        member _.Failed(number, hop, fault, detail) = inner.Failed(number, &hop, fault, detail)
        member _.Bounced(packet, fault, detail) = inner.Bounced(packet, fault, detail)
        member _.TooBig(packet, mtu) = inner.TooBig(packet, mtu)
        member _.Dropped reason = inner.Dropped reason
        member _.Ended(peer, reason, detail) = inner.Ended(&peer, reason, detail)
        member _.ReceiveFailed failure = inner.ReceiveFailed failure

let private failingSteps () =
    let dispatcher = start loopback

    try
        answering dispatcher
        let leg = dispatcher.Legs[0]

        for at in 1..12 do
            let own = LinkOwner(dispatcher.Engine, leg.Links[0], leg.Numbers[0], "udp")
            let faulty = FaultyOwner(own, at)
            let before = counter dispatcher "receive_failed"
            leg.Links[0].Attach faulty
            use peer = new Peer()

            while not faulty.HasFailed do
                peer.Send(peer.Request "OPTIONS", local dispatcher)
                Thread.Yield() |> ignore

            let failed = waitForCounter dispatcher "receive_failed" (before + 1L)
            Expect.equal failed (before + 1L) $"counted once at {at}"
            Expect.isTrue (isAlive dispatcher) $"alive after {at}"
    finally
        finish dispatcher

/// A link that neither connects nor says so.
let private brokenConnect at = {
    new IFlowLink with
        member _.Connect(_: inref<Core.Hop>) = failwith "broken"
        member _.Disconnect _ = ()
        member _.Transport = Transport.Tcp
        member _.LocalEndPoint = at
        member _.Attach _ = ()
        member _.Start() = ()
        member _.Send(_, _: inref<Core.Hop>, _, _) = ()
        member _.Stopped = Tasks.Task.CompletedTask
        member _.Dispose() = ()
}

let private failingConnect (dispatcher: Dispatcher) (peer: Peer) =
    let at = IPEndPoint(IPAddress.Loopback, 5998)
    let links = ImmutableArray.Create<ILink>(brokenConnect at :> ILink)
    let leg = dispatcher.Engine.Legs.Add(LegOptions.Tcp "127.0.0.1:0", links)
    let hop = Hop(Transport.Tcp, IPAddress.Loopback, 5997)

    for round in 1..2 do
        let message = request dispatcher peer SipMethod.Options

        let delivery =
            dispatcher.Deliver(message, DeliverOptions(Leg = leg, Destination = hop))

        Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Unreachable $"told {round}"

    Expect.equal (counter dispatcher "effect_failed") 2L "counted"

let tests =
    testList "Faults" [
        testCase "V-01: a UDP socket that fails to receive, again and again" failingSocket
        testCase "V-01: an exception at every step of the UDP loop" failingSteps
        testCase "a link that throws when it is to connect: every delivery is told"
        <| inRealTime failingConnect
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
