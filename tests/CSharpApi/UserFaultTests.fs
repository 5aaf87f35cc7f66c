/// V-01: code of the user's that throws, or never returns, ends nothing but itself.
module SipFun.Tests.CSharpApi.UserFaultTests

open System
open System.Threading
open System.Threading.Tasks
open Expecto
open Microsoft.Extensions.Logging
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

let private throwing = {
    new ILoggerFactory with
        member _.CreateLogger _ = {
            new ILogger with
                member _.BeginScope _ = failwith "scope"
                member _.IsEnabled _ = true
                member _.Log(_, _, _, _, _) = failwith "log"
        }

        member _.AddProvider _ = ()
        member _.Dispose() = ()
}

/// A dispatcher whose logger throws at every event.
let private unlogged run () =
    use peer = new Peer()

    let dispatcher =
        start (DispatcherOptions(Legs = loopback.Legs, LoggerFactory = throwing))

    try
        run dispatcher peer
    finally
        finish dispatcher

let private loggers =
    testList "a logger that throws" [
        testCase "at nonsense that came in: counted, and the leg lives on"
        <| unlogged (fun dispatcher peer ->
            answering dispatcher
            peer.Send("nonsense", local dispatcher)
            Expect.isTrue (isAlive dispatcher) "alive"
            Expect.isGreaterThan (counter dispatcher "log_failed") 0L "counted")

        testCase "at a sending that failed: the delivery is told"
        <| unlogged (fun dispatcher _ ->
            answering dispatcher
            let uri = SipUri.Parse "sip:255.255.255.255"
            let delivery = dispatcher.Deliver(dispatcher.CreateRequest(SipMethod.Options, uri))
            Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Unreachable "told"
            Expect.isTrue (isAlive dispatcher) "alive")

        testCase "at callbacks that throw: all are called, and the delivery completes"
        <| unlogged (fun dispatcher peer ->
            let options =
                DeliverOptions(
                    OnSent = (fun _ -> failwith "sent"),
                    OnResponse = (fun _ -> failwith "response"),
                    OnCompleted = fun _ -> failwith "completed"
                )

            let message = request dispatcher peer SipMethod.Options
            let delivery = dispatcher.Deliver(message, options)
            peer.Answer(peer.ReceiveRequest(), 200)
            Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Answered "completes"
            Expect.equal (counter dispatcher "callback_failed") 3L "all were called")

        testCase "at a timer that throws: it rings again"
        <| unlogged (fun dispatcher _ ->
            let often = Nullable(TimeSpan.FromMilliseconds 1.0)
            use _ = dispatcher.AddTimer(TimeSpan.Zero, (fun () -> failwith "ring"), often)
            Expect.isGreaterThan (waitForCounter dispatcher "callback_failed" 3L) 2L "again")

        testCase "at a receiver that throws: 500"
        <| unlogged (fun dispatcher peer ->
            dispatcher.SetReceiver(fun _ -> failwith "receiver")

            for _ in 1..3 do
                peer.Send(peer.Request "OPTIONS", local dispatcher)
                Expect.equal (peer.ReceiveResponse().StatusCode) 500 "answered")
    ]

/// Receives one message with this receiver, and gives where that was.
let private visited (dispatcher: Dispatcher) receive =
    use peer = new Peer()
    use came = new ManualResetEventSlim()

    let receiver =
        Func<Received, CancellationToken, ValueTask<Receipt>>(fun _ cancel ->
            let receipt = receive cancel
            came.Set()
            ValueTask<Receipt>(receipt: Task<Receipt>))

    dispatcher.SetReceiver(Receiver.From receiver)
    peer.Send(peer.Request "OPTIONS", local dispatcher)
    Expect.isTrue (came.Wait Patience.span) "received"
    local dispatcher

let private ends =
    testList "DisposeAsync" [
        testCase "a receiver's own code that throws at its token: counted, sockets are closed"
        <| fun () ->
            let dispatcher = start loopback

            let at =
                visited dispatcher (fun cancel ->
                    cancel.Register(fun () -> failwith "at the end") |> ignore
                    Task.FromResult Receipt.Handled)

            finish dispatcher
            Expect.equal (counter dispatcher "callback_failed") 1L "counted"
            Expect.isTrue (canBind at) "closed"

        testCase "a receiver's own code that never returns at its token: sockets are closed"
        <| fun () ->
            use release = new ManualResetEventSlim()
            let time = FakeTimeProvider()
            let dispatcher = virtually time

            let at =
                visited dispatcher (fun cancel ->
                    cancel.Register(fun () -> release.Wait()) |> ignore
                    Task.FromResult Receipt.Handled)

            let ending = dispatcher.DisposeAsync().AsTask()
            advanceUntil time (fun () -> ending.IsCompleted)
            release.Set()
            Expect.isTrue ending.IsCompletedSuccessfully "it does not wait for ever"
            Expect.isTrue (canBind at) "closed"

        testCase "a receiver that never ends: dispose waits for Limits.DisposeWithin, and counts"
        <| fun () ->
            let time = FakeTimeProvider()
            let dispatcher = virtually time
            let at = visited dispatcher (fun _ -> TaskCompletionSource<Receipt>().Task)
            let ending = dispatcher.DisposeAsync().AsTask()
            advanceUntil time (fun () -> ending.IsCompleted)
            Expect.isTrue ending.IsCompletedSuccessfully "it does not wait for ever"
            Expect.equal (counter dispatcher "callback_abandoned") 1L "counted"
            Expect.isTrue (canBind at) "closed"
    ]

let tests = testList "Faults of the user's" [ loggers; ends ]
