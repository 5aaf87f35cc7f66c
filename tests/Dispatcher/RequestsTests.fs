// A request on its way out: target after target, refused sends, and what has no transaction
// (RFC 3261, 8.1.2; RFC 3263, 4.3).
module SipFun.Tests.Dispatcher.RequestsTests

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

let private failing =
    testList "failover (RFC 3263, 4.3)" [
        testCase "a refused send ends Unreachable, at once and once"
        <| fun () ->
            let number, rig = deliver options start
            let refused = Input.Failed(number, peer, TransportFault.SendFailed, "no route")
            let rig = give refused rig |> give refused |> runFor 60_000L<ms>

            same
                (snd (outcomeOf number rig))
                (Unreachable(peer, TransportFault.SendFailed, "no route"))
                "told"

            expectIdle rig

        testCase "a request larger than a packet is never sent"
        <| fun () ->
            let small = { settings with Limits = { limits with PacketBytes = 100 } }
            let number, rig = withSettings small |> deliver options

            match snd (outcomeOf number rig) with
            | Unreachable(_, TransportFault.TooLarge, _) -> same (wire rig) [] "nothing sent"
            | other -> failtestf "%A" other

        testCase "no leg of the address family: Unresolved, NoLeg"
        <| fun () ->
            let change (order: Order) = {
                order with
                    Destination = ValueSome(hop "2001:db8::1" 5060)
            }

            let number, rig = deliverWith change options start

            match snd (outcomeOf number rig) with
            | Unresolved failure -> same failure.Fault ResolutionFault.NoLeg "told"
            | other -> failtestf "%A" other
    ]

let private elsewhere =
    let toName method = requestTo "sip:b@b.test:5070" method "call-9" 1
    let a = Question.create "b.test" DnsType.A

    let addresses =
        Answer.ok [|
            for text in [ "127.0.0.11"; "127.0.0.12" ] do
                { Name = "b.test"; Ttl = 60; Data = AddressOf(address text) }
        |]

    let sent method =
        let change (order: Order) = { order with Destination = ValueNone }
        let number, rig = deliverWith change (toName method) start
        number, give (Input.Answered(a, addresses)) rig

    let targets rig = [ for _, hop, message in wire rig -> Address.toString hop.Address, message ]
    let first, second = hop "127.0.0.11" 5070, hop "127.0.0.12" 5070

    testList "several targets (RFC 3263, 4.3)" [
        testCase
            "no response at all from the first: the second, with a new branch, all else the same"
        <| fun () ->
            let number, rig = sent "OPTIONS"
            let rig = runFor 32_000L<ms> rig
            let hops = targets rig
            same (fst (List.last hops)) "127.0.0.12" "the second"
            let before, after = snd hops.Head, snd (List.last hops)
            Expect.notEqual after.TopVia.Branch before.TopVia.Branch "a new branch"
            same after.CallId before.CallId "the same Call-ID"
            same after.CSeq before.CSeq "the same CSeq"
            same after.FromTag before.FromTag "the same From tag"
            same after.ViaCount 1 "rendered from the original"
            let rig = answer "OPTIONS" 200 rig
            Expect.isTrue (isAnswered 200 (snd (outcomeOf number rig))) "answered there"

        testCase "both silent: TimedOut, once, after both"
        <| fun () ->
            let number, rig = sent "OPTIONS"
            same (outcomeOf number (runFor 100_000L<ms> rig)) (64000, TimedOut) "64 s"

        testCase "the first refused: the second at once"
        <| fun () ->
            let number, rig = sent "INVITE"

            let rig =
                give (Input.Failed(number, first, TransportFault.SendFailed, "no route")) rig

            same (List.map fst (targets rig)) [ "127.0.0.11"; "127.0.0.12" ] "at once"

        testCase "all refused: Unreachable, with the last"
        <| fun () ->
            let number, rig = sent "OPTIONS"

            let rig =
                [ first; second ]
                |> List.fold
                    (fun rig hop ->
                        give (Input.Failed(number, hop, TransportFault.SendFailed, "no")) rig)
                    rig

            same
                (snd (outcomeOf number rig))
                (Unreachable(second, TransportFault.SendFailed, "no"))
                "the last"

        testCase "503 from the first: the second; the 503 is acknowledged, and its repeats too"
        <| fun () ->
            let number, rig = sent "INVITE"
            let refused = (lastRequest "INVITE" rig).CreateResponse(503, "busy")
            let rig = receive refused rig
            same (fst (List.last (targets rig))) "127.0.0.12" "the second"
            let rig = receive refused rig
            same (copies "ACK" rig) [ 0; 0 ] "each"
            let rig = answer "INVITE" 200 rig
            same (handedUp number rig) [ 200 ] "the 503 was not the request's end"

        testCase "503 from the first, silence from the second: Answered with the 503, handed up"
        <| fun () ->
            let number, rig = sent "OPTIONS"
            let rig = answer "OPTIONS" 503 rig |> runFor 60_000L<ms>
            Expect.isTrue (isAnswered 503 (snd (outcomeOf number rig))) "Answered before TimedOut"
            same (handedUp number rig) [ 503 ] "handed up"
            expectIdle rig

        testCase "an INVITE's 503 is acknowledged again for Timer D, also when all is over"
        <| fun () ->
            let number, rig = sent "INVITE"
            let refused = (lastRequest "INVITE" rig).CreateResponse(503, "busy")

            let rig =
                receive refused rig
                |> give (Input.Failed(number, second, TransportFault.SendFailed, "no"))

            Expect.isTrue (isAnswered 503 (snd (outcomeOf number rig))) "the best: the 503"
            let rig = runFor 31_000L<ms> rig |> receive refused
            same (copies "ACK" rig) [ 0; 31000 ] "again"
            expectIdle (runFor 2000L<ms> rig)

        testCase "503, then a target that only rings: AnswerWithin ends with the 503, handed up"
        <| fun () ->
            let change (order: Order) = {
                order with
                    Destination = ValueNone
                    AnswerWithin = ValueSome 9000L<ms>
            }

            let number, rig = deliverWith change (toName "INVITE") start
            let rig = give (Input.Answered(a, addresses)) rig
            let rig = answer "INVITE" 503 rig |> answer "INVITE" 180 |> runFor 9000L<ms>
            Expect.isTrue (isAnswered 503 (snd (outcomeOf number rig))) "the best"
            same (handedUp number rig) [ 180; 503 ] "handed up"

        testCase "503, then a 100 and silence: Timer F ends with the 503"
        <| fun () ->
            let number, rig = sent "OPTIONS"
            let rig = answer "OPTIONS" 503 rig |> answer "OPTIONS" 100 |> runFor 60_000L<ms>
            Expect.isTrue (isAnswered 503 (snd (outcomeOf number rig))) "Answered before TimedOut"

        testCase "9.1: once a CANCEL belongs to it, an INVITE goes to no other target"
        <| fun () ->
            let cancel = (toName "INVITE").CreateCancel()
            let _, rig = sent "INVITE"
            let rig = answer "INVITE" 180 rig
            let _, rig = deliver cancel rig
            let rig = answer "CANCEL" 200 rig |> runFor 20_000L<ms> |> answer "INVITE" 503
            same (List.distinct (List.map fst (targets rig))) [ "127.0.0.11" ] "sent and answered"
            let number, rig = sent "INVITE"
            let _, rig = deliver cancel rig
            let rig = runFor 40_000L<ms> rig
            same (List.distinct (List.map fst (targets rig))) [ "127.0.0.11" ] "still held"
            same (snd (outcomeOf number rig)) TimedOut "it ends with its target"

        testCase "S-10: never after a provisional"
        <| fun () ->
            let number, rig = sent "OPTIONS"
            let rig = answer "OPTIONS" 100 rig |> runFor 60_000L<ms>
            same (snd (outcomeOf number rig)) TimedOut "the first was there"
            same (List.distinct (List.map fst (targets rig))) [ "127.0.0.11" ] "no other"
    ]

