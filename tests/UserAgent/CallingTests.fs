// Calls made (RFC 3261, 9.1, 13.2, 15.1.1, 22, 8.1.3.4): what is sent, what is told, and that
// nothing is left.
module SipFun.Tests.UserAgent.CallingTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.UserAgent.AgentRig

let private header (name: string) (request: SipRequest) = string (request.GetHeader name)

let private isSame a b = Expect.equal (string a) (string b)

let private inviting = [
    testCase "8.1.1, 13.2.1: an INVITE says who, by what, and what is understood"
    <| fun () ->
        let _, rig = call order start
        let _, invite = last SipMethod.Invite rig
        Expect.equal (header "Contact" invite) "<sip:alice@192.0.2.1:5060>" "Contact"
        Expect.stringContains (header "Allow" invite) "BYE" "Allow"
        Expect.stringContains (header "Supported" invite) "timer" "Supported"
        Expect.equal invite.CSeq.Number 1u "CSeq"
        Expect.isNotNull invite.FromTag "a From tag"
        Expect.isNull invite.ToTag "no To tag"
        Expect.equal invite.ContentType "application/sdp" "the application's body"

    testCase "19.3: tags and Call-IDs of two calls differ, and depend on the secret"
    <| fun () ->
        let _, rig = call order start
        let _, rig = call order rig

        let _, other =
            call order (withSettings { settings with Secret = struct (9UL, 9UL) })

        let ids =
            sentAs SipMethod.Invite rig @ sentAs SipMethod.Invite other
            |> List.collect (fun (_, invite) -> [ invite.CallId.Value; string invite.FromTag ])

        Expect.equal (List.distinct ids).Length 6 "all differ"

    testCase "13.2.2.4: a 2xx is acknowledged and told once; each repeat gets the same ACK"
    <| fun () ->
        let number, rig = answered start
        let _, ack = last SipMethod.Ack rig
        isSame ack.RequestUri "sip:bob@198.51.100.2:5070" "to the Contact"
        Expect.equal ack.CSeq.Number 1u "the INVITE's CSeq number"
        let sending, invite = last SipMethod.Invite rig

        let again =
            give (AgentInput.Responded(sending, response 200 "b1" [ bobContact ] invite)) rig

        let acks = sentAs SipMethod.Ack again |> List.map (snd >> string)
        Expect.equal acks [ string ack; string ack ] "the same twice"

        let answers = told again |> List.filter (fun event -> event.IsAnswered)

        Expect.equal answers.Length 1 "told once"

        isSame (dialogOf number again).RemoteTarget "sip:bob@198.51.100.2:5070" "the target"

    testCase "12.1.2: the route set is the 2xx's Record-Route reversed, for ACK and BYE"
    <| fun () ->
        let recorded = [ "Record-Route", "<sip:p2.test;lr>"; "Record-Route", "<sip:p1.test;lr>" ]

        let number, rig = answeredWith order recorded start
        let rig = give (AgentInput.HangUp(number, Content.none)) rig

        for method in [ SipMethod.Ack; SipMethod.Bye ] do
            let _, request = last method rig
            let routes = List.ofSeq (request.GetHeaders "Route")
            Expect.equal routes [ "<sip:p1.test;lr>"; "<sip:p2.test;lr>" ] $"{method}"

    testCase "15.1.1: HangUp of an answered call is a BYE, told with its outcome; nothing is left"
    <| fun () ->
        let number, rig = answered start
        let rig = give (AgentInput.HangUp(number, Content.none)) rig
        Expect.isEmpty (endings rig) "not yet"
        let rig = respond SipMethod.Bye 200 "b1" [] rig

        match endings rig with
        | [ ended, CallEnd.HungUp(ExchangeEnd.Answered response) ] ->
            Expect.equal (ended, response.StatusCode) (number, 200) "by its 200"
        | other -> failtestf "%A" other

        expectIdle (forget rig)

    testCase "a BYE that nobody answers ends the call all the same"
    <| fun () ->
        let number, rig = answered start

        let rig =
            give (AgentInput.HangUp(number, Content.none)) rig |> fail SipMethod.Bye TimedOut

        match endings rig with
        | [ _, CallEnd.HungUp(ExchangeEnd.Failed TimedOut) ] -> ()
        | other -> failtestf "%A" other

        expectIdle (forget rig)

    testCase "13.2.2.3: a refusal ends the call"
    <| fun () ->
        let number, rig = call order start
        let rig = respond SipMethod.Invite 486 "b1" [] rig

        match endings rig with
        | [ ended, CallEnd.Rejected response ] ->
            Expect.equal (ended, response.StatusCode) (number, 486) "486"
        | other -> failtestf "%A" other

        expectIdle rig

    testCase "no response at all ends the call; a 2xx after that gets ACK and BYE"
    <| fun () ->
        let _, rig = call order start
        let sending, invite = last SipMethod.Invite rig
        let rig = give (AgentInput.Completed(sending, TimedOut, false)) rig

        match endings rig with
        | [ _, CallEnd.Failed TimedOut ] -> ()
        | other -> failtestf "%A" other

        let late = response 200 "b1" [ bobContact ] invite
        let rig = give (AgentInput.Responded(sending, late)) rig
        Expect.equal (methods rig) [ "INVITE"; "ACK"; "BYE" ] "ACK and BYE"
        let rig = respond SipMethod.Bye 200 "b1" [] rig
        Expect.equal (endings rig).Length 1 "told once"
        expectIdle (forget rig)

    testCase "17.1.3: a response with another CSeq, Call-ID or From tag is none of ours"
    <| fun () ->
        let _, rig = call order start
        let sending, invite = last SipMethod.Invite rig

        let foreign = [
            (response 200 "b1" [ bobContact ] invite).WithHeader("CSeq", "2147483647 INVITE")
            (response 200 "b1" [ bobContact ] invite).WithHeader("Call-ID", "other")
            (response 200 "b1" [ bobContact ] invite).WithHeader("From", "<sip:a@a.test>;tag=x")
        ]

        for each in foreign do
            let rig = give (AgentInput.Responded(sending, each)) rig
            Expect.equal (methods rig) [ "INVITE" ] "nothing follows"

    testCase "a 2xx whose Contact or Record-Route cannot be read is acknowledged all the same"
    <| fun () ->
        for broken in [ "Contact", "<sip:"; "Record-Route", "<sip:b" ] do
            let number, rig = call order start
            let rig = respond SipMethod.Invite 200 "b1" [ broken ] rig
            Expect.equal (methods rig) [ "INVITE"; "ACK" ] "acknowledged"
            let rig = give (AgentInput.HangUp(number, Content.none)) rig
            let rig = respond SipMethod.Bye 200 "b1" [] rig
            expectIdle (forget rig)

    testCase "12.1.2: a 2xx without To tag answers the call; requests of both ends go on without it"
    <| fun () ->
        let number, rig = call order start
        let rig = respond SipMethod.Invite 200 null [ bobContact ] rig
        Expect.isTrue (told rig |> List.exists (fun event -> event.IsAnswered)) "answered"
        Expect.isEmpty (endings rig) "it goes on"
        let rig = respond SipMethod.Invite 200 null [ bobContact ] rig
        Expect.equal (methods rig) [ "INVITE"; "ACK"; "ACK" ] "a repeat is acknowledged"
        let info = within number SipMethod.Info 1 [] rig
        Expect.isNull info.FromTag "theirs has no From tag"
        let received, rig = arrive info rig
        let rig = say received 200 rig
        Expect.equal (statuses rig) [ 200 ] "answered within the call"
        let rig = give (AgentInput.HangUp(number, Content.none)) rig
        let _, bye = last SipMethod.Bye rig
        Expect.isNull bye.ToTag "ours has no To tag"
        isSame bye.RequestUri "sip:bob@198.51.100.2:5070" "to its Contact"
        let rig = respond SipMethod.Bye 200 "b1" [] rig
        Expect.equal (endings rig).Length 1 "told"
        expectIdle (forget rig)

    testCase "12.1.2: its BYE ends the call"
    <| fun () ->
        let number, rig = call order start
        let rig = respond SipMethod.Invite 200 null [ bobContact ] rig
        let _, rig = arrive (within number SipMethod.Bye 1 [] rig) rig
        Expect.equal (statuses rig) [ 200 ] "answered"

        match endings rig with
        | [ _, CallEnd.Left _ ] -> ()
        | other -> failtestf "%A" other

        expectIdle (forget rig)

    testCase "13.2.2.4: the ACK bears the answer to an offer that came in the 2xx"
    <| fun () ->
        let order = { order with Content = Content.none; Acknowledgement = offer }

        let _, rig = answeredWith order [] start
        let _, ack = last SipMethod.Ack rig
        Expect.equal ack.ContentType "application/sdp" "the ACK's body"

    testCase "a limit of calls, and a closed agent, refuse"
    <| fun () ->
        let limits = { settings.Limits with Calls = 1 }
        let _, rig = call order (withSettings { settings with Limits = limits })
        let second, rig = call order rig

        Expect.equal
            (endings rig)
            [ second, CallEnd.Refused AgentRefusal.TooMany ]
            "no more than the limit"

        let rig = give AgentInput.Close start
        let number, rig = call order rig
        Expect.equal (endings rig) [ number, CallEnd.Refused AgentRefusal.Closed ] "closed"
        expectIdle rig

    testCase "RFC 7118, 5: to a Contact that no DNS knows requests go where the INVITE went"
    <| fun () ->
        let order = { order with Party = { party with NextHop = ValueSome peerHop } }

        let number, rig = call order start

        let rig =
            respond
                SipMethod.Invite
                200
                "b1"
                [ "Contact", "<sip:x@df7jal.invalid;transport=ws>" ]
                rig
            |> give (AgentInput.HangUp(number, Content.none))

        let hops =
            effects rig
            |> List.choose (fun effect ->
                match effect with
                | AgentEffect.Send(_, _, hop) -> Some hop
                | _ -> None)

        Expect.equal hops (List.replicate 3 (ValueSome peerHop)) "INVITE, ACK, BYE"
]

