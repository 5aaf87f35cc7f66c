/// Reliable provisional responses (RFC 3262) where forks, changes of the session and refusals come
/// between: CSeqs, offers and answers, and what is still answered when the INVITE is.
module SipFun.Tests.UserAgent.ReliableTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.UserAgent.AgentRig

let private header (name: string) (message: SipMessage) = string (message.GetHeader name)
let private reliable = { order with Reliability = Reliability.Offered }
let private ringing rseq = [ bobContact; "Require", "100rel"; "RSeq", string rseq ]

let private answer = {
    Content.none with
        ContentType = "application/sdp"
        Body = ReadOnlyMemory "v=1\r\n"B
}

/// An INVITE without an offer, whose answer waits for the other end's.
let private asked = { reliable with Content = Content.none; Acknowledgement = answer }

let private ask method content call rig =
    let exchange, rig = number rig
    exchange, give (AgentInput.RequestWithin(exchange, call, method, content)) rig

/// The last INVITE gets a response with a body.
let private respondSdp status headers rig =
    let sending, invite = last SipMethod.Invite rig

    let described =
        (response status "b1" headers invite).WithBody("application/sdp", offer.Body)

    responding sending described rig

let private text (message: SipMessage) = Text.Encoding.ASCII.GetString message.Body.Span
let private bodies method rig = sentAs method rig |> List.map (fun (_, request) -> text request)

let private sequences method rig =
    sentAs method rig |> List.map (fun (_, request) -> request.ToTag, request.CSeq.Number)

let private forks = [
    testCase "12.2.1.1: the BYE to a branch that lost goes on after its PRACK's CSeq"
    <| fun () ->
        let _, rig = call reliable start

        let rig =
            respond SipMethod.Invite 180 "b1" (ringing 7) rig
            |> respond SipMethod.Invite 180 "b2" (ringing 70)

        let sending, invite = last SipMethod.Invite rig

        let rig =
            responding sending (response 200 "b1" [ bobContact ] invite) rig
            |> responding sending (response 200 "b2" [ bobContact ] invite)

        Expect.equal (sequences SipMethod.Prack rig) [ "b1", 2u; "b2", 2u ] "both"
        Expect.equal (sequences SipMethod.Bye rig) [ "b2", 3u ] "the next"

    testCase "12.2.1.1: so does the BYE to a 2xx that comes when the call is over"
    <| fun () ->
        let number, rig = call reliable start

        let rig =
            respond SipMethod.Invite 180 "b1" (ringing 7) rig
            |> give (AgentInput.HangUp(number, Content.none))

        let sending, invite = last SipMethod.Invite rig
        let rig = give (AgentInput.Completed(sending, TimedOut, false)) rig
        Expect.equal (endings rig) [ number, CallEnd.Cancelled ] "over"
        let rig = responding sending (response 200 "b1" [ bobContact ] invite) rig
        Expect.equal (sequences SipMethod.Bye rig) [ "b1", 3u ] "the next"
]

let private offers = [
    testCase "RFC 3262, 5: an offer in a reliable response is answered in its PRACK, not in the ACK"
    <| fun () ->
        let _, rig = call asked start
        let rig = respond SipMethod.Invite 180 "b1" (ringing 7) rig
        let rig = respondSdp 183 (ringing 8) rig |> respondSdp 183 (ringing 9)
        Expect.equal (bodies SipMethod.Prack rig) [ ""; "v=1\r\n"; "" ] "once, where it was asked"
        let rig = respondSdp 200 [ bobContact ] rig
        Expect.equal (bodies SipMethod.Ack rig) [ "" ] "not again"

    testCase "13.2.2.4: without one the ACK bears the answer"
    <| fun () ->
        let _, rig = call asked start

        let rig =
            respond SipMethod.Invite 180 "b1" (ringing 7) rig |> respondSdp 200 [ bobContact ]

        Expect.equal (bodies SipMethod.Prack rig) [ "" ] "nothing was offered"
        Expect.equal (bodies SipMethod.Ack rig) [ "v=1\r\n" ] "the answer"
]

