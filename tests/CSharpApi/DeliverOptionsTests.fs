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

let private ids =
    testList "ids" [
        testCase "a fresh form names only what has no name of its own"
        <| inVirtualTime (fun _ dispatcher peer ->
            let own = DeliverOptions(Id = DeliveryId.Parse "mine")
            let named = deliver dispatcher (request dispatcher peer SipMethod.Options) own

            for number in 0..9 do
                let fresh = DeliveryId.Parse $"#{number}"
                Expect.isFalse (dispatcher.CancelDelivery fresh) $"{fresh} is nobody's"

            Expect.isFalse named.Completion.IsCompleted "still under way"
            Expect.isTrue (dispatcher.CancelDelivery named.Id) "by its own name")

        testCase "a fresh form given by the caller makes no later delivery a duplicate"
        <| inVirtualTime (fun _ dispatcher peer ->
            let send options =
                deliver dispatcher (request dispatcher peer SipMethod.Options) options

            let given = send (DeliverOptions(Id = DeliveryId.Parse "#8"))
            let fresh = [ for _ in 1..20 -> send (DeliverOptions()) ]

            for delivery in fresh do
                Expect.isFalse delivery.Completion.IsCompleted $"{delivery} is under way"
                Expect.notEqual delivery.Id given.Id "each has its own"

            let again = send (DeliverOptions(Id = fresh[3].Id))

            Expect.equal
                (outcome again)
                (DeliveryOutcome.Refused RefusalReason.DuplicateId)
                "a fresh one's id is taken"

            Expect.isTrue (dispatcher.CancelDelivery given.Id) "the given one"
            Expect.isFalse fresh[3].Completion.IsCompleted "and no other"

            for delivery in fresh do
                let read = DeliveryId.Parse(delivery.ToString())
                Expect.isTrue (dispatcher.CancelDelivery read) "an id can be written and read"
                Expect.equal (kind delivery) DeliveryOutcomeKind.Cancelled "it was this one")
    ]

let tests = testList "Delivery" [ options; ids; cancels ]
