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

let private sends =
    testList "SendAsync" [
        testCase "gives the final response, whatever its status"
        <| inRealTime (fun dispatcher peer ->
            let sending = dispatcher.SendAsync(request dispatcher peer SipMethod.Message)
            peer.Answer(peer.ReceiveRequest(), 404)
            Expect.equal (wait sending).StatusCode 404 "a response is no exception")

        testCase "throws DeliveryException with what to do next"
        <| inVirtualTime (fun time dispatcher peer ->
            let sending = dispatcher.SendAsync(request dispatcher peer SipMethod.Message)
            peer.ReceiveBytes() |> ignore
            time.Advance(TimeSpan.FromSeconds 33.0)

            match Expect.throwsC (fun () -> wait sending |> ignore) id with
            | :? DeliveryException as failure ->
                Expect.equal failure.Outcome.Kind DeliveryOutcomeKind.TimedOut "outcome"
                Expect.stringContains failure.Message "Explain" "what to do next"
            | other -> failtest $"{other}")

        testCase "a token cancels, and an INVITE by a SIP CANCEL (RFC 3261, 9.1)"
        <| inRealTime (fun dispatcher peer ->
            use cancel = new CancellationTokenSource()
            use rang = new ManualResetEventSlim()
            let options = DeliverOptions(OnResponse = fun _ -> rang.Set())
            let invite = request dispatcher peer SipMethod.Invite
            let sending = dispatcher.SendAsync(invite, options, cancel.Token)
            let asked = peer.ReceiveRequest()
            peer.Answer(asked, 180)
            Expect.isTrue (rang.Wait Patience.span) "the 180 came"
            cancel.Cancel()
            let failure = Expect.throwsC (fun () -> wait sending |> ignore) id
            Expect.isTrue (failure :? OperationCanceledException) "cancelled"

            let rec next () =
                let message = peer.ReceiveRequest()
                if message.Method = SipMethod.Invite then next () else message

            let heard = next ()
            Expect.equal heard.Method SipMethod.Cancel "the peer hears of it"
            Expect.equal heard.TopVia.Branch asked.TopVia.Branch "with the INVITE's branch")

        testCase "an ACK has no response to wait for"
        <| inRealTime (fun dispatcher peer ->
            Expect.throwsT<ArgumentException>
                (fun () -> dispatcher.SendAsync(request dispatcher peer SipMethod.Ack) |> ignore)
                "misuse is told at once")
    ]

let private options =
    testList "options" [
        testCase "an id under way is refused, and free again afterwards"
        <| inRealTime (fun dispatcher peer ->
            let send id =
                deliver
                    dispatcher
                    (request dispatcher peer SipMethod.Options)
                    (DeliverOptions(Id = DeliveryId.Parse id))

            let first = send "mine"
            let second = send "mine"

            Expect.equal
                (outcome second)
                (DeliveryOutcome.Refused RefusalReason.DuplicateId)
                "refused"

            Expect.isTrue
                (dispatcher.CancelDelivery(DeliveryId.Parse "mine"))
                "the first was there"

            Expect.equal (kind first) DeliveryOutcomeKind.Cancelled "cancelled"
            Expect.isFalse (send "mine").Completion.IsCompleted "free again")

        testCase "Destination skips everything"
        <| inRealTime (fun dispatcher peer ->
            let message =
                dispatcher.CreateRequest(SipMethod.Options, SipUri.Parse "sip:nowhere.invalid")

            deliver dispatcher message (DeliverOptions(Destination = peer.Hop)) |> ignore
            Expect.equal (peer.ReceiveRequest().RequestUri.Host) "nowhere.invalid" "came here")

        testCase "a leg of another dispatcher is misuse; a removed one is refused"
        <| inRealTime (fun dispatcher peer ->
            let other = start loopback
            let foreign = DeliverOptions(Leg = other.Legs[0])
            let message = request dispatcher peer SipMethod.Options

            Expect.throwsT<ArgumentException>
                (fun () -> deliver dispatcher message foreign |> ignore)
                "told at once"

            finish other
            let removed = wait (dispatcher.AddLegAsync(LegOptions.Udp "127.0.0.1:0"))
            Expect.isTrue (wait (dispatcher.RemoveLegAsync removed)) "removed"

            Expect.equal
                (outcome (deliver dispatcher message (DeliverOptions(Leg = removed))))
                (DeliveryOutcome.Refused RefusalReason.UnknownLeg)
                "refused")

        testCase "a CANCEL without its INVITE is refused (RFC 3261, 9.1)"
        <| inRealTime (fun dispatcher peer ->
            let cancel = (request dispatcher peer SipMethod.Invite).CreateCancel()

            Expect.equal
                (outcome (dispatcher.Deliver cancel))
                (DeliveryOutcome.Refused RefusalReason.NothingToCancel)
                "nothing to cancel")

        testCase "no leg for IPv6 is an outcome with a word of advice"
        <| inRealTime (fun dispatcher _ ->
            let uri = SipUri.Parse "sip:[2001:db8::1]"
            let delivery = dispatcher.Deliver(dispatcher.CreateRequest(SipMethod.Options, uri))

            match outcome delivery with
            | :? DeliveryOutcome.Unresolved as unresolved ->
                Expect.equal unresolved.Error.Fault ResolutionFault.NoLeg "no leg"
                Expect.isNotEmpty unresolved.Error.Detail "advice"
            | other -> failtest $"{other}")

        testCase "AnswerWithin and Transports that make no sense are misuse"
        <| inRealTime (fun dispatcher peer ->
            let message = request dispatcher peer SipMethod.Options

            for wrong in
                [
                    DeliverOptions(AnswerWithin = TimeSpan.Zero)
                    DeliverOptions(Transports = [||])
                    DeliverOptions(Destination = Hop(Transport.Udp, Net.IPAddress.Loopback, 0))
                ] do
                Expect.throwsT<ArgumentException>
                    (fun () -> deliver dispatcher message wrong |> ignore)
                    "told at once")
    ]

let private cancels =
    testList "CancelDelivery" [
        testCase "by handle, by id, by Call-ID; each true or counted only once"
        <| inVirtualTime (fun time dispatcher peer ->
            let send callId =
                deliver
                    dispatcher
                    (request dispatcher peer SipMethod.Options)
                    (DeliverOptions(CallId = CallId.Parse callId))

            let one, two, three, four = send "a", send "b", send "call", send "call"

            Expect.equal dispatcher.Deliveries.Count 4 "under way"
            Expect.isTrue (one.Cancel()) "by handle"
            Expect.isFalse (dispatcher.CancelDelivery one) "only once"
            Expect.isTrue (dispatcher.CancelDelivery two.Id) "by fresh id"
            Expect.isFalse (dispatcher.CancelDelivery two.Id) "only once"
            Expect.equal (dispatcher.CancelDelivery(CallId.Parse "call")) 2 "all of the call"
            Expect.equal (dispatcher.CancelDelivery(CallId.Parse "call")) 0 "only once"
            Expect.isFalse (dispatcher.CancelDelivery(DeliveryId.New())) "unknown"
            peer.Drain() |> ignore
            Expect.isEmpty (instants time dispatcher peer 500 40_000) "D2: nothing more is sent"

            for delivery in [ one; two; three; four ] do
                Expect.equal (kind delivery) DeliveryOutcomeKind.Cancelled "outcome"

            Expect.isEmpty dispatcher.Deliveries "nothing under way")
    ]

let tests = testList "Deliver" [ copies; answers; sends; options; cancels ]
