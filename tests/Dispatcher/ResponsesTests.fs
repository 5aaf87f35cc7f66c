// Client transactions in virtual time: law D4, the machines of RFC 3261, 17.1, and RFC 6026.
module SipFun.Tests.Dispatcher.ResponsesTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let private invite = request "INVITE" "call-1"
let private options = request "OPTIONS" "call-2"

let private isAnswered status outcome =
    match outcome with
    | Outcome.Answered response -> response.StatusCode = status
    | _ -> false

let private copying =
    testList "copies" [
        testCase "D4, T1: INVITE leaves at 0, .5, 1.5, 3.5, 7.5, 15.5, 31.5 s, timed out at 32 s"
        <| fun () ->
            let number, rig = deliver invite start
            let rig = runFor 60_000L<ms> rig
            same (copies "INVITE" rig) [ 0; 500; 1500; 3500; 7500; 15500; 31500 ] "7 packets"
            same (outcomeOf number rig) (32000, TimedOut) "Timer B"
            expectIdle rig

        testCase "D4: others leave 11 times, timed out at 32 s (17.1.2.2)"
        <| fun () ->
            let number, rig = deliver options start
            let rig = runFor 60_000L<ms> rig

            same
                (copies "OPTIONS" rig)
                [ 0; 500; 1500; 3500; 7500; 11500; 15500; 19500; 23500; 27500; 31500 ]
                "11 packets"

            same (outcomeOf number rig) (32000, TimedOut) "Timer F"
            expectIdle rig

        testCase "every copy is byte for byte the first one"
        <| fun () ->
            let _, rig = deliver invite start
            let rig = runFor 60_000L<ms> rig

            let packets = [
                for _, _, message in wire rig do
                    System.Convert.ToHexString message.Bytes.Span
            ]

            same (List.distinct packets).Length 1 "rendered once"

        testCase "T1, T2 and T4 are settable"
        <| fun () ->
            let quick = { T1 = 31L<ms>; T2 = 100L<ms>; T4 = 70L<ms> }
            let number, rig = withSettings { settings with Timers = quick } |> deliver options
            let rig = runFor 5000L<ms> rig
            same (List.truncate 5 (copies "OPTIONS" rig)) [ 0; 31; 93; 193; 293 ] "T1, 2*T1, T2"
            same (fst (outcomeOf number rig)) (64 * 31) "64*T1"

        testCase "D6: an alarm late by 5 s sends one copy, not the backlog"
        <| fun () ->
            let _, rig = deliver invite start
            let rig = { rig with Now = 5000L<ms> } |> give Tick
            same (copies "INVITE" rig) [ 0; 5000 ] "one"
            same (Dispatcher.alarm rig.State) (ValueSome 7500L<ms>) "then where the RFC has it"

        testCase "an early alarm changes nothing"
        <| fun () ->
            let _, rig = deliver invite start
            let early = { rig with Now = 499L<ms> } |> give Tick
            same early.Log rig.Log "no effect"

        testCase "a provisional stops an INVITE's copies, however long it rings (17.1.1.2)"
        <| fun () ->
            let number, rig = deliver invite start
            let rig = runFor 700L<ms> rig |> answer "INVITE" 180 |> runFor 600_000L<ms>
            same (copies "INVITE" rig) [ 0; 500 ] "no more"
            same (handedUp number rig) [ 180 ] "handed up"
            same (outcomes rig) [] "it may ring for ever"

        testCase "T2: a provisional leaves others going at T2 (17.1.2.2)"
        <| fun () ->
            let number, rig = deliver options start
            let rig = runFor 700L<ms> rig |> answer "OPTIONS" 100 |> runFor 60_000L<ms>

            same
                (copies "OPTIONS" rig)
                [ 0; 500; 1500; 5500; 9500; 13500; 17500; 21500; 25500; 29500 ]
                "every T2"

            same (outcomeOf number rig) (32000, TimedOut) "Timer F goes on"

        testCase "AnswerWithin ends a call that only rings"
        <| fun () ->
            let change (order: Order) = { order with AnswerWithin = ValueSome 20_000L<ms> }
            let number, rig = deliverWith change invite start
            let rig = answer "INVITE" 180 rig |> runFor 30_000L<ms>
            same (outcomeOf number rig) (20000, TimedOut) "at its instant"
    ]

