// Two things with one word: CancelDelivery, which puts nothing on the wire, and the CANCEL request
// (RFC 3261, 9.1).
module SipFun.Tests.Dispatcher.CancellingTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let private invite = request "INVITE" "call-1"
let private options = request "OPTIONS" "call-2"
let private cancel = request "CANCEL" "call-1"
let private byNumber number = CancelDelivery(ByNumber number)

let private stopping =
    testList "CancelDelivery" [
        testCase "the copies stop, nothing goes on the wire, Cancelled is told once"
        <| fun () ->
            let number, rig = deliver options start
            let rig = runFor 700L<ms> rig |> give (byNumber number)
            same (outcomeOf number rig) (700, Cancelled) "told"
            let rig = give (byNumber number) rig |> runFor 60_000L<ms>
            same (copies "OPTIONS" rig) [ 0; 500 ] "no copy after it"
            same (outcomes rig).Length 1 "once, also when asked twice (S-14)"
            expectIdle rig

        testCase "a late answer to a cancelled OPTIONS is absorbed for Timer K, then stray"
        <| fun () ->
            let number, rig = deliver options start
            let rig = give (byNumber number) rig |> runFor 4000L<ms> |> answer "OPTIONS" 200
            same (counted Counted.RepeatedResponse rig) 1 "absorbed (S-15)"
            same (handedUp number rig) [] "not handed up"
            expectIdle (runFor 1000L<ms> rig)

        testCase "a cancelled INVITE is still acknowledged (17.1.1.2)"
        <| fun () ->
            let number, rig = deliver invite start
            let rig = give (byNumber number) rig |> runFor 2000L<ms> |> answer "INVITE" 486
            same (copies "ACK" rig) [ 2000 ] "acknowledged"
            same (copies "INVITE" rig) [ 0 ] "no copy"
            same (outcomeOf number rig) (0, Cancelled) "once"
            expectIdle (runFor 32_000L<ms> rig)

        testCase
            "a late 2xx to a cancelled INVITE is handed up (S-29), and the handle then forgotten"
        <| fun () ->
            let number, rig = deliver invite start
            let rig = give (byNumber number) rig |> runFor 2000L<ms> |> answer "INVITE" 200
            same (handedUp number rig) [ 200 ] "handed up"
            let rig = runFor 32_000L<ms> rig
            expectIdle rig
            Expect.contains (List.map snd rig.Log) (Effect.Forget number) "forgotten"

        testCase "by Call-ID: all of that call, and only of that (S-14)"
        <| fun () ->
            let a, rig = deliver (request "OPTIONS" "c1") start
            let b, rig = deliver (request "INVITE" "c1") rig
            let other, rig = deliver (request "OPTIONS" "c2") rig
            let rig = give (CancelDelivery(ByCallId(CallId.Parse "c1"))) rig

            same
                [ for _, number, outcome in outcomes rig -> number, outcome ]
                [ a, Cancelled; b, Cancelled ]
                "both"

            Expect.isTrue (State.isUnderWay other rig.State) "the other goes on"

        testCase
            "by a name of one's own; the same name again is refused while it is under way (S-16)"
        <| fun () ->
            let name = { Number = 0L; Text = "mine" }
            let named (order: Order) = { order with Name = ValueSome name }
            let first, rig = deliverWith named options start
            let second, rig = deliverWith named (request "OPTIONS" "c9") rig
            same (snd (outcomeOf second rig)) (Refused RefusalReason.DuplicateId) "the second"
            let rig = give (CancelDelivery(ByName name)) rig
            same (snd (outcomeOf first rig)) Cancelled "the first"
            let third, rig = deliverWith named (request "OPTIONS" "c10") rig
            Expect.isTrue (State.isUnderWay third rig.State) "free again"

        testCase "of something unknown or finished: nothing changes"
        <| fun () ->
            let number, rig = deliver options start
            let rig = answer "OPTIONS" 200 rig |> runFor 10_000L<ms>

            for which in [ ByNumber number; ByNumber 999L; ByCallId(CallId.Parse "none") ] do
                let after = give (CancelDelivery which) rig
                same after.Log rig.Log "no effect"
    ]