let private stateless =
    testList "without a transaction" [
        testCase "an ACK is sent once, and Sent when the socket took it (S-09)"
        <| fun () ->
            let number, rig = deliver (request "ACK" "call-3") start
            same (outcomes rig) [] "not before"
            let rig = give (Transmitted number) rig |> runFor 60_000L<ms>
            same (outcomeOf number rig) (0, Sent) "told"
            same (copies "ACK" rig) [ 0 ] "once"
            expectIdle rig

        testCase "Retransmit = false: once, Sent"
        <| fun () ->
            let change (order: Order) = { order with Retransmit = false }
            let number, rig = deliverWith change options start
            let rig = give (Transmitted number) rig |> runFor 60_000L<ms>
            same (outcomeOf number rig) (0, Sent) "told"
            same (copies "OPTIONS" rig) [ 0 ] "once"

        testCase "a response that overtakes the shell's word proves that the packet left"
        <| fun () ->
            let change (order: Order) = { order with TellSent = true }
            let number, rig = deliverWith change options start
            let rig = answer "OPTIONS" 200 rig |> give (Transmitted number)

            let story = [
                for _, effect in effects rig do
                    match effect with
                    | Effect.TellSent _ -> "sent"
                    | Effect.HandUp _ -> "response"
                    | Effect.Complete _ -> "completed"
                    | _ -> ()
            ]

            same story [ "sent"; "response"; "completed" ] "in this order, each once"

        testCase "nothing is told of a packet after its delivery was cancelled"
        <| fun () ->
            let change (order: Order) = { order with TellSent = true }
            let number, rig = deliverWith change invite start
            let rig = give (CancelDelivery(ByNumber number)) rig |> give (Transmitted number)

            Expect.isFalse
                (List.exists (fun (_, effect) -> effect = Effect.TellSent(number, peer)) rig.Log)
                "not after the outcome"

        testCase "TellSent tells of the first copy, and only of it"
        <| fun () ->
            let change (order: Order) = { order with TellSent = true }
            let number, rig = deliverWith change options start
            let rig = give (Transmitted number) rig |> runFor 60_000L<ms>

            let told =
                effects rig
                |> List.filter (fun (_, effect) -> effect = Effect.TellSent(number, peer))

            same told.Length 1 "once"
    ]

let tests = testList "Requests" [ failing; elsewhere; stateless ]
