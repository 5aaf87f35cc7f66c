// Requests within a call (RFC 3261, 12.2, 14; RFC 3311): order, glare, targets, and what ends a
// dialog.
module SipFun.Tests.UserAgent.WithinTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.UserAgent.AgentRig

let private ask method call rig =
    let exchange, rig = number rig
    exchange, give (AgentInput.RequestWithin(exchange, call, method, Content.none)) rig

let private finished rig =
    told rig
    |> List.choose (fun event ->
        match event with
        | AgentEvent.Finished(exchange, ending) -> Some(exchange, ending)
        | _ -> None)

let private requested rig =
    told rig
    |> List.choose (fun event ->
        match event with
        | AgentEvent.Requested(received, _, _, request) -> Some(received, request.Method)
        | _ -> None)

let private incoming = [
    testCase "12.2.2: a request with a lower CSeq gets 500, with a wrong tag 481"
    <| fun () ->
        let number, rig = talking start
        let info = within number SipMethod.Info 5 [] rig
        let received, rig = arrive info rig
        let rig = say received 200 rig |> quiet
        let _, rig = arrive (within number SipMethod.Info 4 [] rig) rig
        Expect.equal (statuses rig) [ 500 ] "out of order"

        for field, value in
            [
                "To", "<sip:alice@a.test>;tag=wrong"
                "From", "<sip:bob@b.test>;tag=wrong"
                "Call-ID", "wrong"
            ] do
            let bye = (within number SipMethod.Bye 6 [] rig).WithHeader(field, value)
            let _, rig = arrive bye (quiet rig)
            Expect.equal (statuses rig) [ 481 ] $"a BYE with another {field}"
            Expect.isEmpty (endings rig) "the call goes on"

    testCase "8.2: 405, 420 and 415 within a dialog; the call goes on"
    <| fun () ->
        let settings = { settings with Accept = [ "application/sdp" ] }
        let number, rig = talking (withSettings settings)

        let cases = [
            405, within number SipMethod.Publish 2 [] rig
            501, within number (SipMethod.Parse "DANCE") 2 [] rig
            420, within number SipMethod.Info 2 [ "Require", "teleport" ] rig
            415, (within number SipMethod.Info 2 [] rig).WithBody("text/plain", "x"B)
        ]

        for status, request in cases do
            let _, rig = arrive request (quiet rig)
            Expect.equal (statuses rig) [ status ] $"{status}"
            Expect.isEmpty (requested rig) "not told"
            Expect.isEmpty (endings rig) "the call goes on"

    testCase "12.2.2: a re-INVITE moves the target; a refused one does not"
    <| fun () ->
        let number, rig = talking start
        let elsewhere = "Contact", "<sip:bob@203.0.113.9>"

        let refused =
            within number SipMethod.Invite 2 [ elsewhere; "Require", "teleport" ] rig

        let _, rig = arrive refused rig

        Expect.equal
            (string (dialogOf number rig).RemoteTarget)
            "sip:bob@198.51.100.2:5070"
            "as it was"

        for status in [ 488; 500 ] do
            let invite = within number SipMethod.Invite 3 [ elsewhere ] rig |> sdp
            let received, rig = arrive invite rig
            let rig = say received status rig
            let _, rig = ask SipMethod.Info number rig
            let _, info = last SipMethod.Info rig
            Expect.equal (string info.RequestUri) "sip:bob@198.51.100.2:5070" $"{status}"

        let received, rig =
            arrive (within number SipMethod.Invite 3 [ elsewhere ] rig |> sdp) (quiet rig)

        Expect.equal (requested rig) [ received, SipMethod.Invite ] "told"
        let rig = say received 200 rig
        let _, response = lastReply rig
        Expect.equal response.Contacts.Count 1 "our Contact"
        Expect.equal (string (dialogOf number rig).RemoteTarget) "sip:bob@203.0.113.9" "moved"

    testCase "14.2: the 2xx to a re-INVITE that nobody acknowledges ends the call with a BYE"
    <| fun () ->
        let number, rig = talking start
        let invite = within number SipMethod.Invite 2 [ bobContact ] rig |> sdp
        let received, rig = arrive invite rig
        let rig = say received 200 rig
        let reply, _ = lastReply rig
        let rig = give (AgentInput.Replied(reply, TimedOut)) rig
        Expect.equal (methods rig) [ "BYE" ] "a BYE"
        Expect.equal (endings rig) [ number, CallEnd.Unacknowledged ] "told"

    testCase "14.2: a second INVITE before the first is answered gets 500 with Retry-After up to 10"
    <| fun () ->
        let number, rig = talking start
        let _, rig = arrive (within number SipMethod.Invite 2 [ bobContact ] rig |> sdp) rig
        let second = within number SipMethod.Invite 3 [ bobContact ] rig |> sdp
        let _, rig = arrive second (quiet rig)
        let _, response = lastReply rig
        Expect.equal response.StatusCode 500 "500"

        match response.RetryAfter with
        | null -> failtest "Retry-After"
        | value -> Expect.isLessThanOrEqual value.Seconds 10u "up to ten seconds"

    testCase "14.2: an INVITE that meets ours gets 491; so does an UPDATE (RFC 3311, 5.2)"
    <| fun () ->
        let number, rig = talking start
        let _, rig = ask SipMethod.Invite number rig

        for method in [ SipMethod.Invite; SipMethod.Update ] do
            let request = within number method 2 [ bobContact ] rig |> sdp
            let _, rig = arrive request (quiet rig)
            Expect.equal (statuses rig) [ 491 ] $"{method}"

    testCase "9.2: a CANCEL of a re-INVITE: 200 to it, 487 to the INVITE; the call goes on"
    <| fun () ->
        let number, rig = talking start
        let invite = within number SipMethod.Invite 2 [ bobContact ] rig |> sdp
        let received, rig = arrive invite rig

        let cancel = (within number SipMethod.Cancel 2 [] rig).WithTopVia(invite.TopVia)

        let _, rig = arrive cancel (quiet rig)
        Expect.equal (statuses rig) [ 200; 487 ] "both"
        Expect.contains (told rig) (AgentEvent.Withdrawn received) "withdrawn"
        Expect.isEmpty (endings rig) "the call goes on"
        let _, rig = ask SipMethod.Invite number rig
        Expect.equal (methods rig) [ "INVITE" ] "nothing is under way"

    testCase "15.1.2: a BYE answers what the application has not: 487"
    <| fun () ->
        let number, rig = talking start
        let info, rig = arrive (within number SipMethod.Info 2 [] rig) rig

        let invite, rig =
            arrive (within number SipMethod.Invite 3 [ bobContact ] rig |> sdp) rig

        let _, rig = arrive (within number SipMethod.Bye 4 [] rig) (quiet rig)
        Expect.equal (statuses rig) [ 200; 487; 487 ] "all"
        Expect.contains (told rig) (AgentEvent.Withdrawn info) "INFO"
        Expect.contains (told rig) (AgentEvent.Withdrawn invite) "INVITE"
        expectIdle rig

    testCase "BYEs that cross: each is answered, the call ends once"
    <| fun () ->
        let number, rig = talking start
        let rig = give (AgentInput.HangUp(number, Content.none)) rig
        let _, rig = arrive (within number SipMethod.Bye 2 [] rig) rig
        let sending, bye = last SipMethod.Bye rig
        let rig = responding sending (response 481 "b1" [] bye) rig
        Expect.equal (endings rig).Length 1 "once"
        expectIdle rig

    testCase "while our BYE is on its way other requests get 481"
    <| fun () ->
        let number, rig = talking start
        let rig = give (AgentInput.HangUp(number, Content.none)) rig |> quiet
        let _, rig = arrive (within number SipMethod.Info 2 [] rig) rig
        Expect.equal (statuses rig) [ 481 ] "gone"

    testCase "11.2: OPTIONS within a call is answered 200"
    <| fun () ->
        let number, rig = talking start
        let _, rig = arrive (within number SipMethod.Options 2 [] rig) (quiet rig)
        Expect.equal (statuses rig) [ 200 ] "200"

    testCase "RFC 3311: an UPDATE in the early dialog reaches the application"
    <| fun () ->
        let number, rig = settled start
        let update = within number SipMethod.Update 3 [ bobContact ] rig |> sdp
        let received, rig = arrive update (quiet rig)
        Expect.equal (requested rig) [ received, SipMethod.Update ] "told"
        let rig = say received 200 rig |> say number 200
        Expect.equal (statuses rig) [ 200; 200 ] "both answered"
]