let private ofRequest =
    testList "CANCEL (9.1)" [
        testCase "T14, S-28: held until a provisional, then with the INVITE's branch and target"
        <| fun () ->
            let _, rig = deliver invite start
            let number, rig = deliver cancel rig
            same (copies "CANCEL" rig) [] "held"
            let rig = runFor 700L<ms> rig |> answer "INVITE" 180
            same (copies "CANCEL" rig) [ 700 ] "released"

            same
                (lastRequest "CANCEL" rig).TopVia.Branch
                (lastRequest "INVITE" rig).TopVia.Branch
                "one branch"

            let rig = answer "CANCEL" 200 rig
            Expect.equal (handedUp number rig) [ 200 ] "its own answer, told apart by CSeq's method"
            let rig = answer "INVITE" 487 rig |> runFor 60_000L<ms>
            same (outcomes rig).Length 2 "each once"
            expectIdle rig

        testCase "in Proceeding it leaves at once, and repeats like any non-INVITE"
        <| fun () ->
            let _, rig = deliver invite start
            let rig = answer "INVITE" 180 rig
            let _, rig = deliver cancel rig
            let rig = runFor 4000L<ms> rig
            same (copies "CANCEL" rig) [ 0; 500; 1500; 3500 ] "Timer E"

        testCase "without an INVITE under way, or after its final response: refused"
        <| fun () ->
            let number, rig = deliver cancel start
            same (snd (outcomeOf number rig)) (Refused RefusalReason.NothingToCancel) "no INVITE"
            let _, rig = deliver invite start
            let number, rig = answer "INVITE" 486 rig |> deliver cancel
            same (snd (outcomeOf number rig)) (Refused RefusalReason.NothingToCancel) "answered"

        testCase "a second CANCEL of one INVITE is refused: one of each a branch"
        <| fun () ->
            let _, rig = deliver invite start
            let _, rig = deliver cancel rig
            let number, rig = deliver cancel rig
            same (snd (outcomeOf number rig)) (Refused RefusalReason.NothingToCancel) "refused"

        testCase "the INVITE is answered before any provisional: nothing to cancel"
        <| fun () ->
            let _, rig = deliver invite start
            let number, rig = deliver cancel rig
            let rig = answer "INVITE" 200 rig
            same (snd (outcomeOf number rig)) (Refused RefusalReason.NothingToCancel) "told"
            same (copies "CANCEL" rig) [] "never sent"

        testCase "64*T1 after the CANCEL an INVITE without a final response is given up"
        <| fun () ->
            let number, rig = deliver invite start
            let rig = answer "INVITE" 180 rig
            let _, rig = deliver cancel rig
            let rig = answer "CANCEL" 200 rig |> runFor 70_000L<ms>
            same (outcomeOf number rig) (32000, TimedOut) "9.1"
            expectIdle rig

        testCase "it is sent after CancelDelivery too, when the callee rings late"
        <| fun () ->
            let number, rig = deliver invite start
            let _, rig = deliver cancel rig
            let rig = give (byNumber number) rig |> runFor 700L<ms> |> answer "INVITE" 180
            same (copies "CANCEL" rig) [ 700 ] "released"

        testCase "sent late in a cancelled INVITE's linger, it gets its 487 acknowledged"
        <| fun () ->
            let number, rig = deliver invite start
            let _, rig = deliver cancel rig
            let rig = give (byNumber number) rig |> runFor 31_900L<ms> |> answer "INVITE" 180
            let rig = runFor 1000L<ms> rig |> answer "INVITE" 487
            same (copies "ACK" rig) [ 32900 ] "acknowledged"

        testCase "the INVITE's Routes are the CANCEL's"
        <| fun () ->
            let routed = invite.WithHeader("Route", "<sip:127.0.0.7:5070;lr>")
            let _, rig = deliver routed start
            let _, rig = answer "INVITE" 180 rig |> deliver cancel
            same (Seq.length ((lastRequest "CANCEL" rig).GetHeaders "Route")) 1 "the same"
    ]

let tests = testList "Cancelling" [ stopping; ofRequest ]
