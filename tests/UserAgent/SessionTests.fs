// Session timers (RFC 4028) and reliable provisional responses (RFC 3262), at both ends.
module SipFun.Tests.UserAgent.SessionTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.UserAgent.AgentRig

let private header (name: string) (message: SipMessage) = string (message.GetHeader name)

let private timed = { order with Session = ValueSome 1_800_000L<ms> }

let private refreshed rig = told rig |> List.filter (fun event -> event.IsRefreshed) |> List.length

let private updates = "Allow", "INVITE, ACK, BYE, CANCEL, UPDATE"

let private caller = [
    testCase "7.1: the INVITE asks for an interval and says that timers are known"
    <| fun () ->
        let _, rig = call timed start
        let _, invite = last SipMethod.Invite rig
        Expect.equal (header "Session-Expires" invite) "1800" "the interval"
        Expect.stringContains (header "Supported" invite) "timer" "the extension"
        Expect.isNull (invite.GetHeader "Min-SE") "90 s need not be said"

    testCase "7.3: 422 raises the interval to Min-SE; a peer that goes on so is given up"
    <| fun () ->
        let _, rig = call { timed with Session = ValueSome 100_000L<ms> } start
        let rig = respond SipMethod.Invite 422 "x" [ "Min-SE", "300" ] rig
        let _, invite = last SipMethod.Invite rig
        Expect.equal (header "Session-Expires" invite) "300" "the interval"
        Expect.equal (header "Min-SE" invite) "300" "and the least"
        Expect.equal invite.CSeq.Number 2u "CSeq"

        let rig =
            respond SipMethod.Invite 422 "x" [ "Min-SE", "400" ] rig
            |> respond SipMethod.Invite 422 "x" [ "Min-SE", "500" ]

        Expect.equal (List.length (sentAs SipMethod.Invite rig)) 3 "twice"
        Expect.equal (endings rig).Length 1 "over"
        expectIdle rig

    testCase "7.4: what 422 asked for counts as long as the call does"
    <| fun () ->
        let _, rig = call { timed with Session = ValueSome 100_000L<ms> } start

        let rig =
            respond SipMethod.Invite 422 "x" [ "Min-SE", "300" ] rig
            |> respond SipMethod.Invite 200 "b1" [ bobContact; updates ]

        let rig = quiet rig |> runFor 149_999L<ms>
        Expect.isEmpty (methods rig) "not half of what was asked first"
        let rig = runFor 1L<ms> rig
        let _, update = last SipMethod.Update rig
        Expect.equal (header "Session-Expires" update) "300;refresher=uac" "the interval"
        Expect.equal (header "Min-SE" update) "300" "and the least"

    testCase "7.3: a refresh answered 422 goes again with a longer interval, some times"
    <| fun () ->
        let headers = [ "Session-Expires", "1000;refresher=uac"; updates ]
        let number, rig = answeredWith timed headers start
        let rig = quiet rig |> runFor 500_000L<ms>
        let rig = respond SipMethod.Update 422 "b1" [ "Min-SE", "1200" ] rig
        let _, update = last SipMethod.Update rig
        Expect.equal (header "Session-Expires" update) "1200;refresher=uac" "the interval"
        Expect.equal (header "Min-SE" update) "1200" "and the least"
        let done' = respond SipMethod.Update 200 "b1" [] rig
        Expect.equal (refreshed done') 1 "refreshed"
        let rig = quiet done' |> runFor 599_999L<ms>
        Expect.isEmpty (methods rig) "half of the longer one"

        let rig =
            [ 1300; 1400; 1500 ]
            |> List.fold
                (fun rig (least: int) ->
                    respond SipMethod.Update 422 "b1" [ "Min-SE", string least ] rig)
                (runFor 1L<ms> rig)

        Expect.equal (sentAs SipMethod.Update rig).Length 3 "twice more"
        Expect.isEmpty (endings rig) "the call goes on"
        Expect.equal (dialogOf number rig).Remote.Tag "b1" "with its dialog"

    testCase "7.4, 10: the refresher asks at half the interval, by UPDATE where the peer has it"
    <| fun () ->
        for headers, method in
            [
                [ "Session-Expires", "1000;refresher=uac"; updates ], SipMethod.Update
                [ "Session-Expires", "1000;refresher=uac" ], SipMethod.Invite
            ] do
            let number, rig = answeredWith timed headers start
            let rig = quiet rig |> runFor 499_999L<ms>
            Expect.isEmpty (methods rig) "not yet"
            let rig = runFor 1L<ms> rig
            Expect.equal (methods rig) [ method.Name ] $"{method}"
            let _, request = last method rig
            Expect.equal (header "Session-Expires" request) "1000;refresher=uac" "as it was"

            let hasBody = not request.Body.IsEmpty
            Expect.equal hasBody (method = SipMethod.Invite) "a re-INVITE says again what was said"

            let rig =
                respond method 200 "b1" [ bobContact; "Session-Expires", "1000;refresher=uac" ] rig

            Expect.equal (refreshed rig) 1 "told"
            let rig = quiet rig |> runFor 500_000L<ms>
            Expect.equal (methods rig) [ method.Name ] "and again"
            Expect.isEmpty (endings rig) "the call goes on"
            Expect.equal (dialogOf number rig).Remote.Tag "b1" "with its dialog"

    testCase "7.2: a peer that does not know timers: we refresh by ourselves"
    <| fun () ->
        let _, rig = answeredWith timed [] start
        let rig = quiet rig |> runFor 900_000L<ms>
        Expect.equal (methods rig) [ "INVITE" ] "half of what we asked for"

    testCase "10: a peer that should refresh and does not is hung up on in time"
    <| fun () ->
        let headers = [ "Session-Expires", "1000;refresher=uas" ]
        let number, rig = answeredWith timed headers start
        let rig = quiet rig |> runFor 967_999L<ms>
        Expect.isEmpty (methods rig) "min(32, a third) before the end"
        let rig = runFor 1L<ms> rig
        Expect.equal (methods rig) [ "BYE" ] "now"
        Expect.equal (endings rig) [ number, CallEnd.Expired ] "told"

    testCase "10: a refresh that fails is tried again, until the session expires"
    <| fun () ->
        let headers = [ "Session-Expires", "1000;refresher=uac"; updates ]
        let number, rig = answeredWith timed headers start
        let refuse rig = respond SipMethod.Update 500 "b1" [] rig
        let rig = runFor 500_000L<ms> rig |> refuse |> runFor 125_000L<ms> |> refuse
        Expect.equal (List.length (sentAs SipMethod.Update rig)) 2 "again"
        let rig = runFor 500_000L<ms> rig
        Expect.equal (endings rig) [ number, CallEnd.Expired ] "expired"

    testCase "a peer that refuses UPDATE gets INVITE"
    <| fun () ->
        let headers = [ "Session-Expires", "1000;refresher=uac"; updates ]
        let _, rig = answeredWith timed headers start
        let rig = runFor 500_000L<ms> rig |> respond SipMethod.Update 405 "b1" []
        let rig = quiet rig |> runFor 200_000L<ms>
        Expect.equal (methods rig) [ "INVITE" ] "INVITE"

    testCase "a short interval does not make us talk all the time"
    <| fun () ->
        let headers = [ "Session-Expires", "1;refresher=uac"; updates ]
        let _, rig = answeredWith timed headers start
        let rig = quiet rig |> runFor 44_000L<ms>
        Expect.isEmpty (methods rig) "90 s at least"
]

let private supported = [ "Supported", "timer"; "Session-Expires", "1000"; updates ]

let private called = [
    testCase "9, table 2: who refreshes, and Require for a peer that has timers"
    <| fun () ->
        for headers, said, isRequired in
            [
                supported, "1000;refresher=uac", true
                [ "Supported", "timer"; "Session-Expires", "1000;refresher=uas" ],
                "1000;refresher=uas",
                true
                [ "Session-Expires", "1000" ], "1000;refresher=uas", false
            ] do
            let number, rig = invitedBy (invitation headers) start
            let rig = say number 200 rig
            let _, response = lastReply rig
            Expect.equal (header "Session-Expires" response) said "who and how long"
            Expect.equal (header "Require" response = "timer") isRequired "Require"

    testCase "9: our own wish shortens the interval, but not below Min-SE"
    <| fun () ->
        for least, said in [ "90", "300"; "600", "600" ] do
            let session = { Interval = ValueSome 300_000L<ms>; Least = 90_000L<ms> }
            let invite = invitation (("Min-SE", least) :: supported)

            let number, rig =
                invitedBy invite (withSettings { settings with Session = session })

            let rig = say number 200 rig
            let _, response = lastReply rig
            Expect.equal (header "Session-Expires" response) $"{said};refresher=uac" least

    testCase "an UPDATE in the early dialog refreshes no session: there is none yet"
    <| fun () ->
        let number, rig = invitedBy (invitation supported) start
        let rig = say number 183 rig
        let update = within number SipMethod.Update 2 (bobContact :: supported) rig
        let _, rig = arrive update (quiet rig)
        let _, response = lastReply rig
        Expect.equal response.StatusCode 200 "answered"
        Expect.isNull (response.GetHeader "Session-Expires") "nothing is said of a session"
        Expect.equal (refreshed rig) 0 "nothing is told"

    testCase "an UPDATE without an offer refreshes without the application"
    <| fun () ->
        let number, rig = invitedBy (invitation supported) start
        let rig = say number 200 rig
        let reply, _ = lastReply rig
        let rig = give (AgentInput.Replied(reply, Sent)) rig |> runFor 900_000L<ms>
        let update = within number SipMethod.Update 2 (bobContact :: supported) rig
        let _, rig = arrive update (quiet rig)
        Expect.equal (statuses rig) [ 200 ] "answered"
        let _, response = lastReply rig
        Expect.equal (header "Session-Expires" response) "1000;refresher=uac" "the interval"
        Expect.equal (refreshed rig) 1 "told"
        let rig = runFor 900_000L<ms> rig
        Expect.isEmpty (endings rig) "it counts from here"
        let rig = runFor 100_000L<ms> rig
        Expect.equal (endings rig) [ number, CallEnd.Expired ] "then it expires"
]

let private reliable = { order with Reliability = Reliability.Offered }

let private ringing rseq = [ bobContact; "Require", "100rel"; "RSeq", string rseq ]

let private progressed rig =
    told rig |> List.filter (fun event -> event.IsProgressed) |> List.length

let private pracks = [
    testCase
        "RFC 3262, 4: each reliable provisional response in its order gets a PRACK with its RAck"
    <| fun () ->
        let _, rig = call reliable start

        let rig =
            respond SipMethod.Invite 180 "b1" (ringing 7) rig
            |> respond SipMethod.Prack 200 "b1" []
            |> respond SipMethod.Invite 183 "b1" (ringing 8)

        let raised =
            sentAs SipMethod.Prack rig
            |> List.map (fun (_, prack) -> header "RAck" prack, prack.CSeq.Number, prack.ToTag)

        Expect.equal raised [ "7 1 INVITE", 2u, "b1"; "8 1 INVITE", 3u, "b1" ] "both"

    testCase "RFC 3262, 4: a copy, and one that came too early, get none"
    <| fun () ->
        let _, rig = call reliable start

        let rig =
            respond SipMethod.Invite 180 "b1" (ringing 7) rig
            |> respond SipMethod.Invite 180 "b1" (ringing 7)
            |> respond SipMethod.Invite 183 "b1" (ringing 9)

        Expect.equal (List.length (sentAs SipMethod.Prack rig)) 1 "one"
        Expect.equal (progressed rig) 1 "and told once"

    testCase "RFC 3262, 4: each branch of a fork counts for itself"
    <| fun () ->
        let _, rig = call reliable start

        let rig =
            respond SipMethod.Invite 180 "b1" (ringing 7) rig
            |> respond SipMethod.Invite 180 "b2" (ringing 700)

        Expect.equal (List.length (sentAs SipMethod.Prack rig)) 2 "two"

    testCase "without 100rel in the INVITE none is acknowledged"
    <| fun () ->
        let _, rig = call order start
        let rig = respond SipMethod.Invite 180 "b1" (ringing 7) rig
        Expect.isEmpty (sentAs SipMethod.Prack rig) "no PRACK"
        Expect.equal (progressed rig) 1 "but told"

    testCase "Required says so"
    <| fun () ->
        let _, rig = call { order with Reliability = Reliability.Required } start
        let _, invite = last SipMethod.Invite rig
        Expect.equal (header "Require" invite) "100rel" "Require"

    testCase "the 2xx's BYE follows the PRACK's CSeq"
    <| fun () ->
        let number, rig = call reliable start

        let rig =
            respond SipMethod.Invite 180 "b1" (ringing 7) rig
            |> respond SipMethod.Invite 200 "b1" [ bobContact ]
            |> give (AgentInput.HangUp(number, Content.none))

        let _, bye = last SipMethod.Bye rig
        Expect.equal bye.CSeq.Number 3u "the next"
        let _, ack = last SipMethod.Ack rig
        Expect.equal ack.CSeq.Number 1u "the ACK has the INVITE's"
]

let private prackOf number rig =
    let _, response = lastReply rig
    let rseq = header "RSeq" response
    within number SipMethod.Prack 2 [ "RAck", $"{rseq} 1 INVITE" ] rig

let private repeated = [
    testCase
        "RFC 3262, 3: repeated after T1, 2*T1, 4*T1 ... until the PRACK; then the next in its turn"
    <| fun () ->
        let number, rig = invitedBy (invitation [ "Supported", "100rel" ]) start
        let rig = say number 180 rig |> say number 183
        let began = rig.Now
        let rig = runFor 8_000L<ms> rig

        let instants =
            List.rev rig.Log
            |> List.choose (fun (at, effect) ->
                if effect.IsReply then Some(int (at - began)) else None)

        Expect.equal instants [ 0; 500; 1500; 3500; 7500 ] "T1 doubling"
        let _, rig = arrive (prackOf number rig) (quiet rig)
        Expect.equal (statuses rig) [ 200; 183 ] "the PRACK is answered, the 183 goes"
        let _, next = lastReply rig
        let _, rig' = arrive (prackOf number rig) rig
        Expect.equal (header "Require" next) "100rel" "reliably too"
        let rig = runFor 8_000L<ms> (quiet rig')
        Expect.isEmpty (statuses rig) "nothing is repeated"

    testCase "RFC 3262, 3: RSeq rises by one from a start by chance, below 2**31"
    <| fun () ->
        let number, rig = invitedBy (invitation [ "Supported", "100rel" ]) start
        let rig = say number 180 rig
        let first = (snd (lastReply rig)).RSeq.Value
        let _, rig = arrive (prackOf number rig) rig
        let rig = say number 183 rig
        Expect.equal (snd (lastReply rig)).RSeq.Value (first + 1u) "the next"
        Expect.isLessThan first 0x8000_0000u "in range"

    testCase "RFC 3262, 3: 64*T1 without a PRACK: 5xx, and the call is over"
    <| fun () ->
        let number, rig = invitedBy (invitation [ "Require", "100rel" ]) start
        let rig = say number 180 rig |> runFor 32_000L<ms>
        Expect.equal (statuses rig |> List.last) 504 "5xx"
        Expect.equal (endings rig) [ number, CallEnd.Declined 504 ] "told"
        expectIdle rig

    testCase "RFC 3262, 3: a PRACK that acknowledges nothing gets 481"
    <| fun () ->
        let number, rig = invitedBy (invitation [ "Supported", "100rel" ]) start
        let rig = say number 180 rig
        let wrong = within number SipMethod.Prack 2 [ "RAck", "1 1 INVITE" ] rig
        let _, rig = arrive wrong (quiet rig)
        Expect.equal (statuses rig) [ 481 ] "481"

    testCase "RFC 3262, 3: a 2xx waits while a description waits for its PRACK; other finals do not"
    <| fun () ->
        let progress rig number =
            give (AgentInput.Respond(number, { answerOf 183 with Content = offer })) rig

        let number, rig = invitedBy (invitation [ "Supported", "100rel" ]) start
        let rig = progress rig number |> say number 200
        Expect.equal (statuses rig) [ 183 ] "it waits"
        let _, rig = arrive (prackOf number rig) rig
        Expect.equal (statuses rig) [ 183; 200; 200 ] "now"
        Expect.equal (header "CSeq" (snd (lastReply rig))) "1 INVITE" "the last is the INVITE's"
        let number, rig = invitedBy (invitation [ "Supported", "100rel" ]) start
        let rig = progress rig number |> say number 486
        Expect.equal (statuses rig) [ 183; 486 ] "at once"
        expectIdle (runFor 32_000L<ms> rig)
        let number, rig = invitedBy (invitation [ "Supported", "100rel" ]) start
        let rig = say number 180 rig |> say number 200 |> runFor 10_000L<ms>

        Expect.equal
            (statuses rig)
            [ 180; 200 ]
            "nothing described: at once, and no copies after it"

    testCase "a caller without 100rel gets plain ones"
    <| fun () ->
        let number, rig = invited start
        let rig = say number 180 rig |> say number 183 |> runFor 8_000L<ms>
        Expect.equal (statuses rig) [ 180; 183 ] "once each"
        Expect.isNull ((snd (lastReply rig)).GetHeader "RSeq") "plain"
]

let tests =
    testList "Session" [
        testList "caller" caller
        testList "called" called
        testList "pracks" pracks
        testList "repeated" repeated
    ]