let private outgoing = [
    testCase "12.2.1.1: CSeq rises by one, tags and target are the dialog's"
    <| fun () ->
        let number, rig = answered start

        let rig =
            [ SipMethod.Info; SipMethod.Message; SipMethod.Refer; SipMethod.Notify ]
            |> List.fold (fun rig method -> snd (ask method number rig)) rig

        let requests = sent rig |> List.map snd |> List.skip 2

        Expect.equal
            (requests |> List.map (fun request -> request.CSeq.Number))
            [ 2u; 3u; 4u; 5u ]
            "CSeq"

        for request in requests do
            Expect.equal request.ToTag "b1" "To tag"
            Expect.equal (string request.RequestUri) "sip:bob@198.51.100.2:5070" "the target"

    testCase "each exchange is finished once, with its final response"
    <| fun () ->
        let number, rig = answered start
        let exchange, rig = ask SipMethod.Info number rig
        let rig = respond SipMethod.Info 200 "b1" [] rig

        match finished rig with
        | [ ended, ExchangeEnd.Answered response ] ->
            Expect.equal (ended, response.StatusCode) (exchange, 200) "200"
        | other -> failtestf "%A" other

        Expect.isEmpty (endings rig) "the call goes on"

    testCase "12.2.1.2: 481, 408 and silence end the call; other refusals do not"
    <| fun () ->
        for method in [ SipMethod.Info; SipMethod.Invite; SipMethod.Update ] do
            for status, isEnd in [ 481, true; 408, true; 404, false; 500, false; 488, false ] do
                let number, rig = answered start
                let _, rig = ask method number rig
                let rig = respond method status "b1" [] rig
                Expect.equal (finished rig).Length 1 "finished"
                Expect.equal (not (List.isEmpty (endings rig))) isEnd $"{method} {status}"

                if isEnd then
                    Expect.equal (List.length (sentAs SipMethod.Bye rig)) 1 "with a BYE"

            let number, rig = answered start
            let _, rig = ask method number rig
            let rig = fail method TimedOut rig

            match endings rig with
            | [ _, CallEnd.Lost(ExchangeEnd.Failed TimedOut) ] -> ()
            | other -> failtestf "%A" other

            let rig = fail SipMethod.Bye TimedOut rig
            Expect.equal (finished rig).Length 1 "finished once"
            expectIdle (forget rig)

    testCase "14.1: one INVITE or UPDATE at a time, in either direction"
    <| fun () ->
        let number, rig = answered start
        let first, rig = ask SipMethod.Invite number rig
        let second, rig = ask SipMethod.Update number rig

        Expect.equal
            (finished rig)
            [ second, ExchangeEnd.Refused AgentRefusal.NotNow ]
            "the second is refused"

        let rig = respond SipMethod.Invite 200 "b1" [ bobContact ] rig
        Expect.contains (List.map fst (finished rig)) first "the first is not"
        let number, rig = talking start
        let _, rig = arrive (within number SipMethod.Invite 2 [ bobContact ] rig |> sdp) rig
        let third, rig = ask SipMethod.Invite number rig

        Expect.equal
            (finished rig)
            [ third, ExchangeEnd.Refused AgentRefusal.NotNow ]
            "theirs is under way"

    testCase
        "13.2.2.4: a re-INVITE's 2xx is acknowledged, again for each repeat, and moves the target"
    <| fun () ->
        let number, rig = answered start
        let _, rig = ask SipMethod.Invite number rig
        let sending, invite = last SipMethod.Invite rig
        let ok = response 200 "b1" [ "Contact", "<sip:bob@moved.test>" ] invite
        let rig = responding sending ok rig |> give (AgentInput.Responded(sending, ok))

        let acks =
            sentAs SipMethod.Ack rig
            |> List.filter (fun (_, ack) -> ack.CSeq.Number = invite.CSeq.Number)
            |> List.map (fun (_, ack) -> string ack.RequestUri)

        Expect.equal acks [ "sip:bob@moved.test"; "sip:bob@moved.test" ] "twice"
        Expect.equal (string (dialogOf number rig).RemoteTarget) "sip:bob@moved.test" "moved"

    testCase "a re-INVITE's 2xx that comes after the call ended is acknowledged"
    <| fun () ->
        let number, rig = answered start
        let exchange, rig = ask SipMethod.Invite number rig
        let rig = give (AgentInput.HangUp(number, Content.none)) rig
        let rig = respond SipMethod.Bye 200 "b1" [] rig
        let rig = respond SipMethod.Invite 200 "b1" [ bobContact ] rig
        let _, ack = last SipMethod.Ack rig
        Expect.equal ack.CSeq.Number 2u "acknowledged"
        Expect.equal (List.map fst (finished rig)) [ exchange ] "finished"
        expectIdle (forget rig)

    testCase "14.1: after 491 the owner of the Call-ID waits 2.1 to 4 s, the other up to 2 s"
    <| fun () ->
        let waits talk =
            [ 1UL .. 300UL ]
            |> List.map (fun secret ->
                let rig = withSettings { settings with Secret = struct (secret, 5UL) }
                let number, rig = talk rig
                let _, rig = ask SipMethod.Invite number rig
                let rig = respond SipMethod.Invite 491 "b1" [] rig
                (UserAgent.alarm rig.State).Value - rig.Now)

        let owner, other = waits answered, waits talking

        Expect.isTrue
            (owner |> List.forall (fun wait -> wait >= 2_100L<ms> && wait <= 4_000L<ms>))
            "owner"

        Expect.isTrue
            (other |> List.forall (fun wait -> wait >= 0L<ms> && wait <= 2_000L<ms>))
            "other"

        Expect.isTrue
            (List.forall (fun wait -> wait % 10L<ms> = 0L<ms>) (owner @ other))
            "units of 10 ms"

        Expect.isGreaterThan (List.distinct owner).Length 50 "by chance"
        Expect.isGreaterThan (List.distinct other).Length 50 "by chance"

    testCase
        "14.1: the re-INVITE goes again, and a peer that always says 491 does not get it for ever"
    <| fun () ->
        let number, rig = answered start
        let exchange, rig = ask SipMethod.Invite number rig

        let glare rig = respond SipMethod.Invite 491 "b1" [] rig |> runFor 4_000L<ms>

        let rig = glare rig
        Expect.equal (List.length (sentAs SipMethod.Invite rig)) 3 "again"
        Expect.isEmpty (finished rig) "not finished"
        let rig = glare rig |> glare |> glare |> glare
        Expect.equal (List.length (sentAs SipMethod.Invite rig)) 7 "some times"
        let rig = glare rig

        match finished rig with
        | [ ended, ExchangeEnd.Answered response ] ->
            Expect.equal (ended, response.StatusCode) (exchange, 491) "then it is told"
        | other -> failtestf "%A" other

    testCase "14.1: while it waits the other end's INVITE is served, and ours waits for its end"
    <| fun () ->
        let number, rig = answered start
        let _, rig = ask SipMethod.Invite number rig
        let rig = respond SipMethod.Invite 491 "b1" [] rig
        let invite = within number SipMethod.Invite 1 [ bobContact ] rig |> sdp
        let received, rig = arrive invite rig
        Expect.equal (requested rig) [ received, SipMethod.Invite ] "served"
        let rig = runFor 20_000L<ms> rig
        Expect.equal (List.length (sentAs SipMethod.Invite rig)) 2 "ours waits"
        let rig = say received 200 rig
        let reply, _ = lastReply rig
        let rig = give (AgentInput.Replied(reply, Sent)) rig |> runFor 4_000L<ms>
        Expect.equal (List.length (sentAs SipMethod.Invite rig)) 3 "now it goes"

    testCase "a call that ends while a change waits finishes the exchange"
    <| fun () ->
        let number, rig = answered start
        let exchange, rig = ask SipMethod.Invite number rig
        let rig = respond SipMethod.Invite 491 "b1" [] rig
        let rig = give (AgentInput.HangUp(number, Content.none)) rig

        Expect.equal (finished rig) [ exchange, ExchangeEnd.Refused AgentRefusal.NoCall ] "finished"

        let rig = respond SipMethod.Bye 200 "b1" [] rig
        expectIdle (forget rig)

    testCase "Abandon: what is under way is cancelled, what waits is finished"
    <| fun () ->
        let number, rig = answered start
        let info, rig = ask SipMethod.Info number rig
        let sending, _ = last SipMethod.Info rig
        let rig = give (AgentInput.Abandon info) rig
        Expect.contains (effects rig) (AgentEffect.CancelDelivery sending) "cancelled"
        let rig = give (AgentInput.Completed(sending, Cancelled, true)) rig
        Expect.equal (finished rig) [ info, ExchangeEnd.Failed Cancelled ] "finished"
        let invite, rig = ask SipMethod.Invite number (quiet rig)
        let rig = give (AgentInput.Abandon invite) rig
        Expect.equal (methods rig) [ "INVITE"; "CANCEL" ] "9: an INVITE by CANCEL"

        let rig = respond SipMethod.Invite 487 "b1" [] rig |> quiet
        let waiting, rig = ask SipMethod.Invite number rig

        let rig =
            respond SipMethod.Invite 491 "b1" [] rig |> give (AgentInput.Abandon waiting)

        Expect.equal (finished rig) [ waiting, ExchangeEnd.Failed Cancelled ] "while it waits"

    testCase "methods that are the agent's own, and calls that are not there, are refused"
    <| fun () ->
        let number, rig = answered start

        for method in
            [
                SipMethod.Ack
                SipMethod.Cancel
                SipMethod.Bye
                SipMethod.Prack
                SipMethod.Register
            ] do
            let exchange, rig = ask method number rig

            Expect.equal
                (finished rig)
                [ exchange, ExchangeEnd.Refused AgentRefusal.Method ]
                $"{method}"

        let exchange, rig = ask SipMethod.Info 99L rig
        Expect.equal (finished rig) [ exchange, ExchangeEnd.Refused AgentRefusal.NoCall ] "no call"
        let calling, rig = call order (quiet rig)
        let exchange, rig = ask SipMethod.Invite calling rig

        Expect.equal
            (finished rig)
            [ exchange, ExchangeEnd.Refused AgentRefusal.NoCall ]
            "not answered yet"
]

