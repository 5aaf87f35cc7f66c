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

let tests =
    testList "Reliable" [
        testList "forks" forks
        testList "offers" offers
        testList "changes" changes
    ]
