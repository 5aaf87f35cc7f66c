// The door itself: legs, timers, resolutions, the clock, the close (RFC 3261, 18; laws D3, D5, D6).
module SipFun.Tests.Dispatcher.DispatcherTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let private options = request "OPTIONS" "call-1"

let private rings number rig = [
    for at, effect in effects rig do
        match effect with
        | Effect.Ring(each, last) when each = number -> int at, last
        | _ -> ()
]

let private timers =
    testList "timers of the user's" [
        testCase "one rings once, at its instant"
        <| fun () ->
            let rig = give (AddTimer(5L, 700L<ms>, ValueNone)) start |> runFor 10_000L<ms>
            same (rings 5L rig) [ 700, true ] "once"
            expectIdle rig

        testCase "one with a repeat keeps its grid, and a late alarm rings once"
        <| fun () ->
            let rig =
                give (AddTimer(5L, 1000L<ms>, ValueSome 500L<ms>)) start |> runFor 1600L<ms>

            same (rings 5L rig) [ 1000, false; 1500, false ] "each"
            let late = { rig with Now = 5200L<ms> } |> give Tick |> runFor 400L<ms>
            same (rings 5L late |> List.skip 2) [ 5200, false; 5500, false ] "not the backlog"
            let ended = give (CancelTimer 5L) late
            expectIdle ended

        testCase "a past instant rings as soon as possible"
        <| fun () ->
            let rig = { start with Now = 900L<ms> } |> give (AddTimer(5L, 100L<ms>, ValueNone))
            same (Dispatcher.alarm rig.State) (ValueSome 900L<ms>) "now"

        testCase "cancelling what is no timer changes nothing"
        <| fun () ->
            let number, rig = deliver options start
            let after = give (CancelTimer number) rig
            Expect.isTrue (State.isUnderWay number after.State) "still under way"
    ]

let private legs =
    let two = withLegs [ own; leg 2 "127.0.0.2" 5080 ]

    testList "legs" [
        testCase "S-27: a removed leg's deliveries end in the same step, and nothing is sent on it"
        <| fun () ->
            let number, rig = deliver options start
            let rig = give (RemoveLeg 1) rig |> runFor 60_000L<ms>

            match outcomeOf number rig with
            | 0, Unreachable(_, TransportFault.LegRemoved, _) -> ()
            | other -> failtestf "%A" other

            same (copies "OPTIONS" rig) [ 0 ] "no copy"
            expectIdle rig

        testCase "S-27: server transactions go with their leg, their deliveries are told"
        <| fun () ->
            let via = "SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKx"
            let rig = receiving start |> receive (incoming via "INVITE" "")
            let rig = give (Receipted(fst (List.last (offered rig)), Receipt.Handled)) rig
            let number, rig = respond 486 (snd (List.last (offered rig))) rig
            let rig = give (RemoveLeg 1) rig

            match snd (outcomeOf number rig) with
            | Unreachable(_, TransportFault.LegRemoved, _) -> expectIdle rig
            | other -> failtestf "%A" other

        testCase "an explicit leg wins"
        <| fun () ->
            let change (order: Order) = { order with Legs = [ 2 ] }
            let _, rig = deliverWith change options two
            same (lastRequest "OPTIONS" rig).TopVia.SentBy "127.0.0.2:5080" "leg 2's Via"

        testCase "a leg that is not, or no longer, there: refused"
        <| fun () ->
            let change (order: Order) = { order with Legs = [ 9 ] }
            let number, rig = deliverWith change options two
            same (snd (outcomeOf number rig)) (Refused RefusalReason.UnknownLeg) "refused"

        testCase "our Via: rport, the leg's sent-by, our branch, above what was there"
        <| fun () ->
            let proxied = options.PushVia "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKup"
            let _, rig = deliver proxied start
            let sent = lastRequest "OPTIONS" rig
            same sent.ViaCount 2 "one new"
            Expect.isTrue sent.TopVia.HasRPort "RFC 3581, 3"
            same sent.TopVia.SentBy "127.0.0.1:5060" "the leg's"
            same proxied.ViaCount 1 "the caller's object never changes"
    ]