let private outside = [
    let request method rig =
        let exchange, rig = number rig
        let order = { Method = method; Party = party; Content = Content.none }
        exchange, give (AgentInput.Request(exchange, order)) rig

    testCase "OPTIONS and MESSAGE outside calls, each finished once"
    <| fun () ->
        for method in [ SipMethod.Options; SipMethod.Message ] do
            let exchange, rig = request method start
            let rig = respond method 200 "b1" [] rig

            match finished rig with
            | [ ended, ExchangeEnd.Answered response ] ->
                Expect.equal (ended, response.StatusCode) (exchange, 200) "200"
            | other -> failtestf "%A" other

            expectIdle rig

    testCase "a 503 that was only the dispatcher's best outcome is a response all the same"
    <| fun () ->
        let _, rig = request SipMethod.Options start
        let sending, options = last SipMethod.Options rig
        let outcome = Outcome.Answered(response 503 "x" [] options)
        let rig = give (AgentInput.Completed(sending, outcome, true)) rig

        match finished rig with
        | [ _, ExchangeEnd.Answered response ] -> Expect.equal response.StatusCode 503 "503"
        | other -> failtestf "%A" other

        expectIdle rig

    testCase "22.2: with credentials, at most twice"
    <| fun () ->
        let exchange, rig = number start

        let order = {
            Method = SipMethod.Message
            Party = { party with Logins = [ login ] }
            Content = offer
        }

        let rig = give (AgentInput.Request(exchange, order)) rig
        let challenge = "WWW-Authenticate", "Digest realm=\"b.test\", nonce=\"n\""
        let rig = respond SipMethod.Message 401 "x" [ challenge ] rig
        Expect.isEmpty (finished rig) "not yet"
        let _, again = last SipMethod.Message rig
        Expect.equal again.Authorization.Count 1 "credentials"
        let rig = respond SipMethod.Message 401 "x" [ challenge ] rig
        Expect.equal (finished rig).Length 1 "finished"
        Expect.equal (methods rig) [ "MESSAGE"; "MESSAGE" ] "two"
        expectIdle rig

    testCase "7.3.1: words that cannot be in a message are refused, and nothing is sent"
    <| fun () ->
        let fields = [
            "a b", "x"
            "", "x"
            "X", "a\r\nVia: y"
            "Route", "<sip:"
            "Contact", "<sip:"
        ]

        for field in fields do
            let bad = { Content.none with Headers = [ field ] }
            let number, rig = call { order with Content = bad } start
            Expect.equal (endings rig) [ number, CallEnd.Refused AgentRefusal.Malformed ] "call"
            Expect.isEmpty (sent rig) "nothing is sent"
            expectIdle rig
            let number, rig = answered start
            let exchange, rig' = SipFun.Tests.UserAgent.AgentRig.number rig

            let asked =
                AgentInput.RequestWithin(exchange, number, SipMethod.Info, bad) |> give <| rig'

            let refused = ExchangeEnd.Refused AgentRefusal.Malformed
            Expect.equal (finished asked) [ exchange, refused ] "request"
            let rig = give (AgentInput.HangUp(number, bad)) rig
            Expect.equal (sentAs SipMethod.Bye rig).Length 1 "a BYE goes all the same"
            let number, rig = invited start
            let rig = give (AgentInput.Respond(number, { answerOf 200 with Content = bad })) rig
            Expect.equal (statuses rig) [ 500 ] "answer"

        let number, rig = invited start
        let answer = { answerOf 486 with Reason = "Busy\r\n" }
        let rig = give (AgentInput.Respond(number, answer)) rig
        Expect.equal (statuses rig) [ 500 ] "reason"

    testCase "a limit of exchanges refuses"
    <| fun () ->
        let limits = { settings.Limits with Exchanges = 0 }

        let exchange, rig =
            request SipMethod.Options (withSettings { settings with Limits = limits })

        Expect.equal
            (finished rig)
            [ exchange, ExchangeEnd.Refused AgentRefusal.TooMany ]
            "too many"
]

let tests =
    testList "Within" [
        testList "incoming" incoming
        testList "outgoing" outgoing
        testList "outside" outside
    ]
