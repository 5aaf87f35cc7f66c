module SipFun.Tests.CSharpApi.ReceiveTests

open System
open System.Collections.Concurrent
open System.Text
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House

let private ask (dispatcher: Dispatcher) (peer: Peer) (text: string) =
    peer.Send(text, local dispatcher)
    peer.ReceiveResponse()

let private status dispatcher peer text = (ask dispatcher peer text).StatusCode

let private receipts =
    testList "receipts" [
        testCase "Handled: the receiver sees a request once, copies get the same bytes (17.2)"
        <| inRealTime (fun dispatcher peer ->
            let seen = ref 0

            dispatcher.SetReceiver(fun received ->
                Interlocked.Increment seen |> ignore
                received.Respond(received.CreateResponse 200) |> ignore
                Receipt.Handled)

            let text = peer.Request "OPTIONS"

            let answers = [
                for _ in 1..3 do
                    peer.Send(text, local dispatcher)
                    Encoding.UTF8.GetString(peer.ReceiveBytes())
            ]

            Expect.hasLength (List.distinct answers) 1 "the same bytes"
            Expect.equal seen.Value 1 "seen once"
            Expect.equal (waitForCounter dispatcher "repeated_request" 2L) 2L "two copies absorbed")

        testCase "Stateless: the receiver sees every copy, and its To tag would be the same (8.2.7)"
        <| inRealTime (fun dispatcher peer ->
            let tags = ConcurrentQueue<string | null>()
            use all = new CountdownEvent(3)

            dispatcher.SetReceiver(fun received ->
                tags.Enqueue(received.CreateResponse(200).ToTag)
                all.Signal() |> ignore
                Receipt.Stateless)

            let text = peer.Request "OPTIONS"

            for _ in 1..3 do
                peer.Send(text, local dispatcher)

            Expect.isTrue (all.Wait Patience.span) "seen three times"
            Expect.hasLength (Seq.distinct tags) 1 "one tag"
            Expect.isNotNull (Seq.head tags) "a tag")

        testCase "Pass and nobody else: 501, 405, 480, 481; ACK never (8.2)"
        <| inRealTime (fun dispatcher peer ->
            dispatcher.SetReceiver(
                Receiver.From((fun (_: Received) -> Receipt.Pass), SipMethod.Message)
            )

            peer.Send(peer.Request "ACK", local dispatcher)
            let refused = ask dispatcher peer (peer.Request "OPTIONS")
            Expect.equal refused.StatusCode 405 "a method nobody takes"

            Expect.stringContains
                (string (refused.GetHeader "Allow"))
                "MESSAGE"
                "Allow is gathered"

            Expect.equal (status dispatcher peer (peer.Request "MESSAGE")) 480 "taken, but not now"
            Expect.equal (status dispatcher peer (peer.Request "FROBNICATE")) 501 "unknown method"
            Expect.equal (status dispatcher peer (peer.Request "CANCEL")) 481 "no such INVITE"

            Expect.equal
                (status dispatcher peer (peer.Request("BYE", toTag = "x")))
                481
                "no such dialog"

            Expect.isFalse peer.HasMore "the ACK was not answered")

        testCase "no receiver: counted, never answered"
        <| inRealTime (fun dispatcher peer ->
            peer.Send(peer.Request "OPTIONS", local dispatcher)
            Expect.equal (waitForCounter dispatcher "no_receiver" 1L) 1L "counted"
            settle dispatcher
            Expect.isFalse peer.HasMore "nothing came")

        testCase "a receiver that throws: 500, counted, and the next request is heard"
        <| inRealTime (fun dispatcher peer ->
            let later =
                Func<Received, CancellationToken, ValueTask<Receipt>>(fun _ _ ->
                    ValueTask<Receipt>(
                        task {
                            do! Task.Yield()
                            return failwith "later"
                        }
                    ))

            dispatcher.SetReceiver(fun _ -> failwith "at once")
            Expect.equal (status dispatcher peer (peer.Request "OPTIONS")) 500 "at once"
            dispatcher.SetReceiver(Receiver.From later)
            Expect.equal (status dispatcher peer (peer.Request "OPTIONS")) 500 "after an await"
            Expect.equal (counter dispatcher "receiver_failed") 2L "counted")

        testCase "Chain asks each in turn and gathers their methods"
        <| inRealTime (fun dispatcher peer ->
            let seen = ConcurrentQueue<string>()

            let one name receipt (method: SipMethod) =
                Receiver.From(
                    (fun (received: Received) ->
                        seen.Enqueue name

                        if receipt = Receipt.Handled then
                            received.Respond(received.CreateResponse 202) |> ignore

                        receipt),
                    method
                )

            let chain =
                Receiver.Chain(
                    one "a" Receipt.Pass SipMethod.Info,
                    one "b" Receipt.Handled SipMethod.Message,
                    one "c" Receipt.Handled SipMethod.Info
                )

            dispatcher.SetReceiver chain
            Expect.equal (status dispatcher peer (peer.Request "MESSAGE")) 202 "b answered"
            Expect.sequenceEqual seen [ "a"; "b" ] "c was not asked"

            Expect.sequenceEqual
                chain.AllowedMethods
                [ SipMethod.Info; SipMethod.Message ]
                "methods of all")
    ]