let private changes = [
    testCase "RFC 3262, 4: a reliable response to a re-INVITE gets a PRACK; RSeq begins anew"
    <| fun () ->
        let number, rig = call reliable start

        let rig =
            respond SipMethod.Invite 180 "b1" (ringing 700) rig
            |> respond SipMethod.Invite 200 "b1" [ bobContact ]

        let exchange, rig = ask SipMethod.Invite offer number (quiet rig)

        let rig =
            respond SipMethod.Invite 183 "b1" (ringing 7) rig
            |> respond SipMethod.Invite 183 "b1" (ringing 7)
            |> respond SipMethod.Invite 183 "b1" (ringing 9)

        let raised =
            sentAs SipMethod.Prack rig
            |> List.map (fun (_, prack) -> header "RAck" prack, prack.CSeq.Number)

        Expect.equal raised [ "7 3 INVITE", 4u ] "one"

        let heard =
            told rig
            |> List.filter (fun event ->
                match event with
                | AgentEvent.Responded(number, _) -> number = exchange
                | _ -> false)

        Expect.equal heard.Length 1 "and told once"
        let rig = respond SipMethod.Invite 200 "b1" [ bobContact ] rig
        let _, ack = last SipMethod.Ack rig
        Expect.equal ack.CSeq.Number 3u "the ACK has the INVITE's"
        let _, rig = ask SipMethod.Info Content.none number rig
        let _, info = last SipMethod.Info rig
        Expect.equal info.CSeq.Number 5u "the next"

    testCase "13.2.2.4: what was last said answers the offer in a re-INVITE's 2xx"
    <| fun () ->
        let number, rig = answeredWith reliable [] start
        let _, rig = ask SipMethod.Invite Content.none number (quiet rig)
        let rig = respondSdp 200 [ bobContact ] rig
        Expect.equal (bodies SipMethod.Ack rig) [ "v=0\r\n" ] "in the ACK"

    testCase "RFC 3262, 5: and the one in a reliable response to it, in the PRACK"
    <| fun () ->
        let number, rig = answeredWith reliable [] start
        let _, rig = ask SipMethod.Invite Content.none number (quiet rig)
        let rig = respondSdp 183 (ringing 7) rig |> respondSdp 200 [ bobContact ]
        Expect.equal (bodies SipMethod.Prack rig) [ "v=0\r\n" ] "in the PRACK"
        Expect.equal (bodies SipMethod.Ack rig) [ "" ] "not in the ACK"

    testCase "RFC 3262, 3: a re-INVITE that requires 100rel gets no plain provisional response"
    <| fun () ->
        for headers, expected in [ [ "Require", "100rel" ], [ 200 ]; [], [ 183; 200 ] ] do
            let number, rig = talking start
            let invite = within number SipMethod.Invite 2 (bobContact :: headers) rig |> sdp
            let received, rig = arrive invite (quiet rig)
            let rig = say received 183 rig |> say received 200
            Expect.equal (statuses rig) expected $"%A{headers}"
]

let private requested rig =
    told rig
    |> List.choose (fun event ->
        match event with
        | AgentEvent.Requested(received, _, _, request) -> Some(received, request.Method)
        | _ -> None)

let private reliably = invitation [ "Supported", "100rel" ]

/// As the INVITE was, but with no offer.
let private open' (invite: SipRequest) = invite.WithBody(null, ReadOnlyMemory.Empty)