let private forking = [
    testCase "13.2.2.4: the first 2xx is the call, another branch's gets ACK and BYE"
    <| fun () ->
        let number, rig = answered start
        let sending, invite = last SipMethod.Invite rig
        let other = response 200 "b2" [ "Contact", "<sip:bob@other.test>" ] invite
        let rig = give (AgentInput.Responded(sending, other)) rig
        Expect.equal (methods rig) [ "INVITE"; "ACK"; "ACK"; "BYE" ] "ACK and BYE"
        let _, bye = last SipMethod.Bye rig
        isSame bye.RequestUri "sip:bob@other.test" "to the one that lost"
        Expect.equal bye.ToTag "b2" "in its dialog"
        let rig = give (AgentInput.Responded(sending, other)) rig
        Expect.equal (List.length (sentAs SipMethod.Bye rig)) 1 "a repeat gets an ACK only"
        let rig = respond SipMethod.Bye 200 "b2" [] rig
        Expect.isEmpty (endings rig) "the application hears nothing of it"
        Expect.equal (dialogOf number rig).Remote.Tag "b1" "the call goes on"

        let rig =
            give (AgentInput.HangUp(number, Content.none)) rig |> respond SipMethod.Bye 200 "b1" []

        expectIdle (forget rig)

    testCase "the BYE of a branch that lost is sent again with credentials"
    <| fun () ->
        let order = { order with Party = { party with Logins = [ login ] } }
        let _, rig = answeredWith order [] start
        let sending, invite = last SipMethod.Invite rig
        let other = response 200 "b2" [ bobContact ] invite
        let rig = give (AgentInput.Responded(sending, other)) rig
        let challenge = "Proxy-Authenticate", "Digest realm=\"b.test\", nonce=\"n\""
        let rig = respond SipMethod.Bye 407 "b2" [ challenge ] rig
        let _, bye = last SipMethod.Bye rig
        Expect.equal bye.ProxyAuthorization.Count 1 "with credentials"

    testCase "policy All: each 2xx is a call of its own"
    <| fun () ->
        let number, rig = answeredWith { order with Forks = ForkPolicy.All } [] start
        let sending, invite = last SipMethod.Invite rig
        let other = response 200 "b2" [ "Contact", "<sip:bob@other.test>" ] invite
        let rig = give (AgentInput.Responded(sending, other)) rig

        let sibling =
            told rig
            |> List.tryPick (fun event ->
                match event with
                | AgentEvent.Forked(original, sibling, _) when original = number -> Some sibling
                | _ -> None)

        match sibling with
        | None -> failtest "it is told"
        | Some sibling ->
            let rig = give (AgentInput.HangUp(sibling, Content.none)) rig
            let rig = respond SipMethod.Bye 200 "b2" [] rig
            Expect.equal (List.map fst (endings rig)) [ sibling ] "one of them ended"
            Expect.equal (dialogOf number rig).Remote.Tag "b1" "the other goes on"

    testCase "early dialogs: each branch's is its own, and the 2xx keeps only its own"
    <| fun () ->
        let number, rig = call order start

        let rig =
            respond SipMethod.Invite 180 "b1" [ bobContact ] rig
            |> respond SipMethod.Invite 183 "b2" [ bobContact ]

        let call = AgentState.tryCall number rig.State
        Expect.equal (Map.keys call.Value.Sides |> List.ofSeq) [ "b1"; "b2" ] "two"
        let rig = respond SipMethod.Invite 200 "b2" [ bobContact ] rig
        let call = AgentState.tryCall number rig.State
        Expect.equal (Map.keys call.Value.Sides |> List.ofSeq) [ "b2" ] "one"

    testCase "13.2.2.4: the 2xx's Record-Route counts, not the early dialog's"
    <| fun () ->
        let number, rig = call order start

        let rig =
            respond
                SipMethod.Invite
                180
                "b1"
                [ bobContact; "Record-Route", "<sip:old.test;lr>" ]
                rig
            |> respond SipMethod.Invite 200 "b1" [ bobContact; "Record-Route", "<sip:new.test;lr>" ]
            |> give (AgentInput.HangUp(number, Content.none))

        let _, bye = last SipMethod.Bye rig
        Expect.equal (List.ofSeq (bye.GetHeaders "Route")) [ "<sip:new.test;lr>" ] "the new one"

    testCase "early dialogs of one INVITE are bounded"
    <| fun () ->
        let number, rig = call order start

        let ring rig index = respond SipMethod.Invite 180 $"b{index}" [ bobContact ] rig
        let rig = List.fold ring rig [ 1..100 ]
        let call = AgentState.tryCall number rig.State
        Expect.equal call.Value.Sides.Count settings.Limits.PerCall "as many as the limit"
]