let private limited =
    testList "limits" [
        testCase "more deliveries than the limit are refused, counted, and the others go on"
        <| fun () ->
            let few = { settings with Limits = { limits with Deliveries = 1 } }
            let first, rig = withSettings few |> deliver options
            let second, rig = deliver (request "OPTIONS" "call-2") rig
            same (snd (outcomeOf second rig)) (Refused RefusalReason.TooMany) "refused"
            Expect.isTrue (State.isUnderWay first rig.State) "the first goes on"
            same (counted Counted.Overload rig) 1 "counted"

        testCase "D3: more due work than one step takes: the alarm says now until it is done"
        <| fun () ->
            let few = { settings with Limits = { limits with PerStep = 2 } }

            let rig =
                [ 1..5 ]
                |> List.fold
                    (fun rig n -> snd (deliver (request "OPTIONS" $"c{n}") rig))
                    (withSettings few)

            let rig = { rig with Now = 500L<ms> } |> give Tick
            same (copies "OPTIONS" rig).Length 7 "two copies"
            same (Dispatcher.alarm rig.State) (ValueSome 500L<ms>) "now"
            let rig = runFor 0L<ms> rig
            same (copies "OPTIONS" rig).Length 10 "all five"
            Expect.isGreaterThan (Dispatcher.alarm rig.State).Value 500L<ms> "then later"

        testCase "lingering transactions beyond their limit are forgotten at once, and counted"
        <| fun () ->
            let none = { settings with Limits = { limits with Lingering = 0 } }
            let _, rig = withSettings none |> deliver options
            let rig = answer "OPTIONS" 200 rig
            same (counted Counted.NotLingering rig) 1 "counted"
            expectIdle rig
    ]

let private resolving =
    let names = "sip:b@b.test"
    let toName = requestTo names "OPTIONS" "call-1" 1
    let a = Question.create "b.test" DnsType.A
    let srv = Question.create "_sip._udp.b.test" DnsType.Srv
    let naptr = Question.create "b.test" DnsType.Naptr

    let record name data = { Name = name; Ttl = 60; Data = data }
    let found = Answer.ok [| record "b.test" (AddressOf(address "127.0.0.7")) |]
    let unfound = Answer.failed DnsStatus.NxDomain

    let byName message rig =
        deliverWith (fun order -> { order with Destination = ValueNone }) message rig

    let asked rig = [
        for _, effect in effects rig do
            match effect with
            | Effect.Ask question -> question
            | _ -> ()
    ]

    testList "names" [
        testCase "a name: NAPTR, SRV, then A, then the packet leaves"
        <| fun () ->
            let _, rig = byName toName start
            same (asked rig) [ naptr ] "NAPTR first (RFC 3263, 4.1)"
            let rig = give (Input.Answered(naptr, unfound)) rig
            same (asked rig) [ naptr; srv ] "then SRV (RFC 3263, 4.2)"
            let rig = give (Input.Answered(srv, unfound)) rig
            let rig = give (Input.Answered(a, found)) rig
            same [ for _, hop, _ in wire rig -> hop.Port ] [ 5060 ] "sent"

        testCase "two deliveries ask one question once"
        <| fun () ->
            let _, rig = byName toName start
            let _, rig = byName (requestTo names "OPTIONS" "call-2" 1) rig
            let rig = give (Input.Answered(naptr, unfound)) rig
            same (asked rig) [ naptr; srv ] "each once"
            let rig = give (Input.Answered(srv, unfound)) rig |> give (Input.Answered(a, found))
            same (wire rig).Length 2 "both were answered"

        testCase "S-15: cancelled while resolving: a late answer is remembered, and sends nothing"
        <| fun () ->
            let number, rig = byName toName start
            let rig = give (CancelDelivery(ByNumber number)) rig
            expectIdle rig
            let after = give (Input.Answered(naptr, unfound)) rig
            same (after.Log.Length, counted Counted.LateInput after) (rig.Log.Length, 0) "nothing"
            expectIdle after
            let twice = give (Input.Answered(naptr, unfound)) after
            same (counted Counted.LateInput twice) 1 "nobody asked once more: counted"
            expectUnchanged after twice

        testCase "a resolver that never answers: Unresolved, TimedOut, after its limit"
        <| fun () ->
            let number, rig = byName toName start

            match outcomeOf number (runFor 60_000L<ms> rig) with
            | 15000, Unresolved { Fault = ResolutionFault.TimedOut } -> ()
            | other -> failtestf "%A" other

        testCase "a name that does not exist: Unresolved, NameNotFound"
        <| fun () ->
            let number, rig = byName toName start

            let answerAll rig =
                asked rig |> List.fold (fun rig q -> give (Input.Answered(q, unfound)) rig) rig

            let rig = answerAll rig |> answerAll |> answerAll

            match snd (outcomeOf number rig) with
            | Unresolved { Fault = ResolutionFault.NameNotFound } -> expectIdle rig
            | other -> failtestf "%A" other

        testCase "ResolveUri finds the candidates and the legs that reach them"
        <| fun () ->
            let wishes = Wishes.none
            let rig = give (ResolveUri(9L, uri "sip:127.0.0.7:5070", wishes)) start

            match List.map snd rig.Log |> List.head with
            | Effect.Found(9L, found) ->
                same found.Hops [ hop "127.0.0.7" 5070, [ 1 ] ] "one"
                same found.Failure ValueNone "no failure"
            | other -> failtestf "%A" other
    ]

