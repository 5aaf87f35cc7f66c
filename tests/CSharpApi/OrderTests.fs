module SipFun.Tests.CSharpApi.OrderTests

open System
open System.Collections.Concurrent
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House

let tests =
    testList "order" [
        testCase "messages of one Call-ID start in order of arrival"
        <| inRealTime (fun dispatcher peer ->
            let seen = ConcurrentQueue<string>()
            use all = new CountdownEvent(200)

            dispatcher.SetReceiver(fun received ->
                seen.Enqueue(string received.Message.TopVia.Branch)
                all.Signal() |> ignore
                Receipt.Stateless)

            for number in 1..200 do
                let text = peer.Request("OPTIONS", branch = $"n{number}", callId = "same")
                peer.Send(text, local dispatcher)

            Expect.isTrue (all.Wait Patience.span) "all came"

            Expect.sequenceEqual seen [ for number in 1..200 -> $"z9hG4bKn{number}" ] "in order")

        testCase "awaiting inside a receiver holds up nobody, even of the same Call-ID"
        <| inRealTime (fun dispatcher peer ->
            let second = TaskCompletionSource()

            let receive =
                Func<Received, CancellationToken, ValueTask<Receipt>>(fun received _ ->
                    ValueTask<Receipt>(
                        task {
                            if received.Message.TopVia.Branch = "z9hG4bKfirst" then
                                do! second.Task
                            else
                                second.SetResult()

                            received.Respond(received.CreateResponse 200) |> ignore
                            return Receipt.Handled
                        }
                    ))

            dispatcher.SetReceiver(Receiver.From receive)

            for branch in [ "first"; "second" ] do
                peer.Send(
                    peer.Request("OPTIONS", branch = branch, callId = "same"),
                    local dispatcher
                )

            let branches = [ for _ in 1..2 -> string (peer.ReceiveResponse().TopVia.Branch) ]
            Expect.containsAll branches [ "z9hG4bKfirst"; "z9hG4bKsecond" ] "both answered")

        testCase "more than ReceiveQueue waiting: 503, counted"
        <| fun () ->
            use peer = new Peer()
            use release = new ManualResetEventSlim()
            let limits = Limits(ReceiveQueue = 2)
            let dispatcher = start (DispatcherOptions(Legs = loopback.Legs, Limits = limits))

            try
                dispatcher.SetReceiver(fun _ ->
                    release.Wait Patience.span |> ignore
                    Receipt.Pass)

                for _ in 1..3 do
                    peer.Send(peer.Request "OPTIONS", local dispatcher)

                Expect.equal (peer.ReceiveResponse().StatusCode) 503 "the third"
                Expect.equal (counter dispatcher "receive_queue_full") 1L "counted"
            finally
                release.Set()
                finish dispatcher
    ]
