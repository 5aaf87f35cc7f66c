// Connections: reused for the name they were verified for and no other, opened once, waited for in a
// bounded queue, and an event of every transaction on them when they die.
module SipFun.Tests.Dispatcher.FlowsTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Streams

let private options id = request "OPTIONS" id

let private opening = [
    testCase "a packet waits until its connection is there"
    <| fun () ->
        let _, rig = sendTo tcpPeer (options "a") start
        same (connects rig |> List.map fst) [ 2 ] "one connection is asked for"
        same (written rig) [] "and nothing is written before it is there"
        same (callIds (opened rig)) [ "a" ] "then it is"

    testCase "one connect under way for one peer: what comes meanwhile waits, in order"
    <| fun () ->
        let rig =
            [ "a"; "b"; "c" ]
            |> List.fold (fun rig id -> snd (sendTo tcpPeer (options id) rig)) start

        same (connects rig).Length 1 "one connection"
        same (callIds (opened rig)) [ "a"; "b"; "c" ] "in the order of delivery"

    testCase "an open connection serves the next request to its peer"
    <| fun () ->
        let _, rig = sendTo tcpPeer (options "a") start
        let _, rig = sendTo tcpPeer (options "b") (opened rig)
        same (connects rig).Length 1 "no second one"
        same (written rig |> List.map fst |> List.distinct) [ -1L ] "both over the same"

    testCase "another port is another peer"
    <| fun () ->
        let _, rig = sendTo tcpPeer (options "a") start
        let _, rig = sendTo { tcpPeer with Port = 5071 } (options "b") rig
        same (connects rig).Length 2 "two connections"

    testCase "V-11: a connection verified for one name is never used for another"
    <| fun () ->
        let at name = { over Transport.Tls "127.0.0.7" 5061 with VerifyName = name }
        let _, rig = sendTo (at "one.test") (options "a") start
        let _, rig = sendTo (at "two.test") (options "b") (opened rig)
        let _, rig = sendTo (at "ONE.test") (options "c") rig
        let names = connects rig |> List.map (fun (_, hop) -> hop.VerifyName)
        same names [ "one.test"; "two.test" ] "a connection for each name, whatever its case"

    testCase "without a name the address is what the certificate must bear"
    <| fun () ->
        let _, rig = sendTo (over Transport.Tls "127.0.0.7" 5061) (options "a") start
        let _, hop = List.exactlyOne (connects rig)
        same hop.VerifyName "127.0.0.7" "the address"

    testCase "as many packets wait for a connection as the limit allows"
    <| fun () ->
        let rig =
            [ "a"; "b"; "c"; "d" ]
            |> List.fold (fun rig id -> snd (sendTo tcpPeer (options id) rig)) start

        let fifth, rig = sendTo tcpPeer (options "e") rig

        match outcomeOf fifth rig with
        | _, Unreachable(_, TransportFault.QueueFull, _) -> ()
        | other -> failtestf "%A" other

        same (opened rig |> callIds) [ "a"; "b"; "c"; "d" ] "the others are unharmed"

    testCase "as many connections are opened as the limit allows"
    <| fun () ->
        let few = { settings with Limits = { limits with Flows = 1 } }
        let rig = withSettings few |> give (AddLeg tcpLeg)
        let _, rig = sendTo tcpPeer (options "a") rig
        let second, rig = sendTo { tcpPeer with Port = 5071 } (options "b") rig

        match outcomeOf second rig with
        | _, Unreachable(_, TransportFault.TooManyConnections, _) -> ()
        | other -> failtestf "%A" other

        let rig = acceptAs [] 2 Transport.Tcp "127.0.0.9" 40_000 70L rig
        same (disconnects rig) [ 70L ] "nor is one more accepted"
        same (counted Counted.Overload rig) 1 "and it is counted"
]

