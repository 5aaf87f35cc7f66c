module SipFun.Tests.Resolution.OriginTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private lines (first: string) (more: string list) =
    String.concat "\r\n" [
        first
        yield! more
        "From: <sip:alice@example.org>;tag=1"
        "To: <sip:bob@example.com>"
        "Call-ID: 1@example.org"
        "CSeq: 1 OPTIONS"
        "Max-Forwards: 70"
        "Content-Length: 0"
        ""
        ""
    ]

let private via = "Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bK1"

let private parse text =
    match SipMessage.Parse(text: string) with
    | :? SipRequest as request -> Choice1Of2 request
    | :? SipResponse as response -> Choice2Of2 response
    | _ -> failtest "neither"

let private proxied proxy = {
    rules with
        OutgoingProxy = ValueSome(uri proxy)
        DomainProxies = Map.ofList [ "mapped.example.com", uri "sip:192.0.2.50" ]
}

let private legs =
    legs [
        "udp:192.0.2.200:5060"
        "tcp:192.0.2.200:5060"
        "tls:192.0.2.200:5061"
        "udp:[2001:db8::200]:5060"
    ]

let private zone =
    zone [
        "example.com A 192.0.2.1"
        "_sip._udp.uac.example.org SRV 1 1 5099 a.example.org"
        "_sips._tcp.uac.example.org SRV 1 1 5098 a.example.org"
        "a.example.org A 192.0.2.2"
        "uac.example.org A 192.0.2.3"
    ]

let private story text =
    let rules = proxied "sip:192.0.2.8"

    match parse text with
    | Choice1Of2 request -> Resolution.ofRequest rules legs anything 1L request
    | Choice2Of2 response -> Resolution.ofResponse rules legs anything 1L response
    |> tellWith (fun _ -> 0) (answer zone) legs rules

let private request target routes = story (lines $"OPTIONS {target} SIP/2.0" (via :: routes))

let private response via = story (lines "SIP/2.0 200 OK" [ $"Via: SIP/2.0/{via};branch=z9hG4bK1" ])

let private goes story expected why = Expect.equal (texts story) [ expected ] why