let private cancelling = [
    testCase "9.1: a CANCEL bears the INVITE's ids; 487 ends the call"
    <| fun () ->
        let number, rig = call order start
        let rig = respond SipMethod.Invite 180 "b1" [ bobContact ] rig
        let rig = give (AgentInput.HangUp(number, Content.none)) rig
        let _, invite = last SipMethod.Invite rig
        let _, cancel = last SipMethod.Cancel rig
        Expect.equal cancel.CallId invite.CallId "Call-ID"
        Expect.equal cancel.CSeq.Number invite.CSeq.Number "CSeq number"
        Expect.equal cancel.FromTag invite.FromTag "From tag"
        Expect.isNull cancel.ToTag "no To tag"
        Expect.equal cancel.RequestUri invite.RequestUri "Request-URI"
        let rig = respond SipMethod.Invite 487 "b1" [] rig
        Expect.equal (endings rig) [ number, CallEnd.Cancelled ] "cancelled"
        expectIdle rig

    testCase "a 200 that crosses the CANCEL gets ACK and BYE"
    <| fun () ->
        let number, rig = call order start

        let rig =
            give (AgentInput.HangUp(number, Content.none)) rig
            |> respond SipMethod.Invite 200 "b1" [ bobContact ]

        Expect.equal (methods rig) [ "INVITE"; "CANCEL"; "ACK"; "BYE" ] "in this order"
        Expect.equal (endings rig) [ number, CallEnd.Cancelled ] "cancelled, told once"
        let rig = respond SipMethod.Bye 200 "b1" [] rig
        Expect.equal (endings rig).Length 1 "told once"
        expectIdle (forget rig)

    testCase "another final response to a cancelled call is told as it is, and not acted on"
    <| fun () ->
        for status in [ 302; 401; 486 ] do
            let order = {
                order with
                    Redirects = 5
                    Party = { party with Logins = [ login ] }
            }

            let number, rig = call order start

            let rig =
                give (AgentInput.HangUp(number, Content.none)) rig
                |> respond SipMethod.Invite status "b1" [
                    bobContact
                    "WWW-Authenticate", "Digest realm=\"b.test\", nonce=\"n\""
                ]

            Expect.equal (List.length (sentAs SipMethod.Invite rig)) 1 "no other INVITE"

            match endings rig with
            | [ _, CallEnd.Rejected response ] -> Expect.equal response.StatusCode status ""
            | other -> failtestf "%A" other

            expectIdle rig

    testCase "9.1: no final response in 64*T1 after the CANCEL: cancelled"
    <| fun () ->
        let number, rig = call order start
        let rig = give (AgentInput.HangUp(number, Content.none)) rig
        let sending, _ = last SipMethod.Invite rig
        let rig = give (AgentInput.Completed(sending, TimedOut, false)) rig
        Expect.equal (endings rig) [ number, CallEnd.Cancelled ] "cancelled"
        expectIdle (forget rig)

    testCase "T14: one CANCEL, however often it is asked for"
    <| fun () ->
        let number, rig = call order start
        let hangUp rig = give (AgentInput.HangUp(number, Content.none)) rig
        let rig = hangUp rig |> hangUp |> hangUp
        Expect.equal (methods rig) [ "INVITE"; "CANCEL" ] "one"

    testCase "a call that nobody answers in its time is cancelled"
    <| fun () ->
        let number, rig = call { order with RingFor = ValueSome 20_000L<ms> } start
        let rig = respond SipMethod.Invite 180 "b1" [ bobContact ] rig
        let rig = runFor 19_999L<ms> rig
        Expect.equal (methods rig) [ "INVITE" ] "not yet"
        let rig = runFor 1L<ms> rig
        Expect.equal (methods rig) [ "INVITE"; "CANCEL" ] "now"
        let rig = respond SipMethod.Invite 487 "b1" [] rig
        Expect.equal (endings rig) [ number, CallEnd.Cancelled ] "cancelled"
        expectIdle rig
]

