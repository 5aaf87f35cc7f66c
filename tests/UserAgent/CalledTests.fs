// Calls that come in (RFC 3261, 8.2, 9.2, 12.1.1, 13.3.1, 15.1.2): what is refused, what is told,
// what is answered.
module SipFun.Tests.UserAgent.CalledTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.UserAgent.AgentRig

let private isInvited rig = told rig |> List.exists (fun event -> event.IsInvited)

let private refusals = [
    let refused name (status: int) (field: string) (value: string) settings (invite: SipRequest) =
        testCase name
        <| fun () ->
            let _, rig = arrive invite (withSettings settings)
            Expect.equal (statuses rig) [ status ] "refused"
            let _, response = lastReply rig
            Expect.isNotNull response.ToTag "with a To tag"

            if field <> "" then
                Expect.stringContains (string (response.GetHeader field)) value field

            Expect.isFalse (isInvited rig) "not told"
            expectIdle rig

    let sip = invitation []

    refused
        "8.2.2.3: 420 with Unsupported for an extension that nobody has"
        420
        "Unsupported"
        "teleport"
        settings
        (invitation [ "Require", "teleport, 100rel" ])

    refused
        "8.2.3: 415 with Accept for a body of another type"
        415
        "Accept"
        "application/sdp"
        { settings with Accept = [ "application/sdp" ] }
        (sip.WithBody("text/plain", ReadOnlyMemory "hello"B))

    refused
        "8.2.3: 415 with Accept-Encoding for a body that is packed"
        415
        "Accept-Encoding"
        "identity"
        settings
        (sip.WithAddedHeader("Content-Encoding", "gzip"))

    refused
        "8.2.1: 405 with Allow for a method that is known"
        405
        "Allow"
        "INVITE"
        settings
        (from SipMethod.Publish 1 [])

    refused
        "8.2.1: 501 for a method that is not known"
        501
        "Allow"
        "INVITE"
        settings
        (from (SipMethod.Parse "DANCE") 1 [])

    refused
        "8.2.1: 405 for an INVITE where nobody is to be called"
        405
        "Allow"
        "OPTIONS"
        { settings with Methods = [ SipMethod.Message ] }
        sip

    refused "12.2.2: 481 for a BYE of no dialog" 481 "" "" settings (from SipMethod.Bye 1 [])

    refused
        "12.2.2: 481 for a request of a dialog that is not known"
        481
        ""
        ""
        settings
        ((from SipMethod.Info 2 []).WithHeader("To", "<sip:alice@a.test>;tag=gone"))

    testCase "9.2: a CANCEL of no INVITE is the dispatcher's, who knows those that were refused"
    <| fun () ->
        let received, rig = arrive (from SipMethod.Cancel 1 []) start
        Expect.equal (effects rig) [ AgentEffect.Receipt(received, Receipt.Pass) ] "passed"
        expectIdle rig

    refused
        "8.1.1.8: 400 for an INVITE without Contact"
        400
        ""
        ""
        settings
        (from SipMethod.Invite 1 [])

    refused
        "8.2.2.1: 416 for a Request-URI of another scheme"
        416
        ""
        ""
        settings
        ((from SipMethod.Message 1 []).WithRequestUri(uri "mailto:alice@a.test"))

    refused
        "RFC 3262, 3: 421 when PRACK is required and the caller has it not"
        421
        "Require"
        "100rel"
        { settings with Reliability = Reliability.Required }
        sip

    refused
        "RFC 4028, 9: 422 with Min-SE for a session interval that is too short"
        422
        "Min-SE"
        "90"
        settings
        (invitation [ "Supported", "timer"; "Session-Expires", "60" ])

    refused
        "486 when there are as many calls as the limit"
        486
        ""
        ""
        { settings with Limits = { settings.Limits with Calls = 0 } }
        sip

    testCase "8.2.3: a body of another type whose handling is optional is no reason"
    <| fun () ->
        let invite =
            sip
                .WithBody("text/plain", ReadOnlyMemory "hello"B)
                .WithHeader("Content-Disposition", "session;handling=optional")

        let settings = { settings with Accept = [ "application/sdp" ] }
        let _, rig = arrive invite (withSettings settings)
        Expect.isTrue (isInvited rig) "told"

    testCase "8.2.2.2: 482 for the same INVITE by another way"
    <| fun () ->
        let _, rig = invited start
        let other = (invitation []).WithTopVia(Via.Parse(via "other"))
        let _, rig = arrive other rig
        Expect.equal (statuses rig) [ 482 ] "merged"

    testCase "not the last of the receivers: what it does not serve is passed on unanswered"
    <| fun () ->
        for request in
            [
                from SipMethod.Register 1 []
                from SipMethod.Bye 1 []
                from SipMethod.Cancel 1 []
                from (SipMethod.Parse "DANCE") 1 []
                (from SipMethod.Info 2 []).WithHeader("To", "<sip:alice@a.test>;tag=gone")
                (from SipMethod.Ack 2 []).WithHeader("To", "<sip:alice@a.test>;tag=gone")
            ] do
            let received, rig = arrive request (withSettings { settings with IsLast = false })
            Expect.equal (effects rig) [ AgentEffect.Receipt(received, Receipt.Pass) ] $"{request}"
]

