// Responses and connections: back over the one the request came by, else to the address of RFC 3261,
// 18.2.2; and the names a peer proved (RFC 5923).
module SipFun.Tests.Dispatcher.FlowRepliesTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Streams

let private via = "SIP/2.0/TCP 127.0.0.7:5070;branch=z9hG4bKin1"

/// A peer connected from port 40000 and sent this request over connection 70.
let private asked method =
    receiving start
    |> acceptAs [] 2 Transport.Tcp "127.0.0.7" 40_000 70L
    |> arrive 2 Transport.Tcp "127.0.0.7" 40_000 70L (incoming via method "")

let private handled rig =
    let number, request = List.last (offered rig)
    request, give (Receipted(number, Receipt.Handled)) rig

let private gone rig = give (FlowClosed(70L, TransportFault.Closed, "reset")) rig

let private statuses rig = [
    for flow, message in written rig do
        match message with
        | :? SipResponse as response -> flow, response.StatusCode
        | _ -> ()
]

let private answers = [
    testCase "a response goes back over the connection that its request came by"
    <| fun () ->
        let request, rig = handled (asked "OPTIONS")
        let _, rig = respond 200 request rig
        same (statuses rig) [ 70L, 200 ] "over it"
        same (connects rig) [] "and no other"

    testCase "a request sent again over a new connection is answered there, at once and afterwards"
    <| fun () ->
        let request, rig = handled (asked "OPTIONS")

        let again port flow =
            arrive 2 Transport.Tcp "127.0.0.7" port flow (incoming via "OPTIONS" "")

        let _, rig =
            rig
            |> acceptAs [] 2 Transport.Tcp "127.0.0.7" 40_001 71L
            |> again 40_001 71L
            |> gone
            |> respond 200 request

        same (statuses rig) [ 71L, 200 ] "over the new one"
        same (connects rig) [] "and no other"

    testCase "a provisional response goes again over the connection its copy came by"
    <| fun () ->
        let request, rig = handled (asked "INVITE")
        let number, rig = respond 180 request rig

        let rig =
            give (Transmitted number) rig
            |> acceptAs [] 2 Transport.Tcp "127.0.0.7" 40_001 71L
            |> arrive 2 Transport.Tcp "127.0.0.7" 40_001 71L (incoming via "INVITE" "")

        same (statuses rig) [ 70L, 180; 71L, 180 ] "each over its own"

    testCase "nobody else's copy takes the responses with it"
    <| fun () ->
        let request, rig = handled (asked "OPTIONS")

        let _, rig =
            rig
            |> acceptAs [] 2 Transport.Tcp "127.0.0.8" 40_001 71L
            |> arrive 2 Transport.Tcp "127.0.0.8" 40_001 71L (incoming via "OPTIONS" "")
            |> respond 200 request

        same (statuses rig) [ 70L, 200 ] "over its own"

    testCase "18.2.2: with the connection gone, to the Via's port, never to the ephemeral one"
    <| fun () ->
        let request, rig = handled (asked "OPTIONS")
        let _, rig = respond 200 request (gone rig)
        let _, hop = List.exactlyOne (connects rig)
        same (Address.toString hop.Address, hop.Port) ("127.0.0.7", 5070) "the sent-by's port"
        same (statuses (opened rig)) [ hop.Flow, 200 ] "there"

    testCase "18.2.2: a response that was under way when the connection died goes to the Via's port"
    <| fun () ->
        let request, rig = handled (asked "OPTIONS")
        let number, rig = respond 200 request rig
        let rig = gone rig
        same (outcomes rig) [] "it is not lost yet"
        let rig = opened rig |> give (Transmitted number)
        same (outcomeOf number rig) (0, Sent) "but sent there"

    testCase "when nobody listens there either, the response is undeliverable, once"
    <| fun () ->
        let request, rig = handled (asked "OPTIONS")
        let number, rig = respond 200 request rig
        let rig = gone rig |> refused

        match outcomeOf number rig with
        | _, Unreachable(_, TransportFault.ConnectionRefused, _) -> ()
        | other -> failtestf "%A" other

    testCase "13.3.1.4: a 2xx is repeated over a stream too, until the ACK"
    <| fun () ->
        let request, rig = handled (asked "INVITE")
        let number, rig = respond 200 request rig
        let rig = give (Transmitted number) rig |> runFor 4000L<ms>

        let at =
            responses rig |> List.filter (fun (_, status) -> status = 200) |> List.map fst

        same at [ 0; 500; 1500; 3500 ] "T1 doubling"

    testCase "S-07: a 300-699 is not repeated over a stream"
    <| fun () ->
        let request, rig = handled (asked "INVITE")
        let number, rig = respond 486 request rig
        let rig = give (Transmitted number) rig |> runFor 40_000L<ms>
        let sent = responses rig |> List.filter (fun (_, status) -> status = 486)
        same sent [ 0, 486 ] "once"
        same (outcomeOf number rig) (32_000, TimedOut) "Timer H"

    testCase "a final response to INVITE follows the peer when its connection dies"
    <| fun () ->
        let request, rig = handled (asked "INVITE")
        let number, rig = respond 486 request rig
        let rig = give (Transmitted number) rig |> gone |> opened
        same (statuses rig |> List.map snd) [ 486; 486 ] "once more"
        same (connects rig |> List.map (fun (_, hop) -> hop.Port)) [ 5070 ] "to the Via's port"

    testCase "Timers I and J are zero over a stream"
    <| fun () ->
        let request, rig = handled (asked "OPTIONS")
        let number, rig = respond 200 request rig
        let rig = give (Transmitted number) rig |> runFor 0L<ms>
        expectIdle rig

    testCase "what nobody takes is answered over its connection as well"
    <| fun () ->
        let rig = asked "OPTIONS"
        let number, _ = List.last (offered rig)
        let rig = give (Receipted(number, Receipt.Pass)) rig
        same (statuses rig) [ 70L, 480 ] "without state"

    testCase
        "an answer without state whose connection is gone is tried at the Via's port, or counted"
    <| fun () ->
        let rig = asked "OPTIONS"
        let number, _ = List.last (offered rig)
        let rig = gone rig |> give (Receipted(number, Receipt.Pass)) |> refused
        same (counted Counted.Undeliverable rig) 1 "counted"

    testCase "a connection that a handled request came by is not idle"
    <| fun () ->
        let request, rig = handled (asked "OPTIONS")
        same (disconnects (give (FlowIdle 70L) rig)) [] "it is still to be answered"
        let number, rig = respond 200 request rig
        let rig = give (Transmitted number) rig |> runFor 0L<ms> |> give (FlowIdle 70L)
        same (disconnects rig) [ 70L ] "now it was"
]

