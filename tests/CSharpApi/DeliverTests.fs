module SipFun.Tests.CSharpApi.DeliverTests

open System
open System.Collections.Concurrent
open System.Threading
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House

let private deliver (dispatcher: Dispatcher) (message: SipMessage) options =
    dispatcher.Deliver(message, options)

let private kind (delivery: Delivery) = (outcome delivery).Kind

let private schedule method expected =
    inVirtualTime
    <| fun time dispatcher peer ->
        let delivery = dispatcher.Deliver(request dispatcher peer method)
        let seen = instants time dispatcher peer 100 31_900
        Expect.equal seen expected "one packet at each instant, in ms"
        Expect.isFalse delivery.Completion.IsCompleted "not given up before 32 s"
        time.Advance(TimeSpan.FromMilliseconds 100.0)
        settle dispatcher
        Expect.equal (kind delivery) DeliveryOutcomeKind.TimedOut "given up at 32 s"
        Expect.isEmpty dispatcher.Deliveries "nothing is under way"

let private copies =
    testList "copies in virtual time" [
        testCase "D4: INVITE at 0, .5, 1.5, 3.5, 7.5, 15.5, 31.5 s (RFC 3261, 17.1.1.2)"
        <| schedule SipMethod.Invite [ 0; 500; 1500; 3500; 7500; 15500; 31500 ]

        testCase "D4: others at 0, .5, 1.5, 3.5, 7.5, 11.5 ... 31.5 s (RFC 3261, 17.1.2.2)"
        <| schedule SipMethod.Options [
            0
            500
            1500
            3500
            7500
            11500
            15500
            19500
            23500
            27500
            31500
        ]

        testCase "every copy is byte for byte the first"
        <| inVirtualTime (fun time dispatcher peer ->
            dispatcher.Deliver(request dispatcher peer SipMethod.Options) |> ignore
            let first = peer.ReceiveBytes()
            time.Advance(TimeSpan.FromMilliseconds 500.0)
            Expect.equal (peer.ReceiveBytes()) first "the copy")

        testCase "Retransmit = false sends once and completes Sent"
        <| inVirtualTime (fun time dispatcher peer ->
            let options = DeliverOptions(Retransmit = false)

            let delivery =
                deliver dispatcher (request dispatcher peer SipMethod.Options) options

            Expect.equal (kind delivery) DeliveryOutcomeKind.Sent "no response is waited for"
            Expect.equal (instants time dispatcher peer 1000 40_000) [ 0 ] "one packet")

        testCase "AnswerWithin ends an INVITE that rings"
        <| inVirtualTime (fun time dispatcher peer ->
            use rang = new ManualResetEventSlim()

            let options =
                DeliverOptions(
                    AnswerWithin = TimeSpan.FromSeconds 60.0,
                    OnResponse = fun _ -> rang.Set()
                )

            let delivery = deliver dispatcher (request dispatcher peer SipMethod.Invite) options

            peer.Answer(peer.ReceiveRequest(), 180)
            Expect.isTrue (rang.Wait Patience.span) "the 180 came"
            time.Advance(TimeSpan.FromSeconds 59.0)
            settle dispatcher
            Expect.isFalse delivery.Completion.IsCompleted "still ringing"
            time.Advance(TimeSpan.FromSeconds 1.0)
            Expect.equal (kind delivery) DeliveryOutcomeKind.TimedOut "after 60 s")
    ]