let private ending = [
    testCase "a connection that never comes to be fails all that waited, in the same step"
    <| fun () ->
        let a, rig = sendTo tcpPeer (options "a") start
        let b, rig = sendTo tcpPeer (options "b") rig
        let rig = refused rig

        for number in [ a; b ] do
            match outcomeOf number rig with
            | 0, Unreachable(_, TransportFault.ConnectionRefused, _) -> ()
            | other -> failtestf "%A" other

        expectIdle rig
        same (Trie.count rig.State.Flows) 0 "the connection is forgotten"

    testCase "what somebody works on ends with its connection, at once"
    <| fun () ->
        let number, rig = sendTo tcpPeer (request "INVITE" "a") start
        let rig = opened rig |> answerOver -1L "INVITE" 180 |> closed TransportFault.Closed

        match outcomeOf number rig with
        | 0, Unreachable(_, TransportFault.Closed, _) -> ()
        | other -> failtestf "%A" other

    testCase "what was cancelled before its connection was there never leaves"
    <| fun () ->
        let number, rig = sendTo tcpPeer (request "INVITE" "a") start
        let rig = give (CancelDelivery(ByNumber number)) rig |> opened
        same (written rig) [] "nothing is written"

    testCase "what timed out before its connection was there never leaves"
    <| fun () ->
        let number, rig = sendTo tcpPeer (options "a") start
        let rig = runFor 32_000L<ms> rig
        same (outcomeOf number rig) (32_000, TimedOut) "Timer F runs from the delivery on"
        same (written (opened rig)) [] "nothing is written"

    testCase "an idle connection is closed, unless a transaction wants it"
    <| fun () ->
        let _, rig = sendTo tcpPeer (options "a") start
        let rig = opened rig
        same (disconnects (give (FlowIdle -1L) rig)) [] "a request waits for its answer on it"
        let rig = answerOver -1L "OPTIONS" 200 rig |> give (FlowIdle -1L)
        same (disconnects rig) [ -1L ] "now nobody does"
        let _, rig = sendTo tcpPeer (options "b") rig
        same (connects rig).Length 2 "the next request opens another"

    testCase "a connection that is too old serves its transactions to the end, and nothing new"
    <| fun () ->
        let _, rig = sendTo tcpPeer (options "a") start
        let rig = opened rig |> give (FlowExpired -1L)
        same (disconnects rig) [] "a request waits for its answer on it"
        let _, rig = sendTo tcpPeer (options "b") rig
        same (connects rig).Length 2 "the next request goes over another"
        let rig = answerOver -1L "OPTIONS" 200 rig |> give (FlowExpired -1L)
        same (disconnects rig) [ -1L ] "the old one is closed when nobody wants it any more"

    testCase "a leg that is removed takes its connections with it"
    <| fun () ->
        let number, rig = sendTo tcpPeer (options "a") start
        let rig = opened rig |> give (RemoveLeg 2)

        match outcomeOf number rig with
        | 0, Unreachable(_, TransportFault.LegRemoved, _) -> ()
        | other -> failtestf "%A" other

        same (Trie.count rig.State.Flows) 0 "no connection without a leg"

    testCase "news of a connection nobody knows changes nothing"
    <| fun () ->
        let _, rig = sendTo tcpPeer (options "a") start

        for news in
            [
                FlowOpened 99L
                FlowClosed(99L, TransportFault.Closed, "")
                FlowIdle 99L
                FlowExpired 99L
            ] do
            expectUnchanged rig (give news rig)
]

let private reliable = [
    testCase "S-07: over a stream a request goes out once, and Timer B and F end it"
    <| fun () ->
        for method in [ "INVITE"; "OPTIONS" ] do
            let number, rig = sendTo tcpPeer (request method "a") start
            let rig = opened rig |> runFor 100_000L<ms>
            same (copies method rig) [ 0 ] "one packet"
            same (outcomeOf number rig) (32_000, TimedOut) "after 64*T1"

    testCase "Timers D and K are zero over a stream: nothing lingers"
    <| fun () ->
        for method, status in [ "INVITE", 486; "OPTIONS", 200 ] do
            let _, rig = sendTo tcpPeer (request method "a") start
            let rig = opened rig |> answerOver -1L method status
            expectIdle rig

    testCase "the ACK to a 300-699 goes over the INVITE's connection"
    <| fun () ->
        let _, rig = sendTo tcpPeer (request "INVITE" "a") start
        let rig = opened rig |> answerOver -1L "INVITE" 486
        let flow, ack = List.last (written rig)
        Expect.isTrue (isRequest "ACK" ack) "an ACK"
        same flow -1L "over the same connection"

    testCase "the CANCEL goes over the INVITE's connection"
    <| fun () ->
        let invite = request "INVITE" "a"
        let _, rig = sendTo tcpPeer invite start
        let rig = opened rig |> answerOver -1L "INVITE" 180
        let own, rig = number rig
        let rig = give (Deliver(order own (invite.CreateCancel()))) rig
        let flow, cancel = List.last (written rig)
        Expect.isTrue (isRequest "CANCEL" cancel) "a CANCEL"
        same flow -1L "over the same connection"
]

/// A connection to the peer over which an earlier request was answered.
let private used () =
    let _, rig = sendTo tcpPeer (options "before") start
    opened rig |> answerOver -1L "OPTIONS" 200

let private lost flow rig = give (FlowClosed(flow, TransportFault.Closed, "gone")) rig

