// DrainAsync over real sockets: nothing new, what runs finishes or is told.
module SipFun.Tests.CSharpApi.DrainTests

open System
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House

let private within seconds (dispatcher: Dispatcher) =
    dispatcher.DrainAsync(TimeSpan.FromSeconds(float seconds))

let private deliver (dispatcher: Dispatcher) (peer: Peer) =
    dispatcher.Deliver(request dispatcher peer SipMethod.Options)

let tests =
    testList "Drain" [
        testCase "where nothing is under way it is done at once"
        <| inVirtualTime (fun _ dispatcher _ ->
            Expect.isTrue (wait (dispatcher.DrainAsync())).IsDone "done"
            Expect.isTrue dispatcher.IsDraining "and it stays so")

        testCase "it waits for what is under way, and refuses what is new"
        <| inVirtualTime (fun _ dispatcher peer ->
            let under = deliver dispatcher peer
            let drain = dispatcher.DrainAsync()
            Expect.isFalse drain.IsCompleted "something is under way"
            let refused = deliver dispatcher peer

            Expect.equal
                (outcome refused)
                (DeliveryOutcome.Refused RefusalReason.Draining)
                "nothing new"

            Expect.stringContains (refused.Explain()) "drains" "says why"
            peer.Answer(peer.ReceiveRequest(), 200)
            Expect.isTrue (wait drain).IsDone "done"
            Expect.equal (outcome under).Kind DeliveryOutcomeKind.Answered "answered")

        testCase "within a dialog requests are sent"
        <| inVirtualTime (fun _ dispatcher peer ->
            wait (dispatcher.DrainAsync()) |> ignore
            let bye = request dispatcher peer SipMethod.Bye
            let within = bye.WithHeader("To", $"<{peer.Uri}>;tag=theirs")
            let delivery = dispatcher.Deliver within
            peer.Answer(peer.ReceiveRequest(), 200)
            Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Answered "answered")

        testCase "what comes in new gets 503, and is not offered"
        <| inVirtualTime (fun _ dispatcher peer ->
            dispatcher.SetReceiver(fun (_: Received) -> failtest "offered")
            wait (dispatcher.DrainAsync()) |> ignore
            peer.Send(peer.Request "OPTIONS", local dispatcher)
            let response = peer.ReceiveResponse()
            Expect.equal response.StatusCode 503 "not now"
            Expect.stringContains (string response) "Retry-After" "but later"
            Expect.equal (counter dispatcher "draining") 1L "counted")

        testCase "a request that came before is answered, and waited for"
        <| inVirtualTime (fun _ dispatcher peer ->
            let came = TaskCompletionSource<Received>()

            dispatcher.SetReceiver(fun (received: Received) ->
                came.SetResult received
                Receipt.Handled)

            peer.Send(peer.Request "MESSAGE", local dispatcher)
            let received = wait came.Task
            let drain = dispatcher.DrainAsync()
            Expect.isFalse drain.IsCompleted "it is not answered"
            received.Respond(received.CreateResponse 200) |> ignore
            Expect.isTrue (wait drain).IsDone "answered"
            Expect.equal (peer.ReceiveResponse()).StatusCode 200 "and gone out")

        testCase "when the time is over it says what is left"
        <| inVirtualTime (fun time dispatcher peer ->
            let under = deliver dispatcher peer
            let drain = within 3 dispatcher
            time.Advance(TimeSpan.FromSeconds 2.9)
            Expect.isFalse drain.IsCompleted "not yet"
            time.Advance(TimeSpan.FromSeconds 0.2)
            let result = wait drain
            Expect.isFalse result.IsDone "not done"
            Expect.equal (List.ofSeq result.Deliveries) [ under ] "what is left")

        testCase "a second drain waits for the same"
        <| inVirtualTime (fun _ dispatcher peer ->
            let under = deliver dispatcher peer
            let both = [ dispatcher.DrainAsync(); dispatcher.DrainAsync() ]
            under.Cancel() |> ignore

            for drain in both do
                Expect.isTrue (wait drain).IsDone "done")

        testCase "a token ends the waiting, not the draining"
        <| inVirtualTime (fun _ dispatcher peer ->
            let under = deliver dispatcher peer
            use source = new CancellationTokenSource()
            let drain = dispatcher.DrainAsync(cancel = source.Token)
            source.Cancel()

            Expect.throwsT<TaskCanceledException>
                (fun () -> drain.GetAwaiter().GetResult() |> ignore)
                "cancelled"

            Expect.isTrue dispatcher.IsDraining "it drains on"
            under.Cancel() |> ignore
            Expect.isTrue (wait (dispatcher.DrainAsync())).IsDone "and may be waited for again")
    ]
