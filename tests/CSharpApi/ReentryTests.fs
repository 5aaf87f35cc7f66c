/// From inside every callback every method may be called.
module SipFun.Tests.CSharpApi.ReentryTests

open System
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House

/// Calls everything there is, and waits for what waits.
let private everything (dispatcher: Dispatcher) (peer: Peer) =
    let message = request dispatcher peer SipMethod.Options
    let delivery = dispatcher.Deliver message
    delivery.Explain() |> ignore
    delivery.Cancel() |> ignore
    dispatcher.CancelDelivery delivery |> ignore
    dispatcher.CancelDelivery delivery.Id |> ignore
    dispatcher.CancelDelivery delivery.CallId |> ignore
    wait delivery.Completion |> ignore
    dispatcher.Deliveries |> Seq.length |> ignore
    dispatcher.Counters |> ignore
    dispatcher.GetLegs() |> ignore
    let leg = wait (dispatcher.AddLegAsync(LegOptions.Udp "127.0.0.1:0"))
    wait (dispatcher.RemoveLegAsync leg) |> ignore
    dispatcher.SetReceiver(fun _ -> Receipt.Pass)
    wait (dispatcher.ResolveUriAsync peer.Uri) |> ignore
    use rang = new ManualResetEventSlim()
    use _ = dispatcher.AddTimer(TimeSpan.Zero, rang.Set)

    if not (rang.Wait Patience.span) then
        failtest "the timer did not ring"

    use timer = dispatcher.AddTimer(DateTimeOffset.MaxValue, ignore)
    use cancel = new CancellationTokenSource()
    let sending = dispatcher.SendAsync(message, null, cancel.Token)
    cancel.Cancel()

    try
        wait sending |> ignore
    with :? OperationCanceledException ->
        ()

/// Runs a piece of work once, in whatever callback it is given to.
type private Once(work: unit -> unit) =
    let result = TaskCompletionSource()
    let mutable started = 0

    member _.Run() =
        if Interlocked.Exchange(&started, 1) = 0 then
            try
                work ()
                result.SetResult()
            with failure ->
                result.SetException failure

    member _.Task = result.Task

let private inside name (arrange: Dispatcher -> Peer -> (unit -> unit) -> unit) =
    testCase name
    <| inRealTime (fun dispatcher peer ->
        use other = new Peer()
        let once = Once(fun () -> everything dispatcher other)
        arrange dispatcher peer once.Run
        once.Task.Wait(Patience.span) |> ignore
        Expect.isTrue once.Task.IsCompletedSuccessfully "everything could be called")

let private respond (dispatcher: Dispatcher) (peer: Peer) options =
    dispatcher.Deliver(request dispatcher peer SipMethod.Options, options) |> ignore
    peer.Answer(peer.ReceiveRequest(), 200)

let tests =
    testList "Re-entry" [
        inside "inside OnSent" (fun dispatcher peer run ->
            respond dispatcher peer (DeliverOptions(OnSent = fun _ -> run ())))

        inside "inside OnResponse" (fun dispatcher peer run ->
            respond dispatcher peer (DeliverOptions(OnResponse = fun _ -> run ())))

        inside "inside OnCompleted" (fun dispatcher peer run ->
            respond dispatcher peer (DeliverOptions(OnCompleted = fun _ -> run ())))

        inside "inside a timer" (fun dispatcher _ run ->
            dispatcher.AddTimer(TimeSpan.Zero, run) |> ignore)

        inside "inside a receiver" (fun dispatcher peer run ->
            dispatcher.SetReceiver(fun _ ->
                run ()
                Receipt.Handled)

            peer.Send(peer.Request "OPTIONS", local dispatcher))

        inside "inside GetLegs' condition" (fun dispatcher _ run ->
            dispatcher.GetLegs(
                where =
                    fun _ ->
                        run ()
                        true
            )
            |> ignore)

        testCase "a callback may dispose its dispatcher, and wait for that"
        <| fun () ->
            use peer = new Peer()
            let dispatcher = start loopback
            let disposed = TaskCompletionSource()

            respond
                dispatcher
                peer
                (DeliverOptions(
                    OnResponse =
                        fun _ ->
                            dispatcher.DisposeAsync().AsTask().Wait()
                            disposed.SetResult()
                ))

            Expect.isTrue (disposed.Task.Wait Patience.span) "it came back"

        testCase "a receiver may dispose its dispatcher after an await, and wait for that"
        <| fun () ->
            use peer = new Peer()
            let dispatcher = start loopback
            let disposed = TaskCompletionSource()

            let receive =
                Func<Received, CancellationToken, ValueTask<Receipt>>(fun _ _ ->
                    ValueTask<Receipt>(
                        task {
                            do! Task.Yield()
                            do! dispatcher.DisposeAsync()
                            disposed.SetResult()
                            return Receipt.Pass
                        }
                    ))

            dispatcher.SetReceiver(Receiver.From receive)
            peer.Send(peer.Request "OPTIONS", local dispatcher)
            Expect.isTrue (disposed.Task.Wait Patience.span) "it came back"
    ]