let private clock =
    testList "clock and end" [
        testCase "S-18: a step with an earlier instant is taken as the last one"
        <| fun () ->
            let _, rig = deliver options { start with Now = 5000L<ms> }
            let rig = { rig with Now = 10L<ms> } |> give Tick
            same rig.State.Now 5000L<ms> "never backwards"

        testCase "L-6: Close completes every open delivery Disposed, once, and leaves nothing"
        <| fun () ->
            let a, rig = deliver options start
            let b, rig = deliver (request "INVITE" "call-2") rig
            let c, rig = deliver (request "CANCEL" "call-2") rig
            let rig = give (AddTimer(90L, 5000L<ms>, ValueNone)) rig |> give Close

            same
                [ for _, number, outcome in outcomes rig -> number, outcome ]
                [ a, Disposed; b, Disposed; c, Disposed ]
                "each"

            expectIdle rig

        testCase "L-6: Close leaves nothing of an INVITE whose first target answered 503"
        <| fun () ->
            let invite = requestTo "sip:b@b.test:5070" "INVITE" "call-1" 1
            let change (order: Order) = { order with Destination = ValueNone }
            let number, rig = deliverWith change invite start
            let a = Question.create "b.test" DnsType.A
            let at text = { Name = a.Name; Ttl = 60; Data = AddressOf(address text) }
            let both = Answer.ok [| at "127.0.0.11"; at "127.0.0.12" |]
            let rig = give (Input.Answered(a, both)) rig |> answer "INVITE" 503 |> give Close
            same (snd (outcomeOf number rig)) Disposed "told"
            expectIdle rig

        testCase "D5: inputs about unknown things change nothing but a counter"
        <| fun () ->
            let question = Question.create "x.test" DnsType.A

            let unknown = [
                Transmitted 99L
                Input.Failed(99L, peer, TransportFault.SendFailed, "")
                Receipted(99L, Receipt.Handled)
                Overflowed 99L
                Input.Answered(question, Answer.failed DnsStatus.ServFail)
                CancelTimer 99L
                CancelDelivery(ByNumber 99L)
                RemoveLeg 99
                Tick
            ]

            for input in unknown do
                let after = give input start
                expectUnchanged start after
    ]

let tests = testList "Dispatcher" [ timers; legs; limited; resolving; clock ]