let private answers =
    testList "answers" [
        testCase "a 200 completes, without our Via"
        <| inRealTime (fun dispatcher peer ->
            let delivery = dispatcher.Deliver(request dispatcher peer SipMethod.Options)
            let asked = peer.ReceiveRequest()
            Expect.isTrue asked.TopVia.HasRPort "rport is asked for"
            Expect.stringStarts (string asked.TopVia.Branch) "z9hG4bK" "the cookie"
            Expect.equal asked.TopVia.SentBy dispatcher.Legs[0].SentBy "sent-by"
            peer.Answer(asked, 200)

            match outcome delivery with
            | :? DeliveryOutcome.Answered as answered ->
                Expect.equal answered.Response.StatusCode 200 "status"
                Expect.isEmpty answered.Response.Vias "our Via was taken off"
            | other -> failtest $"{other}")

        testCase "callbacks come in order, then Completion"
        <| inRealTime (fun dispatcher peer ->
            let seen = ConcurrentQueue<string>()

            let options =
                DeliverOptions(
                    OnSent = (fun hop -> seen.Enqueue $"sent {hop}"),
                    OnResponse = (fun response -> seen.Enqueue $"{response.StatusCode}"),
                    OnCompleted = fun outcome -> seen.Enqueue $"{outcome.Kind}"
                )

            let delivery = deliver dispatcher (request dispatcher peer SipMethod.Invite) options

            let invite = peer.ReceiveRequest()
            [ 100; 180; 486 ] |> List.iter (fun status -> peer.Answer(invite, status))
            outcome delivery |> ignore

            Expect.sequenceEqual
                seen
                [ $"sent {peer.Hop}"; "100"; "180"; "486"; "Answered" ]
                "all there, in order, before Completion"

            Expect.equal (peer.ReceiveRequest().Method) SipMethod.Ack "the ACK to a 486 is ours")

        testCase "a callback that throws is counted, and the rest goes on"
        <| inRealTime (fun dispatcher peer ->
            let options =
                DeliverOptions(
                    OnSent = (fun _ -> failwith "sent"),
                    OnCompleted = fun _ -> failwith "completed"
                )

            let delivery =
                deliver dispatcher (request dispatcher peer SipMethod.Options) options

            peer.Answer(peer.ReceiveRequest(), 200)
            Expect.equal (kind delivery) DeliveryOutcomeKind.Answered "completed all the same"
            Expect.equal (counter dispatcher "callback_failed") 2L "both counted")

        testCase "Explain tells the hop, the response and the end"
        <| inRealTime (fun dispatcher peer ->
            let delivery = dispatcher.Deliver(request dispatcher peer SipMethod.Options)
            let asked = peer.ReceiveRequest()
            Expect.stringContains (delivery.Explain()) $"{peer.Port}" "while under way"
            peer.Answer(asked, 200)
            outcome delivery |> ignore
            let story = delivery.Explain()
            Expect.stringContains story $"{peer.Hop}" "the hop"
            Expect.stringContains story "200" "the response")

        testCase "a stray response is counted, and nothing comes of it (RFC 3261, 18.1.2)"
        <| inRealTime (fun dispatcher peer ->
            dispatcher.Deliver(request dispatcher peer SipMethod.Options) |> ignore
            let asked = peer.ReceiveRequest()

            let foreign =
                (asked.WithoutTopVia() :> SipMessage).PushVia
                    "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx"

            peer.Answer(foreign :?> SipRequest, 200)
            Expect.equal (waitForCounter dispatcher "foreign_response" 1L) 1L "not ours")
    ]

let private fork (peer: Peer) (invite: SipRequest) tag =
    peer.Send(invite.CreateResponse(200, tag), peer.From)

let private unheard =
    testList "what nobody hears" [
        testCase "a late 2xx without OnResponse is counted (RFC 3261, 13.2.2.4)"
        <| inRealTime (fun dispatcher peer ->
            let delivery = dispatcher.Deliver(request dispatcher peer SipMethod.Invite)
            let invite = peer.ReceiveRequest()
            fork peer invite "one"
            Expect.equal (kind delivery) DeliveryOutcomeKind.Answered "answered"
            Expect.equal (counter dispatcher "unheard_response") 0L "the outcome has the first"
            fork peer invite "two"
            Expect.equal (waitForCounter dispatcher "unheard_response" 1L) 1L "the second fork")

        testCase "a late 2xx to a cancelled INVITE without OnResponse is counted"
        <| inRealTime (fun dispatcher peer ->
            let delivery = dispatcher.Deliver(request dispatcher peer SipMethod.Invite)
            let invite = peer.ReceiveRequest()
            Expect.isTrue (delivery.Cancel()) "cancelled"
            fork peer invite "one"
            Expect.equal (waitForCounter dispatcher "unheard_response" 1L) 1L "dropped")

        testCase "more than CallbackQueue waiting: counted, the outcome is told all the same"
        <| fun () ->
            use peer = new Peer()
            use entered = new ManualResetEventSlim()
            use release = new ManualResetEventSlim()
            let limits = Limits(CallbackQueue = 2)
            let dispatcher = start (DispatcherOptions(Legs = loopback.Legs, Limits = limits))
            let heard = ConcurrentQueue<int>()

            let hear (response: SipResponse) =
                heard.Enqueue response.StatusCode
                entered.Set()
                release.Wait Patience.span |> ignore

            try
                let options = DeliverOptions(OnResponse = hear)
                let delivery = deliver dispatcher (request dispatcher peer SipMethod.Invite) options
                let invite = peer.ReceiveRequest()
                peer.Answer(invite, 180)
                Expect.isTrue (entered.Wait Patience.span) "the first is told"
                [ 181; 182; 183; 486 ] |> List.iter (fun status -> peer.Answer(invite, status))
                Expect.equal (waitForCounter dispatcher "callback_queue_full" 2L) 2L "counted"
                release.Set()
                Expect.equal (kind delivery) DeliveryOutcomeKind.Answered "the outcome is told"
                Expect.sequenceEqual heard [ 180; 181; 182 ] "what had room"
            finally
                release.Set()
                finish dispatcher
    ]

let tests = testList "Deliver" [ copies; answers; unheard ]