let private answering = [
    testCase "13.3.1.1: Ring and Progress with one To tag, Contact and the early dialog"
    <| fun () ->
        let number, rig = invited start
        let rig = say number 180 rig |> say number 183
        Expect.equal (statuses rig) [ 180; 183 ] "both"

        let tags =
            replies rig |> List.map (fun (_, _, response) -> response.ToTag) |> List.distinct

        Expect.equal tags.Length 1 "one tag"
        let _, response = lastReply rig
        Expect.equal response.Contacts.Count 1 "Contact"
        Expect.equal (dialogOf number rig).Remote.Tag "b1" "the dialog"

    testCase "13.3.1.4: Accept, the ACK, and BYE from the caller: 200, and nothing is left"
    <| fun () ->
        let number, rig = talking start
        let acknowledged = told rig |> List.filter (fun event -> event.IsAcknowledged)
        Expect.equal acknowledged.Length 1 "the ACK is told once"
        let bye = within number SipMethod.Bye 2 [] rig
        let _, rig = arrive bye rig
        Expect.equal (statuses rig) [ 200; 200 ] "the BYE is answered"

        match endings rig with
        | [ ended, CallEnd.Left request ] ->
            Expect.equal (ended, request.Method) (number, SipMethod.Bye) "left"
        | other -> failtestf "%A" other

        expectIdle rig

    testCase "13.3.1.4: a 2xx that nobody acknowledges ends the call with a BYE"
    <| fun () ->
        let number, rig = invited start
        let rig = say number 200 rig
        let reply, _ = lastReply rig
        let rig = give (AgentInput.Replied(reply, TimedOut)) rig
        Expect.equal (methods rig) [ "BYE" ] "a BYE"
        Expect.equal (endings rig) [ number, CallEnd.Unacknowledged ] "told"
        let rig = respond SipMethod.Bye 481 "b1" [] rig
        Expect.equal (endings rig).Length 1 "told once"
        expectIdle rig

    testCase "15: no BYE before the ACK came"
    <| fun () ->
        let number, rig = invited start
        let rig = say number 200 rig |> give (AgentInput.HangUp(number, Content.none))
        Expect.equal (methods rig) [] "it waits"
        let reply, _ = lastReply rig
        let rig = give (AgentInput.Replied(reply, Sent)) rig
        Expect.equal (methods rig) [ "BYE" ] "now"
        let _, bye = last SipMethod.Bye rig
        Expect.equal (string bye.RequestUri) "sip:bob@198.51.100.2:5070" "to his Contact"
        Expect.equal bye.CSeq.Number 1u "our first CSeq"
        let rig = respond SipMethod.Bye 200 "b1" [] rig
        expectIdle rig

    testCase "13.3.1.3: Reject and Redirect are one final response, and the end"
    <| fun () ->
        let redirect = {
            answerOf 302 with
                Content = {
                    Content.none with
                        Headers = [ "Contact", "<sip:alice@elsewhere.test>" ]
                }
        }

        for answer, status in [ redirect, 302; answerOf 486, 486; answerOf 603, 603 ] do
            let number, rig = invited start
            let rig = give (AgentInput.Respond(number, answer)) rig
            Expect.equal (statuses rig) [ status ] "answered"
            Expect.equal (endings rig) [ number, CallEnd.Declined status ] "declined"
            expectIdle rig

        let number, rig = invited start
        let rig = give (AgentInput.Respond(number, redirect)) rig
        let _, response = lastReply rig
        Expect.equal (string response.Contacts[0].Uri) "sip:alice@elsewhere.test" "Contact"
        Expect.equal number 1L "the call's number is its INVITE's"

    testCase "HangUp of a call that rings is 603"
    <| fun () ->
        let number, rig = invited start
        let rig = give (AgentInput.HangUp(number, Content.none)) rig
        Expect.equal (statuses rig) [ 603 ] "declined"
        expectIdle rig

    testCase "answers after the final one, or of nonsense, change nothing"
    <| fun () ->
        let number, rig = invited start
        let rig = say number 100 rig |> say number 700 |> say number 99
        Expect.isEmpty (statuses rig) "not sent"
        let rig = say number 200 rig |> say number 486 |> say number 180
        Expect.equal (statuses rig) [ 200 ] "one"

    testCase "9.2: CANCEL: 200 to it, 487 to the INVITE, with one tag"
    <| fun () ->
        let number, rig = invited start
        let rig = say number 180 rig |> quiet
        let cancel = (from SipMethod.Cancel 1 []).WithTopVia(Via.Parse(via "INVITE1"))
        let _, rig = arrive cancel rig
        Expect.equal (statuses rig) [ 200; 487 ] "both"

        let tags =
            replies rig |> List.map (fun (_, _, response) -> response.ToTag) |> List.distinct

        Expect.equal tags.Length 1 "one tag (9.2)"
        Expect.equal (endings rig) [ number, CallEnd.Withdrawn ] "told"
        expectIdle rig

    testCase "9.2: a CANCEL with another branch is none of this INVITE's"
    <| fun () ->
        let _, rig = invited start
        let cancel = (from SipMethod.Cancel 1 []).WithTopVia(Via.Parse(via "another"))
        let received, rig = arrive cancel rig
        Expect.contains (effects rig) (AgentEffect.Receipt(received, Receipt.Pass)) "not found"
        Expect.isEmpty (endings rig) "the call goes on"

    testCase "9.2: a CANCEL after the final response is answered, and changes nothing"
    <| fun () ->
        let number, rig = talking start
        let cancel = (from SipMethod.Cancel 1 []).WithTopVia(Via.Parse(via "INVITE1"))
        let _, rig = arrive cancel (quiet rig)
        Expect.equal (statuses rig) [ 200 ] "200"
        Expect.isEmpty (endings rig) "the call goes on"
        Expect.equal (dialogOf number rig).Remote.Tag "b1" "with its dialog"

    testCase "15.1.2: a BYE in the early dialog: 200 to it, 487 to the INVITE"
    <| fun () ->
        let number, rig = invited start
        let rig = say number 180 rig
        let bye = within number SipMethod.Bye 2 [] rig
        let _, rig = arrive bye (quiet rig)
        Expect.equal (statuses rig) [ 200; 487 ] "both"
        expectIdle rig

    testCase "13.3.1: an INVITE that expires is answered 487"
    <| fun () ->
        let number, rig = invitedBy (invitation [ "Expires", "20" ]) start
        let rig = say number 180 rig |> runFor 19_999L<ms>
        Expect.equal (statuses rig) [ 180 ] "not yet"
        let rig = runFor 1L<ms> rig
        Expect.equal (statuses rig) [ 180; 487 ] "now"
        Expect.equal (endings rig) [ number, CallEnd.Withdrawn ] "told"
        expectIdle rig

    testCase "13.3.1.1: a call that rings says so each minute, and is given up in the end"
    <| fun () ->
        let number, rig = invited start
        let rig = say number 180 rig |> runFor 200_000L<ms>
        Expect.equal (statuses rig) [ 180; 180; 180; 480 ] "each minute"
        Expect.equal (endings rig) [ number, CallEnd.Declined 480 ] "told"
        expectIdle rig

    testCase "12.1.1: the route set is the INVITE's Record-Route as it stands"
    <| fun () ->
        let recorded = [ "Record-Route", "<sip:p2.test;lr>"; "Record-Route", "<sip:p1.test;lr>" ]

        let number, rig = invitedBy (invitation recorded) start
        let rig = say number 200 rig
        let reply, response = lastReply rig
        Expect.equal (response.GetHeaders "Record-Route").Count 2 "given back"

        let rig =
            give (AgentInput.Replied(reply, Sent)) rig
            |> give (AgentInput.HangUp(number, Content.none))

        let _, bye = last SipMethod.Bye rig

        Expect.equal
            (List.ofSeq (bye.GetHeaders "Route"))
            [ "<sip:p2.test;lr>"; "<sip:p1.test;lr>" ]
            "in this order"

    testCase "RFC 7118, 5: a caller behind a connection is reached over it"
    <| fun () ->
        let invite =
            (invitation []).WithHeader("Contact", "<sip:x@df7jal23ls0d.invalid;transport=ws>")

        let number, rig = invitedBy invite start
        let rig = say number 200 rig
        let reply, _ = lastReply rig

        let rig =
            give (AgentInput.Replied(reply, Sent)) rig
            |> give (AgentInput.HangUp(number, Content.none))

        match List.tryLast (effects rig) with
        | Some(AgentEffect.Send(_, _, ValueSome hop)) ->
            Expect.equal hop peerHop "where the INVITE came from"
        | other -> failtestf "%A" other
]