let private received =
    testList "Received" [
        testCase "tells the leg, the source and the dispatcher; the Via has received and rport"
        <| inRealTime (fun dispatcher peer ->
            let seen = TaskCompletionSource<Received>()

            dispatcher.SetReceiver(fun received ->
                seen.SetResult received
                Receipt.Stateless)

            peer.Send(peer.Request "OPTIONS", local dispatcher)
            let received = wait seen.Task
            Expect.equal received.Source peer.Hop "source"
            Expect.equal received.Leg dispatcher.Legs[0] "leg"
            Expect.isTrue (Object.ReferenceEquals(received.Dispatcher, dispatcher)) "dispatcher"
            Expect.equal received.Message.TopVia.RPort (Nullable peer.Port) "rport (RFC 3581)")

        testCase "a 100 has no To tag, others have"
        <| inRealTime (fun dispatcher peer ->
            dispatcher.SetReceiver(fun received ->
                received.Respond(received.CreateResponse 100) |> ignore
                received.Respond(received.CreateResponse(486, "Not now")) |> ignore
                Receipt.Handled)

            peer.Send(peer.Request "INVITE", local dispatcher)
            Expect.isNull (peer.ReceiveResponse().ToTag) "100 (RFC 3261, 8.2.6.1)"
            let final = peer.ReceiveResponse()
            Expect.isNotNull final.ToTag "486"
            Expect.equal final.ReasonPhrase "Not now" "reason")

        testCase "there is nothing to respond to an ACK"
        <| inRealTime (fun dispatcher peer ->
            let seen = TaskCompletionSource<exn>()

            dispatcher.SetReceiver(fun received ->
                try
                    received.CreateResponse 200 |> ignore
                with failure ->
                    seen.SetResult failure

                Receipt.Stateless)

            peer.Send(peer.Request "ACK", local dispatcher)
            Expect.isTrue (wait seen.Task :? InvalidOperationException) "misuse")

        testCase "Inject takes a message as if it had come in"
        <| inRealTime (fun dispatcher peer ->
            dispatcher.SetReceiver(fun received ->
                received.Respond(received.CreateResponse 200) |> ignore
                Receipt.Handled)

            dispatcher.Inject(
                SipMessage.Parse(peer.Request "OPTIONS"),
                dispatcher.Legs[0],
                peer.Hop
            )

            Expect.equal (peer.ReceiveResponse().StatusCode) 200 "answered to its source")
    ]

let tests = testList "Receive" [ receipts; received ]
