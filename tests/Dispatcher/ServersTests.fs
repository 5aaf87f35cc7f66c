// Server transactions in virtual time: RFC 3261, 17.2, with RFC 4320 and RFC 6026.
module SipFun.Tests.Dispatcher.ServersTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let private via = "SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKpeer1"
let private options = incoming via "OPTIONS" ""
let private invite = incoming via "INVITE" ""
let private ready = receiving start

/// The request was offered; what its receiver says of it.
let private receipt (receipt: Receipt) rig =
    give (Receipted(fst (List.last (offered rig)), receipt)) rig

let private handled message = receive message ready |> receipt Receipt.Handled

let private ackTo (status: int) =
    let ack = incoming via "ACK" "our-tag"

    if status < 300 then
        ack.WithTopVia(ack.TopVia.WithBranch "z9hG4bKpeer-ack")
    else
        ack

let private last rig = List.last (offered rig) |> snd

let private absorbing =
    testList "repeated requests" [
        testCase "T16: they get the same response bytes for 64*T1, and reach the receiver once"
        <| fun () ->
            let rig = handled options
            let _, rig = respond 200 (last rig) rig
            let rig = runFor 31_999L<ms> rig |> receive options
            same (responses rig) [ 0, 200; 31999, 200 ] "Timer J"
            same (offered rig).Length 1 "once"

            let packets = [
                for _, _, message in wire rig -> System.Convert.ToHexString message.Bytes.Span
            ]

            same (List.distinct packets).Length 1 "the same bytes"
            let rig = give (Transmitted(rig.Number - 2L)) rig |> runFor 1L<ms>
            Expect.isNone (ValueOption.toOption (Dispatcher.alarm rig.State)) "then nothing is kept"

        testCase "copies that come while the receiver thinks are absorbed when it says Handled"
        <| fun () ->
            let rig = receive options ready |> receive options |> receive options
            same (offered rig).Length 1 "offered once"
            let thinking = rig
            let rig = receipt Receipt.Handled thinking
            same (offered rig).Length 1 "still"
            same (counted Counted.RepeatedRequest rig) 2 "counted"
            let rig = receipt Receipt.Pass thinking
            same (counted Counted.RepeatedRequest rig) 2 "counted when nobody took it"
            let _, rig = respond 200 (last thinking) thinking
            same (counted Counted.RepeatedRequest rig) 2 "counted when it was answered first"

        testCase "a Stateless receiver sees every copy, the held ones too, and no 100 is made"
        <| fun () ->
            let rig = receive options ready |> receive options
            let rig = receipt Receipt.Stateless rig
            same (offered rig).Length 2 "the held one comes now"
            let rig = receipt Receipt.Stateless rig |> receive options
            same (offered rig).Length 3 "and each later one"
            let rig = receipt Receipt.Stateless rig |> runFor 200_000L<ms>
            same (wire rig) [] "nothing was sent"
            expectIdle rig

        testCase "T3: another sent-by with the same branch is another transaction (17.2.3)"
        <| fun () ->
            let other = "SIP/2.0/UDP 127.0.0.8:5070;branch=z9hG4bKpeer1"
            let elsewhere = (incoming other "OPTIONS" "").WithHeader("Call-ID", "in-2")
            let rig = handled options |> receive elsewhere
            same (offered rig).Length 2 "offered"

        testCase
            "RFC 2543: without the cookie, the From tag, Call-ID, CSeq and Via tell copies (17.2.3)"
        <| fun () ->
            let old = "SIP/2.0/UDP 127.0.0.7:5070"
            let rig = handled (incoming old "OPTIONS" "") |> receive (incoming old "OPTIONS" "")
            same (offered rig).Length 1 "a copy"
            let other = incoming old "OPTIONS" ""
            let rig = receive (other.WithHeader("CSeq", "2 OPTIONS")) rig
            same (offered rig).Length 2 "another"

        testCase "a request handled and never answered ends after its limit, counted"
        <| fun () ->
            let rig = handled (incoming via "INFO" "") |> runFor 400_000L<ms>
            same (counted Counted.NeverAnswered rig) 1 "counted"
            expectIdle rig
    ]