let private challenge nonce =
    "WWW-Authenticate", $"Digest realm=\"b.test\", nonce=\"{nonce}\", qop=\"auth\""

let private proxy nonce =
    "Proxy-Authenticate", $"Digest realm=\"b.test\", nonce=\"{nonce}\", qop=\"auth\""

let private logged = { order with Party = { party with Logins = [ login ] } }

let private challenged = [
    testCase "22.2: the INVITE goes again with credentials, the next CSeq, the same ids"
    <| fun () ->
        let _, rig = call logged start
        let _, first = last SipMethod.Invite rig
        let rig = respond SipMethod.Invite 401 "x" [ challenge "n1" ] rig
        let _, second = last SipMethod.Invite rig
        Expect.equal second.CSeq.Number 2u "CSeq"
        Expect.equal second.CallId first.CallId "Call-ID"
        Expect.equal second.FromTag first.FromTag "From tag"
        Expect.isNull second.ToTag "no To tag"
        Expect.equal second.Authorization.Count 1 "credentials"
        Expect.equal second.ContentType "application/sdp" "the body"
        Expect.equal (second.GetHeaders "Contact").Count 1 "one Contact"
        let rig = respond SipMethod.Invite 200 "b1" [ bobContact ] rig
        let _, ack = last SipMethod.Ack rig
        Expect.equal ack.CSeq.Number 2u "the ACK of the second"
        Expect.equal ack.Authorization.Count 1 "13.2.2.4: with the INVITE's credentials"

    testCase "22.3: a proxy and then the server ask: both get credentials"
    <| fun () ->
        let _, rig = call logged start

        let rig =
            respond SipMethod.Invite 407 "x" [ proxy "p1" ] rig
            |> respond SipMethod.Invite 401 "x" [ challenge "n1" ]

        let _, third = last SipMethod.Invite rig
        Expect.equal third.CSeq.Number 3u "CSeq"
        Expect.equal third.ProxyAuthorization.Count 1 "for the proxy"
        Expect.equal third.Authorization.Count 1 "for the server"

    testCase "V-10: credentials that are refused are not sent again"
    <| fun () ->
        let number, rig = call logged start

        let rig =
            respond SipMethod.Invite 401 "x" [ challenge "n1" ] rig
            |> respond SipMethod.Invite 401 "x" [ challenge "n2" ]

        Expect.equal (methods rig) [ "INVITE"; "INVITE" ] "two, no more"

        match endings rig with
        | [ ended, CallEnd.Rejected response ] ->
            Expect.equal (ended, response.StatusCode) (number, 401) "401"
        | other -> failtestf "%A" other

        expectIdle rig

    testCase "requests within the call bear credentials at once, with the next nonce count"
    <| fun () ->
        let number, rig = call logged start

        let rig =
            respond SipMethod.Invite 401 "x" [ challenge "n1" ] rig
            |> respond SipMethod.Invite 200 "b1" [ bobContact ]
            |> give (AgentInput.HangUp(number, Content.none))

        let _, bye = last SipMethod.Bye rig
        Expect.equal (bye.Authorization[0].GetParameter "nc") "00000002" "the second use"
        Expect.equal bye.CSeq.Number 3u "CSeq"

        // A stale nonce: once more.
        let stale = challenge "n2" |> fun (name, value) -> name, value + ", stale=true"
        let rig = respond SipMethod.Bye 401 "b1" [ stale ] rig
        let _, again = last SipMethod.Bye rig
        Expect.equal again.CSeq.Number 4u "the dialog's next CSeq"
        Expect.equal (again.Authorization[0].GetParameter "nonce") "n2" "the new nonce"
        let rig = respond SipMethod.Bye 200 "b1" [] rig
        expectIdle (forget rig)

    testCase "V-10: another call's peer gets no credentials unasked"
    <| fun () ->
        let _, rig = call logged start

        let rig =
            respond SipMethod.Invite 401 "x" [ challenge "n1" ] rig
            |> respond SipMethod.Invite 200 "b1" [ bobContact ]

        let _, rig =
            call
                {
                    logged with
                        Party = { logged.Party with Target = uri "sip:eve@e.test" }
                }
                rig

        let _, invite = last SipMethod.Invite rig
        Expect.equal invite.Authorization.Count 0 "none"
]