let private others = [
    testCase "11.2: OPTIONS is answered with what is understood"
    <| fun () ->
        let settings = { settings with Accept = [ "application/sdp" ] }
        let _, rig = arrive (from SipMethod.Options 1 []) (withSettings settings)
        Expect.equal (statuses rig) [ 200 ] "200"
        let _, response = lastReply rig

        for name, value in [ "Allow", "INVITE"; "Accept", "application/sdp"; "Supported", "100rel" ] do
            Expect.stringContains (string (response.GetHeader name)) value name

        expectIdle rig

    testCase "MESSAGE, INFO, REFER and NOTIFY go to the application, which answers once"
    <| fun () ->
        for method in [ SipMethod.Message; SipMethod.Info; SipMethod.Refer; SipMethod.Notify ] do
            let received, rig = arrive (from method 1 [] |> sdp) start

            match told rig with
            | [ AgentEvent.Requested(number, ValueNone, _, request) ] ->
                Expect.equal (number, request.Method) (received, method) "told"
            | other -> failtestf "%A" other

            let rig = say received 180 rig
            Expect.isEmpty (statuses rig) "RFC 4320: no provisional response"
            let rig = say received 202 rig |> say received 500
            Expect.equal (statuses rig) [ 202 ] "once"
            expectIdle rig

    testCase "RFC 3428, 4: a MESSAGE has no Contact, of the agent or of the application"
    <| fun () ->
        let ask method content rig =
            let exchange, rig = number rig
            let order = { Method = method; Party = party; Content = content }
            give (AgentInput.Request(exchange, order)) rig

        let contact (request: SipRequest) = request.GetHeader "Contact"
        let _, message = last SipMethod.Message (ask SipMethod.Message offer start)
        Expect.isNull (contact message) "none"
        Expect.isNotNull (message.GetHeader "Allow") "what is understood is still said"
        let _, options = last SipMethod.Options (ask SipMethod.Options Content.none start)
        Expect.isNotNull (contact options) "OPTIONS may have one (11.1)"

        for name in [ "Contact"; "m" ] do
            let own = { offer with Headers = [ name, "<sip:alice@a.test>" ] }
            let rig = ask SipMethod.Message own start
            Expect.isEmpty (sent rig) "not sent"

            match told rig with
            | [ AgentEvent.Finished(_, ExchangeEnd.Refused AgentRefusal.Malformed) ] -> ()
            | other -> failtestf "%A" other

    testCase "RFC 3515, 2.4.4: the NOTIFY of a REFER outside calls goes to the application"
    <| fun () ->
        let notify =
            (from SipMethod.Notify 1 []).WithHeader("To", "<sip:alice@a.test>;tag=a1")

        let received, rig = arrive notify start

        match told rig with
        | [ AgentEvent.Requested(number, ValueNone, _, _) ] ->
            Expect.equal number received "outside calls"
        | other -> failtestf "%A" other

        let rig = say received 200 rig
        Expect.equal (statuses rig) [ 200 ] "answered"
        Expect.equal (snd (lastReply rig)).ToTag "a1" "with its tag"
        expectIdle rig
        let settings = { settings with Methods = [ SipMethod.Invite ] }
        let _, rig = arrive notify (withSettings settings)
        Expect.equal (statuses rig) [ 405 ] "unless it answers none"

    testCase "a request that the application does not answer is answered 500, and withdrawn"
    <| fun () ->
        let received, rig = arrive (from SipMethod.Message 1 []) start
        let rig = runFor 30_000L<ms> rig
        Expect.equal (statuses rig) [ 500 ] "500"
        Expect.contains (told rig) (AgentEvent.Withdrawn received) "told"
        expectIdle rig

    testCase "503 with Retry-After when the application has as much to answer as the limit"
    <| fun () ->
        let limits = { settings.Limits with Requests = 1 }
        let rig = withSettings { settings with Limits = limits }
        let _, rig = arrive (from SipMethod.Message 1 []) rig
        let _, rig = arrive (from SipMethod.Message 2 []) rig
        Expect.equal (statuses rig) [ 503 ] "503"

    testCase "many INVITEs with one Call-ID are bounded"
    <| fun () ->
        let invite rig index =
            let branch = Via.Parse(via $"x{index}")
            let tag = $"<sip:bob@b.test>;tag=t{index}"
            snd (arrive ((invitation []).WithTopVia(branch).WithHeader("From", tag)) rig)

        let rig = List.fold invite start [ 1..40 ]
        let invitations = told rig |> List.filter (fun event -> event.IsInvited)
        Expect.equal invitations.Length settings.Limits.PerCall "as many as the limit"
]

let tests =
    testList "Called" [
        testList "refusals" refusals
        testList "answering" answering
        testList "others" others
    ]