let tests =
    testList "Origin" [
        testCase "no Route: the Request-URI, and the outgoing proxy"
        <| fun () ->
            let story = request "sip:example.com" []
            goes story "udp:192.0.2.8:5060" "proxy"
            Expect.equal story.Decisions.Head (TargetIsRequestUri(uri "sip:example.com")) "told"

        testCase "a Route: its top value, and no outgoing proxy (RFC 3261, 8.1.2)"
        <| fun () ->
            let routes = [ "Route: <sip:192.0.2.5;lr>, <sip:192.0.2.6;lr>" ]
            goes (request "sip:example.com" routes) "udp:192.0.2.5:5060" "the first of two"
            goes (request "tel:+4930123" routes) "udp:192.0.2.5:5060" "whatever the Request-URI"

        testCase "the domain map looks at the Route's host too"
        <| fun () ->
            let routes = [ "Route: <sip:mapped.example.com;lr>" ]
            goes (request "sip:example.com" routes) "udp:192.0.2.50:5060" "mapped"

        testCase "a strict route: the Request-URI is the router (RFC 3261, 12.2.1.1), no proxy"
        <| fun () ->
            let story = request "sip:192.0.2.7" [ "Route: <sip:bob@example.com>" ]
            goes story "udp:192.0.2.7:5060" "the Request-URI"
            Expect.equal story.Decisions.Head (TargetIsStrictRoute(uri "sip:192.0.2.7")) "told"

        testCase "a sips Request-URI wants TLS, whatever the Route (RFC 3261, 8.1.2)"
        <| fun () ->
            let routes = [ "Route: <sip:192.0.2.5;lr>" ]
            goes (request "sips:example.com" routes) "tls:192.0.2.5:5061" "TLS"

        testCase "a Route that cannot be read is not passed by"
        <| fun () ->
            let story = request "sip:example.com" [ "Route: <sip:" ]
            goes story "Target: Unreadable" "not to the Request-URI"

        testCase "responses over UDP: received and rport, else sent-by (18.2.2; RFC 3581, 4)"
        <| fun () ->
            for via, expected in
                [
                    "UDP 192.0.2.9", "udp:192.0.2.9:5060"
                    "UDP 192.0.2.9:5070", "udp:192.0.2.9:5070"
                    "UDP 192.0.2.9:5070;received=192.0.2.4", "udp:192.0.2.4:5070"
                    "UDP 192.0.2.9;received=192.0.2.4", "udp:192.0.2.4:5060"
                    "UDP 192.0.2.9:5070;received=192.0.2.4;rport=6000", "udp:192.0.2.4:6000"
                    "UDP 192.0.2.9:5070;received=192.0.2.4;rport", "udp:192.0.2.4:5070"
                    "UDP 192.0.2.9:5070;rport=6000", "udp:192.0.2.9:5070"
                    "UDP uac.example.org;received=2001:db8::4", "udp:[2001:db8::4]:5060"
                    "UDP uac.example.org;received=[2001:db8::4];rport=7", "udp:[2001:db8::4]:7"
                    "UDP [2001:db8::9]:5070", "udp:[2001:db8::9]:5070"
                    "UDP 192.0.2.9:5070;maddr=192.0.2.3", "udp:192.0.2.3:5070"
                    "UDP 192.0.2.9;maddr=192.0.2.3;received=192.0.2.4;rport=6000",
                    "udp:192.0.2.3:5060"
                    "UDP uac.example.org;maddr=example.com", "udp:192.0.2.1:5060"
                ] do
                goes (response via) expected via

        testCase "responses to a name: SRV without a port, A with one (RFC 3263, 5)"
        <| fun () ->
            goes (response "UDP uac.example.org") "udp:192.0.2.2:5099" "_sip._udp"
            goes (response "UDP uac.example.org:5070") "udp:192.0.2.3:5070" "A"
            goes (response "TLS uac.example.org") "tls:192.0.2.2:5098" "_sips._tcp"
            goes (response "TCP uac.example.org") "tcp:192.0.2.3:5060" "no SRV for TCP"

        testCase "a response that did not get to its source goes by sent-by (RFC 3263, 5)"
        <| fun () ->
            let bySentBy via =
                match parse (lines "SIP/2.0 200 OK" [ $"Via: SIP/2.0/{via};branch=z9hG4bK1" ]) with
                | Choice2Of2 response ->
                    Resolution.ofSentBy rules legs anything 1L response
                    |> tellWith (fun _ -> 0) (answer zone) legs rules
                | _ -> failtest "a request"

            for via, expected in
                [
                    "UDP 192.0.2.9:5070;received=192.0.2.4;rport=6000", "udp:192.0.2.9:5070"
                    "TCP 192.0.2.9;received=192.0.2.4", "tcp:192.0.2.9:5060"
                    "TLS 192.0.2.9;received=192.0.2.4", "tls:192.0.2.9:5061"
                    "UDP uac.example.org:5070;received=192.0.2.4", "udp:192.0.2.3:5070"
                    "UDP uac.example.org;received=192.0.2.4", "udp:192.0.2.2:5099"
                    "TLS uac.example.org;received=192.0.2.4", "tls:192.0.2.2:5098"
                ] do
                let story = bySentBy via
                goes story expected via
                Expect.isFalse (asked story |> List.exists _.StartsWith("NAPTR")) "no NAPTR"

        testCase "responses over streams: received with the port of sent-by, no rport, no maddr"
        <| fun () ->
            for via, expected in
                [
                    "TCP 192.0.2.9:5070;received=192.0.2.4;rport=6000", "tcp:192.0.2.4:5070"
                    "TCP 192.0.2.9;received=192.0.2.4;maddr=192.0.2.3", "tcp:192.0.2.4:5060"
                    "TLS 192.0.2.9;received=192.0.2.4", "tls:192.0.2.4:5061"
                ] do
                goes (response via) expected via

        testCase "responses that cannot go: unknown transport, transport or family without leg"
        <| fun () ->
            goes (response "SCTP 192.0.2.9") "Transports: NoTransport" "SCTP"
            goes (response "WS 192.0.2.9") "Transports: NoTransport" "no WS leg"
            goes (response "TCP [2001:db8::9]") "Legs: NoLeg" "no TCP leg with IPv6"

        testCase "a response is not mapped and does not go to the outgoing proxy"
        <| fun () ->
            let story = response "UDP mapped.example.com;received=192.0.2.4"
            goes story "udp:192.0.2.4:5060" "by its Via"
            Expect.equal story.Decisions.Head (TargetIsVia "mapped.example.com") "told"

        testCase "a TLS response verifies the name of sent-by"
        <| fun () ->
            match (response "TLS uac.example.org;received=192.0.2.4").Outcome with
            | Ok [ hop ] -> Expect.equal hop.VerifyName "uac.example.org" "not the address"
            | _ -> failtest "one hop"
    ]