let private answering =
    testList "answers" [
        testCase "a 200 to OPTIONS completes it, Timer K absorbs repeats and leaves no trace"
        <| fun () ->
            let number, rig = deliver options start
            let rig = answer "OPTIONS" 200 rig
            Expect.isTrue (isAnswered 200 (snd (outcomeOf number rig))) "answered"
            let rig = runFor 4999L<ms> rig |> answer "OPTIONS" 200
            same (counted Counted.RepeatedResponse rig) 1 "absorbed"
            same (handedUp number rig) [ 200 ] "handed up once"
            let rig = runFor 1L<ms> rig
            expectIdle rig
            same (copies "OPTIONS" rig) [ 0 ] "nothing sent after the answer (D2)"

        testCase "responses are handed up without our Via"
        <| fun () ->
            let number, rig = deliver options start

            match outcomeOf number (answer "OPTIONS" 200 rig) with
            | _, Outcome.Answered response -> same response.ViaCount 0 "ours was the only one"
            | other -> failtestf "%A" other

        testCase "T6: 486 gets an ACK with the INVITE's branch and target, again for each repeat"
        <| fun () ->
            let number, rig = deliver invite start
            let rig = answer "INVITE" 486 rig |> runFor 500L<ms> |> answer "INVITE" 486
            same (copies "ACK" rig) [ 0; 500 ] "each time"
            let ack = lastRequest "ACK" rig
            let sent = lastRequest "INVITE" rig
            same ack.TopVia.Branch sent.TopVia.Branch "17.1.1.3"
            same ack.ToTag "peer-tag" "the response's To"
            same (handedUp number rig) [ 486 ] "once"
            let rig = runFor 31_999L<ms> rig
            expectIdle (runFor 1L<ms> rig)

        testCase "T4: a 2xx keeps the INVITE for Timer M; forks and repeats go up (RFC 6026)"
        <| fun () ->
            let number, rig = deliver invite start
            let rig = answer "INVITE" 200 rig |> runFor 31_000L<ms> |> answer "INVITE" 200
            same (handedUp number rig) [ 200; 200 ] "both"
            same (copies "ACK" rig) [] "the ACK to a 2xx is the caller's (13.2.2.4)"
            let rig = runFor 1000L<ms> rig
            expectIdle rig
            let late = answer "INVITE" 200 rig
            same (counted Counted.StrayResponse late) 1 "after Timer M it is stray (RFC 6026, 8.9)"

        testCase
            "cancelled in silence, an INVITE sends no more, and its 2xx goes up for 64*T1 (9.1)"
        <| fun () ->
            let number, rig = deliver invite start
            let rig = give (CancelDelivery(ByNumber number)) rig |> runFor 31_000L<ms>
            let rig = answer "INVITE" 200 rig
            same (copies "INVITE" rig) [ 0 ] "no copy"
            same (handedUp number rig) [ 200 ] "the caller has a call to end"

        testCase "a 2xx after a 486 is another fork's: counted, and not acknowledged (17.1.1.2)"
        <| fun () ->
            let _, rig = deliver invite start
            let rig = answer "INVITE" 486 rig |> answer "INVITE" 200
            same (copies "ACK" rig) [ 0 ] "only to the 486"
            same (counted Counted.StrayResponse rig) 1 "counted"

        testCase "T17: a late response to a finished transaction is a counted no-op"
        <| fun () ->
            let _, rig = deliver options start
            let rig = runFor 40_000L<ms> rig
            let after = answer "OPTIONS" 200 rig
            same (counted Counted.StrayResponse after) 1 "counted"
            expectUnchanged rig after
    ]

let private matching =
    let reply (change: SipResponse -> SipMessage) =
        let number, rig = deliver options start
        let response = (lastRequest "OPTIONS" rig).CreateResponse(200, "x")
        number, receive (change response) rig

    testList "matching (17.1.3)" [
        testCase "another branch: ours, but stray"
        <| fun () ->
            let _, rig =
                reply (fun response ->
                    response.WithTopVia(response.TopVia.WithBranch "z9hG4bK1-00"))

            same (outcomes rig) [] "not answered"
            same (counted Counted.StrayResponse rig) 1 "counted"

        testCase "another sent-by: not ours, dropped (18.1.2)"
        <| fun () ->
            let _, rig =
                reply (fun response ->
                    let via = response.TopVia.ToString().Replace("127.0.0.1", "127.0.0.9")
                    response.WithTopVia(Via.Parse via))

            same (outcomes rig) [] "not answered"
            same (counted Counted.ForeignResponse rig) 1 "counted"

        testCase "another CSeq method: not its response"
        <| fun () ->
            let _, rig = reply (fun response -> response.WithHeader("CSeq", "1 INFO"))
            same (outcomes rig) [] "not answered"

        testCase "stray responses go to those that forward statelessly, our Via still on top"
        <| fun () ->
            let forwarding = { receiver with ForwardsResponses = true }
            let _, rig = deliver options start
            let stray = (lastRequest "OPTIONS" rig).CreateResponse(200, "x")

            let rig =
                runFor 40_000L<ms> rig |> give (SetReceiver(ValueSome forwarding)) |> receive stray

            match List.head rig.Log with
            | _, Effect.PassUpStray(_, _, response) -> same response.ViaCount 1 "still on top"
            | _, other -> failtestf "%A" other
    ]

let tests = testList "Responses" [ copying; answering; matching ]