let private late = [
    testCase "RFC 3262, 3: a PRACK that crossed our 2xx is answered 200, before the ACK and after"
    <| fun () ->
        for isAcknowledged in [ false; true ] do
            let number, rig = invitedBy reliably start
            let rig = say number 180 rig
            let prack = prackOf number 2 rig
            let rig = say number 200 rig
            let wrong = within number SipMethod.Prack 2 [ "RAck", "1 1 INVITE" ] rig

            let rig =
                if isAcknowledged then
                    arrive (within number SipMethod.Ack 1 [] rig) rig |> snd
                else
                    rig

            let _, rig = arrive wrong (quiet rig)
            Expect.equal (statuses rig) [ 481 ] "another is not"
            let _, rig = arrive prack (quiet rig)
            Expect.equal (statuses rig) [ 200 ] "200"
            let second = prack.WithTopVia(Via.Parse(via "second"))
            let _, rig = arrive second (quiet rig)
            Expect.equal (statuses rig) [ 481 ] "once"
            Expect.isEmpty (endings rig) "the call goes on"

    testCase "RFC 3262, 3: and one that crossed a refusal, for 64*T1"
    <| fun () ->
        let number, rig = invitedBy reliably start
        let rig = say number 180 rig
        let prack = prackOf number 2 rig
        let bye = within number SipMethod.Bye 2 [] rig
        let refused = say number 486 rig
        Expect.equal (endings refused) [ number, CallEnd.Declined 486 ] "it is over"
        let _, rig = arrive bye (quiet refused)
        Expect.equal (statuses rig) [ 481 ] "for everything else"
        let _, rig = arrive prack (quiet refused)
        Expect.equal (statuses rig) [ 200 ] "200"
        expectIdle rig
        let rig = runFor 32_000L<ms> refused
        expectIdle rig
        let _, rig = arrive prack (quiet rig)
        Expect.equal (statuses rig) [ 481 ] "not for ever"
        expectIdle (give AgentInput.Close refused)

    testCase "RFC 3262, 5: an INVITE without an offer gets none reliably before ours"
    <| fun () ->
        let number, rig = invitedBy (open' reliably) start
        let rig = say number 180 rig
        Expect.isNull ((snd (lastReply rig)).GetHeader "RSeq") "plain"
        let rig = describe number rig
        Expect.isNotNull ((snd (lastReply rig)).GetHeader "RSeq") "reliable"

    testCase "RFC 3262, 3 and 5: where it must be reliable, none goes out before our offer"
    <| fun () ->
        let required = open' (invitation [ "Require", "100rel" ])
        let number, rig = invitedBy required start
        let rig = say number 180 rig |> runFor 130_000L<ms>
        Expect.isEmpty (replies rig) "neither at once nor each minute"
        let answered = say number 200 rig
        Expect.equal (statuses answered) [ 200 ] "the 2xx may come all the same, with the offer"
        let rig = describe number rig
        let response = snd (lastReply rig)
        Expect.equal (response.StatusCode, response.Body.IsEmpty) (183, false) "with the offer"
        Expect.isNotNull (response.GetHeader "RSeq") "reliable"
        let _, rig = arrive (prackOf number 2 rig) rig
        let rig = say number 180 (quiet rig)
        Expect.isNotNull ((snd (lastReply rig)).GetHeader "RSeq") "then without one too"
]

let private offered = [
    testCase "RFC 3262, 5: an offer in a PRACK is refused where the application answers none"
    <| fun () ->
        let number, rig = invitedBy reliably start
        let rig = describe number rig |> say number 200
        let _, rig = arrive (prackOf number 2 rig |> sdp) (quiet rig)
        Expect.equal (statuses rig) [ 488; 200 ] "refused, but it is acknowledged"
        Expect.isEmpty (requested rig) "not told"

    testCase "RFC 3262, 5: else it answers, and the 2xx waits for that"
    <| fun () ->
        let settings = { settings with Methods = SipMethod.Prack :: settings.Methods }
        let number, rig = invitedBy reliably (withSettings settings)
        let rig = describe number rig |> say number 200
        let received, rig = arrive (prackOf number 2 rig |> sdp) (quiet rig)
        Expect.equal (requested rig) [ received, SipMethod.Prack ] "told"
        let rig = runFor 8_000L<ms> rig
        Expect.isEmpty (statuses rig) "nothing is repeated, nothing said"
        let rig = say received 200 rig

        Expect.equal
            (replies rig |> List.map (fun (_, _, response) -> string response.CSeq, text response))
            [ "2 PRACK", "v=0\r\n"; "1 INVITE", "v=0\r\n" ]
            "both, in this order"

    testCase "RFC 3262, 5: the answer to ours is none"
    <| fun () ->
        let settings = { settings with Methods = SipMethod.Prack :: settings.Methods }
        let number, rig = invitedBy (open' reliably) (withSettings settings)
        let rig = describe number rig
        let _, rig = arrive (prackOf number 2 rig |> sdp) (quiet rig)
        Expect.equal (statuses rig) [ 200 ] "200"
        Expect.isEmpty (requested rig) "it is told as the PRACK"

    testCase
        "RFC 3311, 5.2: an UPDATE that offers before the INVITE's offer is answered: 500, or 491"
    <| fun () ->
        let update number rig = within number SipMethod.Update 2 [ bobContact ] rig

        let number, rig = invited start
        let rig = say number 183 rig |> quiet
        let _, theirs = arrive (update number rig |> sdp) rig
        Expect.equal (statuses theirs) [ 500 ] "theirs is open"
        Expect.isNotNull ((snd (lastReply theirs)).GetHeader "Retry-After") "when"
        let _, plain = arrive (update number rig) rig
        Expect.equal (statuses plain) [ 200 ] "without an offer there is nothing to meet"

        let number, rig = invitedBy (open' reliably) start
        let rig = describe number rig |> quiet
        let _, rig = arrive (update number rig |> sdp) rig
        Expect.equal (statuses rig) [ 491 ] "ours is open, in a reliable response"

        let number, rig = call reliable start
        let rig = respond SipMethod.Invite 180 "b1" (ringing 7) rig
        let _, mine = arrive (update number rig |> sdp) rig
        Expect.equal (statuses mine) [ 491 ] "ours is open, in the INVITE"
        let rig = respondSdp 183 (ringing 8) rig
        let _, rig = arrive (update number rig |> sdp) (quiet rig)
        Expect.equal (requested rig).Length 1 "now it is answered"

    testCase "RFC 3311, 5.1: nor do we offer before"
    <| fun () ->
        let finished rig =
            told rig
            |> List.choose (fun event ->
                match event with
                | AgentEvent.Finished(_, ending) -> Some ending
                | _ -> None)

        let number, rig = call reliable start
        let rig = respond SipMethod.Invite 180 "b1" (ringing 7) rig
        let _, early = ask SipMethod.Update offer number rig
        Expect.equal (finished early) [ ExchangeEnd.Refused AgentRefusal.NotNow ] "refused"
        let _, rig = respondSdp 183 (ringing 8) rig |> ask SipMethod.Update offer number
        Expect.equal (sentAs SipMethod.Update rig).Length 1 "sent"
        let number, rig = invitedBy reliably start
        let rig = describe number rig
        let _, early = ask SipMethod.Update offer number rig
        Expect.equal (finished early) [ ExchangeEnd.Refused AgentRefusal.NotNow ] "before the PRACK"
        let _, rig = arrive (prackOf number 2 rig) rig
        let _, rig = ask SipMethod.Update offer number rig
        Expect.equal (sentAs SipMethod.Update rig).Length 1 "after it"
]

let tests =
    testList "Reliable" [
        testList "forks" forks
        testList "offers" offers
        testList "changes" changes
        testList "late" late
        testList "offered" offered
    ]
