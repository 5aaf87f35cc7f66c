module SipFun.Tests.CSharpApi.DeliverOptionsTests

open System
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House

let private deliver (dispatcher: Dispatcher) (message: SipMessage) options =
    dispatcher.Deliver(message, options)

let private kind (delivery: Delivery) = (outcome delivery).Kind

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

let tests = testList "Delivery" [ options; cancels ]