let private again = [
    testCase "what somebody works on goes to no other target when its connection is closed (17.1.4)"
    <| fun () ->
        let message = requestTo "sip:b@b.test:5070;transport=tcp" "OPTIONS" "worked-on" 1
        let anywhere order = { order with Destination = ValueNone }
        let number, rig = deliverWith anywhere message start
        let a = Question.create "b.test" DnsType.A
        let at text = { Name = a.Name; Ttl = 60; Data = AddressOf(address text) }
        let both = Answer.ok [| at "127.0.0.11"; at "127.0.0.12" |]

        let rig =
            give (Input.Answered(a, both)) rig |> opened |> answerOver -1L "OPTIONS" 100

        let rig = lost -1L rig
        same (connects rig).Length 1 "nobody else is asked"

        match outcomeOf number rig with
        | _, Unreachable _ -> ()
        | _, other -> failtestf "%A" other

    testCase "a connection that was open and is closed: the packet goes once more over a new one"
    <| fun () ->
        for method in [ "INVITE"; "MESSAGE" ] do
            let number, rig = sendTo tcpPeer (request method "a") (used ())
            let rig = lost -1L rig
            same (outcomes rig |> List.map (fun (_, n, _) -> n)) [ 1L ] "it goes on"
            same (State.marks rig.Now rig.State) [] "the target is not set aside"
            let rig = opened rig

            match written rig |> List.filter (fun (_, each) -> isRequest method each) with
            | [ (-1L, first); (-2L, second) ] ->
                same (first.Bytes.ToArray()) (second.Bytes.ToArray()) "byte for byte: a copy"
            | other -> failtestf "%A" other

            match outcomeOf number (answerOver -2L method 200 rig) with
            | _, Outcome.Answered response -> same response.StatusCode 200 "and is answered"
            | other -> failtestf "%A" other

    testCase "only once, and then the target has failed"
    <| fun () ->
        let number, rig = sendTo tcpPeer (options "a") (used ())
        let rig = lost -1L rig |> opened |> lost -2L

        match outcomeOf number rig with
        | 0, Unreachable(_, TransportFault.Closed, _) -> ()
        | other -> failtestf "%A" other

        same (State.marks rig.Now rig.State).Length 1 "and is set aside"

    testCase "not over a connection that was opened for it, nor once somebody answered"
    <| fun () ->
        let number, rig = sendTo tcpPeer (options "a") start
        let rig = opened rig |> lost -1L

        match outcomeOf number rig with
        | 0, Unreachable(_, TransportFault.Closed, _) -> ()
        | other -> failtestf "%A" other

        let _, rig = sendTo tcpPeer (request "INVITE" "b") (used ())
        let rig = answerOver -1L "INVITE" 180 rig |> lost -1L
        same (connects rig).Length 1 "no second connection"

    testCase "a new connection that is refused is the target's failure"
    <| fun () ->
        let number, rig = sendTo tcpPeer (options "a") (used ())
        let rig = lost -1L rig |> refused

        match outcomeOf number rig with
        | 0, Unreachable(_, TransportFault.ConnectionRefused, _) -> ()
        | other -> failtestf "%A" other

    testCase "all that went over the old connection share the new one, in order"
    <| fun () ->
        let rig =
            [ "a"; "b"; "c" ]
            |> List.fold (fun rig id -> snd (sendTo tcpPeer (options id) rig)) (used ())
            |> lost -1L

        same (connects rig).Length 2 "one more connection"
        let over = written (opened rig) |> List.filter (fun (flow, _) -> flow = -2L)
        same over.Length 3 "and all of them over it"

    testCase "what has no transaction goes once more too, and says when it was written"
    <| fun () ->
        let stateless order = { order with Destination = ValueSome tcpPeer; Retransmit = false }

        let number, rig = deliverWith stateless (options "a") (used ())
        let rig = lost -1L rig |> opened |> give (Transmitted number)
        same (outcomeOf number rig) (0, Sent) "sent"

    testCase "a peer that connected to us is not called back at its ephemeral port"
    <| fun () ->
        let source = { over Transport.Tcp "127.0.0.7" 40_000 with Flow = 70L }
        let rig = acceptAs [] 2 Transport.Tcp "127.0.0.7" 40_000 70L start
        let number, rig = sendTo source (options "a") rig
        let rig = lost 70L rig
        same (connects rig) [] "nobody listens there"

        match outcomeOf number rig with
        | 0, Unreachable(_, TransportFault.Closed, _) -> ()
        | other -> failtestf "%A" other

    testCase "the explanation says so"
    <| fun () ->
        let number, rig = sendTo tcpPeer (options "a") (used ())
        let rig = lost -1L rig |> opened |> answerOver -2L "OPTIONS" 200

        let text =
            effects rig
            |> List.pick (fun (_, effect) ->
                match effect with
                | Effect.Complete(each, _, trace, _) when each = number ->
                    Some(Explanation.text trace)
                | _ -> None)

        Expect.stringContains text "once more over a new one" "why there were two"
]

let tests =
    testList "Flows" [
        testList "again" again
        testList "opening" opening
        testList "ending" ending
        testList "reliable" reliable
    ]