let private peers = [
    testCase "a request to exactly the end that connected goes over its connection"
    <| fun () ->
        let rig = asked "OPTIONS"
        let hop = over Transport.Tcp "127.0.0.7" 40_000
        let _, rig = sendTo hop (request "NOTIFY" "n") rig
        same (written rig |> List.map fst) [ 70L ] "over it"

    testCase "a request to the source of a message goes over its very connection"
    <| fun () ->
        let rig =
            start
            |> acceptAs [] 3 Transport.Tls "127.0.0.7" 40_000 70L
            |> sendTo
                { over Transport.Tls "127.0.0.7" 40_000 with Flow = 70L }
                (request "NOTIFY" "n")
            |> snd

        same (written rig |> List.map fst) [ 70L ] "over it"
]

let private alias = [
    let asking sentBy parameters =
        let via = $"SIP/2.0/TLS {sentBy};branch=z9hG4bKin1{parameters}"
        arrive 3 Transport.Tls "127.0.0.7" 40_000 70L (incoming via "OPTIONS" "")

    let hop = { over Transport.Tls "127.0.0.7" 5061 with VerifyName = "peer.test" }

    let flowOf names parameters =
        receiving start
        |> acceptAs names 3 Transport.Tls "127.0.0.7" 40_000 70L
        |> asking "peer.test:5061" parameters
        |> sendTo hop (request "NOTIFY" "n")
        |> snd
        |> connects
        |> List.length

    testCase "RFC 5923: alias on a verified connection serves requests to the Via's port"
    <| fun () -> same (flowOf [ "peer.test" ] ";alias") 0 "no new connection"

    testCase "RFC 5923: not without alias, not without a verified name, not for another name"
    <| fun () ->
        same (flowOf [ "peer.test" ] "") 1 "nobody asked"
        same (flowOf [] ";alias") 1 "nobody proved it"
        same (flowOf [ "evil.test" ] ";alias") 1 "somebody else proved another name"
]

let tests =
    testList "FlowReplies" [
        testList "answers" answers
        testList "peers" peers
        testList "alias" alias
    ]
