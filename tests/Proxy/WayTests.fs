// The way to a user: his Contact, or where his registration came from, for as long as something is there
// (RFC 3261, 16.5; RFC 5626, 5.3; RFC 7118, 5).
module SipFun.Tests.Proxy.WayTests

open System
open System.Runtime.ExceptionServices
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Proxy.ProxyNode

let private domain = { own with Domains = Set [ "d.test" ] }
let private tcp = legOf 2 Transport.Tcp "127.0.0.1" 5062
let private stream text port flow = { hop text port with Transport = Transport.Tcp; Flow = flow }
let private source = stream "127.0.0.7" 40_000 9L
let private invite = ask "INVITE" "sip:bob@d.test" "z9hG4bK1" "" []

let private bound targets own legs = {
    create settings own legs with
        Users = Map [ "bob@d.test", targets ]
}

let private from source contact = {
    target contact with
        Source = ValueSome source
        Leg = 2
        Epoch = own.Epoch
}

let private legs = [ Rig.own; tcp ]
let private closed = FlowClosed(9L, TransportFault.Closed, "")

let private dead =
    testList "a connection that is gone" [
        testCase "its user is tried at his Contact, where he listens"
        <| fun () ->
            for own in [ domain; { domain with RewriteContact = true } ] do
                let node =
                    bound [ from source "sip:b@127.0.0.7:5090;transport=tcp" ] own legs
                    |> give (FlowAccepted(2, source, []))

                same (single (node |> takes 1 peer invite)).Hop source "while it lives"
                let way = (single (node |> give closed |> takes 1 peer invite)).Hop
                same (way.Address, way.Port) (address "127.0.0.7", 5090) "no ephemeral port"

        testCase "its flow, or nobody's name, is no target: the next is, or 480"
        <| fun () ->
            let flow = {
                from source "sip:b@127.0.0.7:5090;transport=tcp" with
                    IsFlow = true
            }

            let nobody = from source "sip:b@abc.invalid;transport=tcp"
            let other = { target "sip:c@127.0.0.3" with Q = 100 }

            for gone in [ flow; nobody ] do
                let node = bound [ gone ] domain legs |> takes 1 peer invite
                same (response node).StatusCode 480 "nothing leads there"
                let node = bound [ gone; other ] domain legs |> takes 1 peer invite
                same (single node).Hop (hop "127.0.0.3" 5060) "the next"

        testCase "a name that is nobody's, of which no source is known, is no target"
        <| fun () ->
            let node = bound [ target "sip:b@abc.invalid" ] domain legs |> takes 1 peer invite
            same (response node).StatusCode 480 "480"

        testCase "a Contact that leads through here: at the Contact it was, or 430 (RFC 5626, 5.3)"
        <| fun () ->
            let own = { domain with RewriteContact = true }
            let node = create settings own legs |> give (FlowAccepted(2, source, []))

            let token contact =
                let place = { Hop = source; Leg = 2 }
                let user = ContactToken.encode node.Own place.Leg place.Hop (SipUri.Parse contact)
                ask "BYE" $"sip:{user}@127.0.0.1" "z9hG4bK2" "x" []

            let somebody = token "sip:b@127.0.0.7:5090;transport=tcp"
            let nobody = token "sip:b@abc.invalid;transport=tcp"
            same (single (node |> takes 1 peer nobody)).Hop source "while it lives"
            let node = node |> give closed
            same (single (node |> takes 1 peer somebody)).Hop.Port 5090 "where it listens"
            same (response (node |> takes 1 peer nobody)).StatusCode 430 "Flow Failed"
    ]

let private others =
    testCase "a connection's number is believed with its address and port only"
    <| fun () ->
        let contact = "sip:b@127.0.0.7:5090;transport=tcp"
        let node = bound [ from source contact ] domain legs

        for stranger in [ stream "127.0.0.66" 40_000 9L; stream "127.0.0.7" 40_001 9L ] do
            let node = node |> give (FlowAccepted(2, stranger, [])) |> takes 1 peer invite
            same (single node).Hop.Port 5090 (Hop.toString stranger)

let private epochs =
    testCase "a connection's and a leg's number of another run, or dispatcher, say nothing"
    <| fun () ->
        let bound' = { from source "sip:b@127.0.0.7:5090;transport=tcp" with Epoch = 78u }
        let node = bound [ bound' ] domain legs |> give (FlowAccepted(2, source, []))
        same (single (node |> takes 1 peer invite)).Hop.Port 5090 "by its Contact"
        let flow = { bound' with IsFlow = true }
        let node = bound [ flow ] domain legs |> give (FlowAccepted(2, source, []))
        same (response (node |> takes 1 peer invite)).StatusCode 480 "a flow of theirs"
        let udp = { from peer "sip:b@10.0.0.1" with Leg = 2; Epoch = 78u }

        let node =
            bound [ udp ] { domain with RewriteContact = true } [ Rig.own; leg 3 "::1" 5060 ]

        same (single (node |> takes 1 peer invite)).Hop peer "its address is one all the same"

let private badContact =
    testCase "a Contact that is no sip URI hides no other"
    <| fun () ->
        let bad = [ target "tel:+49123"; target "mailto:b@d.test" ]
        let good = { target "sip:b@127.0.0.9" with Q = 1 }
        let node = bound (bad @ [ good ]) domain [ Rig.own ] |> takes 1 peer invite
        same (single node).Hop (hop "127.0.0.9" 5060) "the good one"
        let node = bound bad domain [ Rig.own ] |> takes 1 peer invite
        same (response node).StatusCode 480 "nobody to go to"

let private byItsLeg =
    testCase "by the leg that the registration came by: a NAT lets in nobody else"
    <| fun () ->
        let own = { domain with RewriteContact = true }

        for number in [ 1; 2 ] do
            let bound' = { from peer "sip:b@10.0.0.1" with Leg = number }
            let node = bound [ bound' ] own [ Rig.own; leg 2 "127.0.0.2" 5060 ]
            same (single (node |> takes 1 peer invite)).Leg number "its own"

        let gone = { from peer "sip:b@10.0.0.1" with Leg = 3 }
        let node = bound [ gone ] own [ Rig.own ]
        same (single (node |> takes 1 peer invite)).Leg 1 "another when it is gone"

/// What is thrown on this thread, caught or not.
let private thrown run =
    let thread = Environment.CurrentManagedThreadId
    let mutable count = 0

    let count' =
        EventHandler<FirstChanceExceptionEventArgs>(fun _ _ ->
            if Environment.CurrentManagedThreadId = thread then
                count <- count + 1)

    AppDomain.CurrentDomain.FirstChanceException.AddHandler count'

    try
        run ()
    finally
        AppDomain.CurrentDomain.FirstChanceException.RemoveHandler count'

    count

let private noBase64 =
    testCase "a user part that only looks like ours is read without an exception"
    <| fun () ->
        for user in [ "~" + String('=', 60); "~" + String('A', 57) + "!"; "~" + String('A', 61) ] do
            let count =
                thrown (fun () -> same (ContactToken.tryDecode own user).IsNone true user)

            same count 0 user

let tests = testList "Way" [ dead; others; epochs; badContact; byItsLeg; noBase64 ]