let private redirecting = [
    testCase "8.1.3.4: a 3xx is the end unless the application wants it followed"
    <| fun () ->
        let number, rig = call order start
        let rig = respond SipMethod.Invite 302 "b1" [ "Contact", "<sip:bob@c.test>" ] rig

        match endings rig with
        | [ ended, CallEnd.Rejected response ] ->
            Expect.equal (ended, response.StatusCode) (number, 302) "302"
        | other -> failtestf "%A" other

        expectIdle rig

    testCase "8.1.3.4: contacts in the order of q, none twice, with the same ids and the next CSeq"
    <| fun () ->
        let _, rig = call { order with Redirects = 10 } start
        let _, first = last SipMethod.Invite rig

        let contacts = [
            "Contact", "<sip:third@c.test>;q=0.1, <sip:first@c.test>, <sip:bob@b.test>"
            "Contact", "<sip:second@c.test>;q=0.5, <mailto:bob@b.test>, <sip:first@c.test>;q=0.2"
        ]

        let refuse rig = respond SipMethod.Invite 486 "x" [] rig

        let rig =
            respond SipMethod.Invite 302 "b1" contacts rig |> refuse |> refuse |> refuse

        let targets =
            sentAs SipMethod.Invite rig |> List.map (fun (_, invite) -> string invite.RequestUri)

        Expect.equal
            targets
            [
                "sip:bob@b.test"
                "sip:first@c.test"
                "sip:second@c.test"
                "sip:third@c.test"
            ]
            "by q"

        let _, lastInvite = last SipMethod.Invite rig
        Expect.equal lastInvite.CSeq.Number 4u "CSeq"
        Expect.equal lastInvite.CallId first.CallId "Call-ID"
        Expect.equal lastInvite.FromTag first.FromTag "From tag"
        Expect.equal (endings rig).Length 1 "then it ends"
        expectIdle rig

    testCase "no more targets than ordered, and no loops"
    <| fun () ->
        let _, rig = call { order with Redirects = 2 } start

        let redirect rig index =
            if List.isEmpty (endings rig) then
                respond SipMethod.Invite 302 "x" [ "Contact", $"<sip:bob@c{index}.test>" ] rig
            else
                rig

        let rig = List.fold redirect rig [ 1..10 ]
        Expect.equal (List.length (sentAs SipMethod.Invite rig)) 3 "two more"
        expectIdle rig

        let _, rig = call { order with Redirects = 9 } start

        let back rig = respond SipMethod.Invite 302 "x" [ "Contact", "<sip:bob@b.test>" ] rig

        expectIdle (back rig)

    testCase "8.1.3.4: a sips target is not redirected to sip"
    <| fun () ->
        let order = {
            order with
                Redirects = 9
                Party = { party with Target = uri "sips:bob@b.test" }
        }

        let _, rig = call order start

        let contacts = [ "Contact", "<sip:bob@c.test>;q=1, <sips:bob@d.test>;q=0.1" ]
        let rig = respond SipMethod.Invite 302 "x" contacts rig
        let _, invite = last SipMethod.Invite rig
        Expect.equal (string invite.RequestUri) "sips:bob@d.test" "the secure one"

    testCase "a 6xx is everybody's refusal"
    <| fun () ->
        let _, rig = call { order with Redirects = 9 } start

        let rig =
            respond SipMethod.Invite 302 "x" [ "Contact", "<sip:c@c.test>, <sip:d@d.test>" ] rig
            |> respond SipMethod.Invite 603 "x" []

        Expect.equal (List.length (sentAs SipMethod.Invite rig)) 2 "no third"
        expectIdle rig

    testCase "a target that cannot be reached leaves the next"
    <| fun () ->
        let _, rig = call { order with Redirects = 9 } start

        let rig =
            respond SipMethod.Invite 302 "x" [ "Contact", "<sip:c@c.test>, <sip:d@d.test>" ] rig
            |> fail SipMethod.Invite TimedOut

        let _, invite = last SipMethod.Invite rig
        Expect.equal (string invite.RequestUri) "sip:d@d.test" "the next"

    testCase "V-10: a login without a realm is not for the target of a redirection"
    <| fun () ->
        for realm: string | null, asked in [ (null: string | null), 1; "b.test", 2 ] do
            let login = { login with Realm = realm }

            let order = {
                order with
                    Redirects = 9
                    Party = { party with Logins = [ login ] }
            }

            let _, rig = call order start

            let rig =
                respond SipMethod.Invite 302 "x" [ "Contact", "<sip:eve@e.test>" ] rig
                |> quiet
                |> fun rig ->
                    // The INVITE to the new target is the last one under way.
                    let sending =
                        Trie.toList rig.State.Sendings |> List.map (fst >> int64) |> List.max

                    let invite = (AgentState.trySending sending rig.State).Value.Request
                    responding sending (response 401 "x" [ challenge "n1" ] invite) rig

            Expect.equal (List.length (sentAs SipMethod.Invite rig)) (asked - 1) $"{realm}"
]

let tests =
    testList "Calling" [
        testList "inviting" inviting
        testList "forking" forking
        testList "cancelling" cancelling
        testList "challenged" challenged
        testList "redirecting" redirecting
    ]
