// P-34: Via, received and rport, and the way back (RFC 3261, 18.2; RFC 3581, 4).
module SipFun.Tests.Proxy.ReturnTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Proxy.ProxyNode

let private to' = "sip:b@127.0.0.9:5080"
let private node = udp { own with AllowForeign = true }

let private asked (via: string) =
    text
        [
            $"OPTIONS {to'} SIP/2.0"
            $"Via: {via}"
            "Max-Forwards: 70"
            "From: <sip:a@a.test>;tag=from1"
            "To: <sip:b@b.test>"
            "Call-ID: call-1"
            "CSeq: 7 OPTIONS"
        ]
        ""

/// Where the answer to a request with this Via, from this source, goes.
let private wayOf via source (node: Node) =
    let sent = node |> takes 1 source (asked via) |> request
    let home = node |> takes 1 (hop "127.0.0.9" 5080) (sent.CreateResponse(200, "x"))
    (single home).Hop, sent.Vias[1]

let private combinations =
    testList "P-34" [
        for isSame in [ true; false ] do
            for hasPort in [ true; false ] do
                for asksRPort in [ true; false ] do
                    for lies in [ true; false ] do
                        testCase
                            $"sent-by same {isSame}, port {hasPort}, rport {asksRPort}, lies {lies}"
                        <| fun () ->
                            let host = if isSame then "127.0.0.7" else "client.test"
                            let port = if hasPort then ":5099" else ""
                            let rport = if asksRPort then ";rport" else ""
                            let lie = if lies then ";received=127.0.0.66" else ""
                            let via = $"SIP/2.0/UDP {host}{port}{rport}{lie};branch=z9hG4bK1"
                            let back, written = wayOf via (hop "127.0.0.7" 40_000) node

                            let expected =
                                if asksRPort then 40_000
                                elif hasPort then 5099
                                else 5060

                            same back (hop "127.0.0.7" expected) "to the source, never elsewhere"

                            same
                                (written.Received, written.RPort)
                                ((if isSame && not asksRPort && not lies then null else "127.0.0.7"),
                                 (if asksRPort then Nullable 40_000 else Nullable()))
                                "received and rport are the socket's"
    ]

let private tcp = legOf 2 Transport.Tcp "127.0.0.1" 5062

let private streams =
    testList "streams" [
        testCase "over the connection it came by, and when that is gone to sent-by's port (18.2.2)"
        <| fun () ->
            let node = create settings node.Own [ Rig.own; tcp ]
            let source = { hop "127.0.0.7" 40_000 with Transport = Transport.Tcp; Flow = 9L }
            let node = node |> give (FlowAccepted(2, source, []))
            let via = "SIP/2.0/TCP 127.0.0.7:5099;branch=z9hG4bK1"
            let sent = node |> takes 2 source (asked via)
            let ok = (request sent).CreateResponse(200, "x")
            let home = sent |> takes 1 peer ok
            same (single home).Hop source "over its connection"
            same (single home).Leg 2 "by its leg"
            let gone = sent |> give (FlowClosed(9L, TransportFault.Closed, ""))
            let home = gone |> takes 1 peer ok
            let way = (single home).Hop
            same (way.Transport, way.Port) (Transport.Tcp, 5099) "by a new one"

        testCase "a number of a connection counts in its own run only"
        <| fun () ->
            let node = create settings node.Own [ Rig.own; tcp ]
            let source = { hop "127.0.0.7" 40_000 with Transport = Transport.Tcp; Flow = 9L }
            let node = node |> give (FlowAccepted(2, source, []))
            let via = "SIP/2.0/TCP 127.0.0.7:5099;branch=z9hG4bK1"
            let ok = (node |> takes 2 source (asked via) |> request).CreateResponse(200, "x")
            let later = create settings { node.Own with Epoch = 78u } [ Rig.own; tcp ]
            let stranger = { hop "127.0.0.66" 1 with Transport = Transport.Tcp; Flow = 9L }
            let later = later |> give (FlowAccepted(2, stranger, [])) |> takes 1 peer ok
            let way = (single later).Hop
            same (way.Address, way.Port) (address "127.0.0.7", 5099) "not the stranger's"
    ]

let private numbers =
    testCase
        "a leg's number is another's after a restart: then one of the Via's transport and family"
    <| fun () ->
        let sent = node |> takes 1 peer (ask "OPTIONS" to' "z9hG4bK1" "" []) |> request
        let ok = sent.CreateResponse(200, "x")
        let v6 = leg 2 "::1" 5060
        let udp = leg 3 "127.0.0.1" 5060

        let other =
            create settings node.Own [ legOf 1 Transport.Tcp "127.0.0.1" 5060; v6; udp ]

        let home = other |> takes 3 (hop "127.0.0.9" 5080) ok
        same ((single home).Leg, (single home).Hop) (3, peer) "by UDP"

        let lie =
            SipMessage.Parse(
                ok.ToString().Replace("SIP/2.0/UDP 127.0.0.7", "SIP/2.0/TCP 127.0.0.7")
            )

        let lied = other |> takes 3 (hop "127.0.0.9" 5080) lie
        same lied.Counted [ Counted.ForgedResponse ] "nobody else chooses the transport"

/// A response is passed on as it is, without our Via.
let private responses =
    testList "responses" [
        testCase "a 100 too: nothing is kept that could answer it (16.11)"
        <| fun () ->
            let sent = node |> takes 1 peer (ask "INVITE" to' "z9hG4bK1" "" []) |> request

            for status in [ 100; 180; 200; 302; 486; 603 ] do
                let home = node |> takes 1 peer (sent.CreateResponse(status, "x"))
                same (response home).StatusCode status "passed on"

        testCase "of two Vias in one line the first goes"
        <| fun () ->
            let sent = node |> takes 1 peer (ask "INVITE" to' "z9hG4bK1" "" []) |> request
            let ok = sent.CreateResponse(200, "x")
            let vias = $"{ok.Vias[0]} , {ok.Vias[1]}"
            let joined = ok.WithHeader("Via", vias)
            same (joined.ViaCount, joined.GetHeaders("Via").Count) (2, 1) "both in one line"
            let home = node |> takes 1 peer joined
            same (response home).ViaCount 1 "one left"

        testCase
            "an answer of our own goes the same way, with the same To tag for each copy (8.2.7)"
        <| fun () ->
            let message = ask "INVITE" "sip:nobody@127.0.0.1" "z9hG4bK1" "" []
            let first = node |> takes 1 peer message
            let second = first |> takes 1 peer message
            same (response first).StatusCode 404 "nobody has that name here"
            same (string (response second)) (string (response first)) "the same bytes"
            let tag = string (response first).ToTag
            let ack = ask "ACK" "sip:nobody@127.0.0.1" "z9hG4bK1" tag []
            let acked = second |> takes 1 peer ack
            same (sent acked) [] "its ACK ends here"
            same acked.Counted [ Counted.StrayAck ] "counted"

        testCase "an ACK is never answered"
        <| fun () ->
            let node = udp own |> takes 1 peer (ask "ACK" "sip:b@far.test" "z9hG4bK1" "x" [])
            same (sent node) [] "nothing"
            same node.Counted [ Counted.AckGoesNowhere ] "counted"
    ]

let tests = testList "Return" [ combinations; streams; numbers; responses ]
