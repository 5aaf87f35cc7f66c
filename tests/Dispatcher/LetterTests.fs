// Clauses of RFC 3261, 17, RFC 6026 and RFC 4320 that are easily overlooked, each with its test.
module SipFun.Tests.Dispatcher.LetterTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let private via = "SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKpeer1"
let private ready = receiving start
let private last rig = List.last (offered rig) |> snd

let private handled message rig =
    let rig = receive message rig
    give (Receipted(fst (List.last (offered rig)), Receipt.Handled)) rig

let private tagged tag status (request: SipRequest) rig =
    let number, rig = number rig
    number, give (Deliver(order number (request.CreateResponse(status, tag)))) rig

let private lost number rig = give (Input.Failed(number, peer, TransportFault.SendFailed, "no")) rig

let private isLost outcome =
    match outcome with
    | Unreachable(_, TransportFault.SendFailed, _) -> true
    | _ -> false

let private bounced method rig =
    let branch = string (lastRequest method rig).TopVia.Branch
    give (Bounced(branch, TransportFault.ConnectionRefused, "ICMP")) rig

let private clients = [
    testCase "Timer D is 32 s at least, however short our T1: the peer's is not known (6026, 8.4)"
    <| fun () ->
        let quick = { settings with Timers = { timers with T1 = 10L<ms> } }
        let _, rig = deliver (request "INVITE" "call-1") (withSettings quick)
        let rig = answer "INVITE" 486 rig |> runFor 31_999L<ms> |> answer "INVITE" 486
        same (copies "ACK" rig) [ 0; 31999 ] "acknowledged"
        expectIdle (runFor 1L<ms> rig)

    testCase "an ACK that cannot be sent ends its INVITE (17.1.4, figure 5)"
    <| fun () ->
        let number, rig = deliver (request "INVITE" "call-1") start
        let rig = answer "INVITE" 486 rig |> lost number
        expectIdle rig
        same (outcomes rig).Length 1 "its one outcome"

    testCase "a copy that cannot be sent after a 100 ends another request (17.1.4, figure 6)"
    <| fun () ->
        let number, rig = deliver (request "OPTIONS" "call-1") start
        let rig = answer "OPTIONS" 100 rig |> runFor 600L<ms> |> lost number
        Expect.isTrue (isLost (snd (outcomeOf number rig))) "unreachable"
        expectIdle rig

    testCase "nothing that rings ends by a transport error: nothing is sent there any more"
    <| fun () ->
        let number, rig = deliver (request "INVITE" "call-1") start
        let rig = answer "INVITE" 180 rig |> lost number |> bounced "INVITE"
        Expect.isTrue (State.isUnderWay number rig.State) "it rings on"
]

let private accepted = [
    testCase "copies of an INVITE that was accepted are absorbed: its 2xx has its own clock (8.7)"
    <| fun () ->
        let rig = handled (incoming via "INVITE" "") ready
        let _, rig = respond 200 (last rig) rig
        let rig = runFor 700L<ms> rig |> receive (incoming via "INVITE" "")
        same (responses rig) [ 0, 200; 500, 200 ] "none for the copy"
        same (counted Counted.RepeatedRequest rig) 1 "counted"

    testCase "every ACK in Accepted goes up, whatever its branch (7.1)"
    <| fun () ->
        let rig = handled (incoming via "INVITE" "") ready
        let _, rig = respond 200 (last rig) rig
        let ack tag = incoming via "ACK" tag
        let rig = receive (ack "another") rig
        same (last rig).Method SipMethod.Ack "of another dialog: up"
        same (outcomes rig) [] "and no ACK of ours"
        let rig = receive (ack "our-tag") rig |> receive (ack "our-tag")
        same (offered rig).Length 4 "ours, and its copy"
        same (outcomes rig).Length 1 "acknowledged"

    testCase "another fork's 2xx is passed on, once, and its sender's to repeat (7.1, 8.7)"
    <| fun () ->
        let rig = handled (incoming via "INVITE" "") ready
        let invite = last rig
        let first, rig = tagged "fork-1" 200 invite rig
        let second, rig = tagged "fork-2" 200 invite rig
        let rig = give (Transmitted second) rig
        same (snd (outcomeOf second rig)) Sent "sent"
        let tags rig = [ for _, _, message in wire rig -> message.ToTag ]
        same (tags (runFor 500L<ms> rig)) [ "fork-1"; "fork-2"; "fork-1" ] "the first is repeated"
        let third, rig = tagged "fork-1" 200 invite rig
        same (snd (outcomeOf third rig)) (Refused RefusalReason.AlreadyAnswered) "ours to repeat"
        same (State.isUnderWay first rig.State) true "until its ACK"
]

let private forbidden = [
    for status in [ 408; 180; 183 ] do
        testCase $"S-23: {status} to another request than INVITE is refused (RFC 4320)"
        <| fun () ->
            let rig = handled (incoming via "OPTIONS" "") ready
            let number, rig = respond status (last rig) rig
            same (snd (outcomeOf number rig)) (Refused RefusalReason.ForbiddenResponse) "refused"
            same (wire rig) [] "and not sent"
            let _, rig = respond 200 (last rig) rig
            same (responses rig) [ 0, 200 ] "another may follow"

    testCase "S-23: a 100 over UDP only when Timer E reaches T2 (RFC 4320, 4.1)"
    <| fun () ->
        let rig = handled (incoming via "OPTIONS" "") ready |> runFor 3499L<ms>
        let number, early = respond 100 (last rig) rig
        same (snd (outcomeOf number early)) (Refused RefusalReason.ForbiddenResponse) "too early"
        let _, rig = respond 100 (last rig) (runFor 1L<ms> rig)
        same (List.map snd (responses rig)) [ 100; 100 ] "ours at 3.5 s, and this one"

    testCase "an INVITE may be told both"
    <| fun () ->
        let rig = handled (incoming via "INVITE" "") ready
        let _, rig = respond 180 (last rig) rig
        let _, rig = respond 408 (last rig) rig
        same (List.map snd (responses rig)) [ 180; 408 ] "sent"
]

let private old = "SIP/2.0/UDP 127.0.0.7:5070"

let private rfc2543 = [
    testCase "the Request-URI tells requests apart (17.2.3)"
    <| fun () ->
        let text =
            System.Text.Encoding.UTF8.GetString (incoming old "INVITE" "x").Bytes.Span

        let other =
            (parse (text.Replace("sip:us@127.0.0.1", "sip:them@127.0.0.1"))) :?> SipRequest

        let rig = handled (incoming old "INVITE" "x") ready |> receive other
        same (offered rig).Length 2 "another request"

    testCase "and the To tag"
    <| fun () ->
        let rig =
            handled (incoming old "INFO" "x") ready |> receive (incoming old "INFO" "y")

        same (offered rig).Length 2 "another request"

    testCase "an ACK bears the To tag of the response it acknowledges (17.2.3)"
    <| fun () ->
        let rig = handled (incoming old "INVITE" "") ready
        let number, rig = respond 486 (last rig) rig
        let rig = receive (incoming old "ACK" "another") rig
        same (outcomes rig) [] "another's ACK"
        let rig = receive (incoming old "ACK" "our-tag") rig
        same (snd (outcomeOf number rig)) Sent "acknowledged"
        expectIdle (runFor 5000L<ms> rig)
]

let tests =
    testList "Letter" [
        testList "client transactions" clients
        testList "Accepted (RFC 6026)" accepted
        testList "what a request other than INVITE is told" forbidden
        testList "RFC 2543" rfc2543
    ]