let private provisionals =
    testList "100 Trying" [
        testCase "an INVITE gets it after 200 ms without a response (17.2.1)"
        <| fun () ->
            let rig = handled invite |> runFor 1000L<ms> |> receive invite
            same (responses rig) [ 200, 100; 1000, 100 ] "and repeats get it again"

            let tags = [ for _, _, message in wire rig -> message.ToTag ]
            same (List.distinct tags) [ null ] "a 100 needs no To tag (8.2.6.2)"

        testCase "not when it was answered before"
        <| fun () ->
            let rig = handled invite |> runFor 100L<ms>
            let _, rig = respond 180 (last rig) rig
            same (responses (runFor 1000L<ms> rig)) [ 100, 180 ] "the 180 alone"

        testCase "T7: another method gets none before Timer E would reach T2 (RFC 4320, 4.1)"
        <| fun () ->
            let rig = handled options |> runFor 100_000L<ms>
            same (responses rig) [ 3500, 100 ] "at 3.5 s, once"
    ]

let private finals =
    testList "final responses to INVITE" [
        testCase "S-06: 486 is repeated by Timer G until the ACK, Sent then told"
        <| fun () ->
            let rig = handled invite
            let number, rig = respond 486 (last rig) rig
            let rig = give (Transmitted number) rig |> runFor 4000L<ms>
            same (responses rig) [ 0, 486; 500, 486; 1500, 486; 3500, 486 ] "Timer G"
            same (outcomes rig) [] "not yet"
            let rig = receive (ackTo 486) rig |> runFor 60_000L<ms>
            same (outcomeOf number rig) (4000, Sent) "acknowledged"
            same (responses rig).Length 4 "no more copies"
            same (offered rig).Length 1 "its ACK ends here"
            expectIdle rig

        testCase "S-06: without an ACK 11 packets, TimedOut at 32 s (Timer H)"
        <| fun () ->
            let rig = handled invite
            let number, rig = respond 486 (last rig) rig
            let rig = runFor 60_000L<ms> rig

            same
                (List.map fst (responses rig))
                [ 0; 500; 1500; 3500; 7500; 11500; 15500; 19500; 23500; 27500; 31500 ]
                "doubling up to T2"

            same (outcomeOf number rig) (32000, TimedOut) "told"
            expectIdle rig

        testCase
            "a 2xx is repeated until its ACK, which has a branch of its own and goes up (13.3.1.4)"
        <| fun () ->
            let rig = handled invite
            let number, rig = respond 200 (last rig) rig
            let rig = runFor 1000L<ms> rig |> receive (ackTo 200)
            same (responses rig) [ 0, 200; 500, 200 ] "T1 doubling up to T2"
            same (outcomeOf number rig) (1000, Sent) "acknowledged"
            same (List.last (offered rig) |> snd).Method SipMethod.Ack "handed to the receivers"
            let rig = receive invite rig
            same (counted Counted.RepeatedRequest rig) 1 "Timer L absorbs (RFC 6026)"
            expectIdle (runFor 40_000L<ms> rig)

        testCase "a second final response is refused"
        <| fun () ->
            let rig = handled invite
            let _, rig = respond 486 (last rig) rig
            let number, rig = respond 200 (last rig) rig
            same (snd (outcomeOf number rig)) (Refused RefusalReason.AlreadyAnswered) "refused"

        testCase "CancelDelivery of a response stops its copies; repeats of the INVITE still get it"
        <| fun () ->
            let rig = handled invite
            let number, rig = respond 486 (last rig) rig
            let rig = runFor 700L<ms> rig |> give (CancelDelivery(ByNumber number))
            let rig = runFor 5000L<ms> rig |> receive invite
            same (responses rig) [ 0, 486; 500, 486; 5700, 486 ] "only for the copy"
            same (snd (outcomeOf number rig)) Cancelled "told"
            expectIdle (runFor 60_000L<ms> rig)
    ]

let private unhandled =
    let answered message =
        receive message ready |> receipt Receipt.Pass |> responses |> List.map snd

    testList "unhandled" [
        testCase "unknown method 501, not allowed 405, allowed 480, mid-dialog 481"
        <| fun () ->
            same (answered (incoming via "FOO" "")) [ 501 ] "8.2.1: unknown to SipFun"
            same (answered (incoming via "INFO" "")) [ 405 ] "known, not allowed"
            same (answered options) [ 480 ] "allowed, nobody took it"
            same (answered (incoming via "OPTIONS" "gone")) [ 481 ] "12.2.2"
            same (answered (incoming via "CANCEL" "")) [ 481 ] "9.2: no INVITE"

        testCase "9.2: a CANCEL that comes after its INVITE's final response gets 200"
        <| fun () ->
            let rig = handled invite
            let _, rig = respond 486 (last rig) rig
            let cancelled rig = receive (incoming via "CANCEL" "") rig |> receipt Receipt.Pass

            let answered rig =
                let _, _, response = List.last (wire (cancelled rig))
                (response :?> SipResponse).StatusCode, response.CSeq.Method, response.ToTag

            let expected = 200, SipMethod.Cancel, "our-tag"
            same (answered rig) expected "without effect, with the tag of that response"
            let rig = receive (ackTo 486) rig
            same (answered rig) expected "after the ACK too"

            let rig = cancelled (runFor 60_000L<ms> rig)
            same (responses rig |> List.last |> snd) 481 "not for ever"

        testCase "15.1.2: BYE, PRACK, UPDATE and NOTIFY of no dialog get 481"
        <| fun () ->
            let allowing = {
                receiver with
                    Allow = [ SipMethod.Bye; SipMethod.Prack; SipMethod.Update; SipMethod.Notify ]
            }

            let asked method =
                give (SetReceiver(ValueSome allowing)) start
                |> receive (incoming via method "")
                |> receipt Receipt.Pass
                |> responses
                |> List.map snd

            for method in [ "BYE"; "PRACK"; "UPDATE"; "NOTIFY" ] do
                same (asked method) [ 481 ] $"{method} without To tag"

            same (answered (incoming via "BYE" "")) [ 405 ] "8.2.1: unless it is not allowed"

        testCase "405 says what is allowed (21.4.6)"
        <| fun () ->
            let rig = receive (incoming via "INFO" "") ready |> receipt Receipt.Pass
            let _, _, response = List.last (wire rig)
            same (response.GetHeader "Allow") "OPTIONS, INVITE" "gathered"

        testCase "the answer leaves no trace, and repeats get the same tag (8.2.7)"
        <| fun () ->
            let rig = receive options ready |> receipt Receipt.Pass
            expectIdle rig
            let rig = receive options rig |> receipt Receipt.Pass
            let tags = [ for _, _, message in wire rig -> message.ToTag ]
            same tags.Length 2 "answered twice"
            same (List.distinct tags).Length 1 "one tag"

        testCase "an ACK is never answered"
        <| fun () ->
            let rig = receive (ackTo 200) ready |> give (Receipted(0L, Receipt.Pass))
            same (wire rig) [] "nothing"
            same (counted Counted.StrayAck rig) 1 "counted"

        testCase "without a receiver nothing is answered"
        <| fun () ->
            let rig = receive options start
            same (wire rig) [] "nothing"
            same (counted Counted.NoReceiver rig) 1 "counted"

        testCase "a full queue, or too many transactions: 503 with Retry-After, without state"
        <| fun () ->
            let rig = receive options ready
            let rig = give (Overflowed(fst (List.last (offered rig)))) rig
            let _, _, response = List.last (wire rig)
            same (response.GetHeader "Retry-After") "5" "21.5.4"
            expectIdle rig
            let none = { settings with Limits = { limits with Transactions = 0 } }
            let rig = withSettings none |> receiving |> receive options
            same (responses rig) [ 0, 503 ] "the limit"
            same (counted Counted.Overload rig) 1 "counted"
    ]

let private keepingNothing =
    let stateless = { receiver with ForwardsResponses = true; KeepsNothing = true }
    let ready = give (SetReceiver(ValueSome stateless)) start

    testList "receivers that keep nothing" [
        testCase "a request opens no transaction, and each copy comes again"
        <| fun () ->
            let rig = receive options ready |> receive options |> receive invite
            same (List.map fst (offered rig)) [ 0L; 0L; 0L ] "nothing waits for a receipt"
            expectIdle rig

        testCase "what they pass is answered without state, as ever (8.2.7)"
        <| fun () ->
            let rig = receive options ready
            let number, rig = number rig
            let rig = give (Unclaimed(number, 1, peer, last rig)) rig
            same (responses rig) [ 0, 480 ] "nobody's"
            expectIdle rig

        testCase "a copy of what was opened before them is absorbed still"
        <| fun () ->
            let rig =
                handled options |> give (SetReceiver(ValueSome stateless)) |> receive options

            same (offered rig).Length 1 "once"
            same (counted Counted.RepeatedRequest rig) 1 "absorbed"

        testCase "nothing begins with them once the dispatcher drains"
        <| fun () ->
            let rig = give Drain ready |> receive options
            same (offered rig) [] "not offered"
            same (responses rig) [ 0, 503 ] "sent elsewhere"
    ]

let tests =
    testList "Servers" [ absorbing; provisionals; finals; unhandled; keepingNothing ]
