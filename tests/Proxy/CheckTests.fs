// What is refused, and where nothing goes: request validation (RFC 3261, 16.3), targets (16.5), who may
// relay, and V-16 (no broadcast, no multicast, never to ourselves).
module SipFun.Tests.Proxy.CheckTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Proxy.ProxyNode

let private anybody = { own with AllowForeign = true }
let private far = "sip:b@127.0.0.9:5080"

let private status (node: Node) =
    match sent node with
    | [] -> 0
    | [ one ] ->
        match messageOf one with
        | :? SipResponse as response -> response.StatusCode
        | _ -> 1
    | _ -> -1

let private statusOf own message = udp own |> takes 1 peer message |> status

let private checks =
    testList "16.3" [
        testCase "a scheme nobody knows: 416"
        <| fun () -> same (statusOf anybody (ask "OPTIONS" "foo:b@c" "z9hG4bK1" "" [])) 416 "416"

        testCase "Max-Forwards 0: 483, and nothing is passed on; OPTIONS for ourselves is answered"
        <| fun () ->
            let without uri = (ask "OPTIONS" uri "z9hG4bK1" "" []).WithHeader("Max-Forwards", "0")

            same (statusOf anybody (without far)) 483 "483"
            same (statusOf anybody (without "sip:127.0.0.1")) 200 "we are there (11)"

        testCase "without Max-Forwards: 70 (16.6, item 3)"
        <| fun () ->
            let message = (ask "OPTIONS" far "z9hG4bK1" "" []).WithoutHeader "Max-Forwards"
            let out = udp anybody |> takes 1 peer message |> request
            same out.MaxForwards (Nullable 70) "70"

        testCase "Proxy-Require: 420, with all that is not understood"
        <| fun () ->
            let message =
                ask "INVITE" far "z9hG4bK1" "" [ "Proxy-Require: foo"; "Proxy-Require: bar" ]

            let node = udp anybody |> takes 1 peer message
            same (response node).StatusCode 420 "420"
            same (List.ofSeq (response node).Unsupported) [ "foo"; "bar" ] "Unsupported"

        testCase "OPTIONS for ourselves: Require and Proxy-Require 420, else what we take (11.2)"
        <| fun () ->
            let take more =
                udp own |> takes 1 peer (ask "OPTIONS" "sip:127.0.0.1" "z9hG4bK1" "" more)

            for name in [ "Require"; "Proxy-Require" ] do
                let refused = response (take [ $"{name}: foo" ])
                same refused.StatusCode 420 name
                same (List.ofSeq refused.Unsupported) [ "foo" ] "Unsupported"

            let ok = response (take [])
            same (ok.StatusCode, ok.GetHeader "Allow") (200, "OPTIONS") "Allow"
            Expect.isNotNull (ok.GetHeader "Supported") "Supported, nothing in it"

        testCase "a Route that cannot be read: 400; a Date that cannot: passed on"
        <| fun () ->
            let bad = ask "OPTIONS" far "z9hG4bK1" "" [ "Route: <sip:;lr>" ]
            same (statusOf anybody bad) 400 "400"
            same (statusOf anybody (ask "OPTIONS" far "z9hG4bK1" "" [ "Date: today" ])) 1 "on"
    ]

let private targets =
    testList "16.5" [
        testCase "of a user's bindings the one with the highest q, of equals the first"
        <| fun () ->
            let bound = [
                { target "sip:x@127.0.0.3" with Q = 300 }
                { target "sip:y@127.0.0.4" with Q = 900 }
                { target "sip:z@127.0.0.5" with Q = 900 }
            ]

            let node = udp { own with Domains = Set [ "d.test" ] }
            let node = { node with Users = Map [ "bob@d.test", bound ] }

            let node =
                node |> takes 1 peer (ask "INVITE" "sip:bob@D.test:5099;x=y" "z9hG4bK1" "" [])

            same (string (request node).RequestUri) "sip:y@127.0.0.4" "one target"

        testCase "a user of ours without a binding: 480; sips without a sips Contact: 480"
        <| fun () ->
            let node = udp { own with Domains = Set [ "d.test" ] }
            let node = node |> binding "bob@d.test" [ "sip:b@127.0.0.9" ]
            let take uri = node |> takes 1 peer (ask "INVITE" uri "z9hG4bK1" "" []) |> status
            same (take "sip:carol@d.test") 480 "no binding"
            same (take "sips:bob@d.test") 480 "no sips"

        testCase "what is for nobody in particular is passed to the next receiver"
        <| fun () ->
            let node = udp { own with Domains = Set [ "d.test" ] }

            for uri in [ "sip:d.test"; "sip:127.0.0.1" ] do
                let message = ask "REGISTER" uri "z9hG4bK1" "" []
                same (node |> takes 1 peer message |> status) 405 "nobody else took it"

        testCase
            "a binding that a connection made, or that nobody's name stands for, leads back there"
        <| fun () ->
            let source = { hop "127.0.0.7" 40_000 with Transport = Transport.Tcp; Flow = 9L }
            let legs = [ Rig.own; legOf 2 Transport.Tcp "127.0.0.1" 5062 ]
            let node = create settings { own with Domains = Set [ "d.test" ] } legs
            let node = node |> give (FlowAccepted(2, source, []))

            for contact in [ "sip:b@abc.invalid;transport=tcp"; "sip:b@127.0.0.7;transport=tcp" ] do
                let bound = { target contact with Source = ValueSome source; Epoch = own.Epoch }

                let node = { node with Users = Map [ "bob@d.test", [ bound ] ] }
                let node = node |> takes 1 peer (ask "INVITE" "sip:bob@d.test" "z9hG4bK1" "" [])
                same (single node).Hop source "over its connection"
                same (string (request node).RequestUri) contact "its Contact"
    ]

let private relaying =
    testList "who may relay" [
        testCase "nobody to a foreign domain: 404; within a dialog, yes"
        <| fun () ->
            same (statusOf own (ask "INVITE" far "z9hG4bK1" "" [])) 404 "404"
            let route = [ "Route: <sip:127.0.0.1;lr>" ]
            same (statusOf own (ask "INVITE" far "z9hG4bK1" "" route)) 404 "outside a dialog"
            same (statusOf own (ask "BYE" far "z9hG4bK1" "x" route)) 404 "a To tag proves nothing"
            same (statusOf own (ask "BYE" far "z9hG4bK1" "x" [])) 404 "without a Route too"
            same (statusOf own (ask "CANCEL" far "z9hG4bK1" "" [])) 1 "a CANCEL"

        testCase "where the domain map or the outgoing proxy leads, for anybody"
        <| fun () ->
            let rules = {
                settings.Rules with
                    DomainProxies = Map [ "far.test", SipUri.Parse "sip:127.0.0.4" ]
            }

            let node = create { settings with Rules = rules } own [ Rig.own ]
            let mapped = node |> takes 1 peer (ask "INVITE" "sip:b@far.test" "z9hG4bK1" "" [])
            same (single mapped).Hop (hop "127.0.0.4" 5060) "the map"
            let other = node |> takes 1 peer (ask "INVITE" "sip:b@other.test" "z9hG4bK1" "" [])
            same (status other) 404 "no other domain"
            let rules = { rules with OutgoingProxy = ValueSome(SipUri.Parse "sip:127.0.0.5") }
            let node = create { settings with Rules = rules } own [ Rig.own ]
            let all = node |> takes 1 peer (ask "INVITE" "sip:b@other.test" "z9hG4bK1" "" [])
            same (single all).Hop (hop "127.0.0.5" 5060) "the outgoing proxy"
    ]

/// Addresses, names and ports, each in each of four forms of request.
let private hosts = [
    "255.255.255.255"
    "0.0.0.0"
    "0.1.2.3"
    "224.0.0.1"
    "239.255.255.255"
    "240.0.0.1"
    "[::]"
    "[::ffff:255.255.255.255]"
    "[::ffff:0.0.0.0]"
    "[::ffff:224.0.1.75]"
    "[ff02::1]"
    "[ff0e::1]"
    "127.0.0.1"
    "[::ffff:127.0.0.1]"
    "127.000.000.001"
    "[::1]"
    "broadcast.test"
    "multicast.test"
    "nobody.test"
    "self.test"
    "2130706433"
    "0x7f000001"
    "127.1"
    "0177.0.0.1"
    "[::ffff:224.0.0.1]"
    "me.test"
    "unspecified.test"
    "six.test"
    "[::127.0.0.1]"
    "4294967295"
]

let private zone =
    Map [
        "broadcast.test", address "255.255.255.255"
        "multicast.test", address "224.0.0.1"
        "self.test", address "127.0.0.1"
        "unspecified.test", address "0.0.0.0"
        "six.test", address "::"
    ]

let private forms host = [
    $"sip:b@{host}", []
    $"sip:b@{host}:5060", []
    $"sip:b@{host};transport=udp", []
    $"sip:b@far.test;maddr={host}", []
    far, [ $"Route: <sip:{host};lr>" ]
    far, [ $"Route: <sip:{host}:5060;lr>;x" ]
    far, [ $"Route: <sip:{host}>" ]
]

let private nowhere =
    let legs = [ Rig.own; legOf 2 Transport.Udp "::1" 5060 ]
    let node = create settings { anybody with Aliases = Set [ "me.test" ] } legs
    let node = { node with Zone = zone }

    testCase $"{hosts.Length * 7} forms of broadcast, multicast, nothing and ourselves (V-16)"
    <| fun () ->
        for host in hosts do
            for uri, lines in forms host do
                let made =
                    try
                        ValueSome(ask "MESSAGE" uri "z9hG4bK1" "" lines)
                    with :? SipParseException ->
                        ValueNone

                match made with
                | ValueNone -> ()
                | ValueSome message ->
                    let node = node |> takes 1 peer message

                    for one in sent node do
                        let isHome = one.Hop = peer
                        let isFar = one.Hop = hop "127.0.0.9" 5080 && not lines.IsEmpty
                        Expect.isTrue (isHome || isFar) $"{uri} %A{lines}: {Hop.toString one.Hop}"

let private multicast =
    testCase "multicast when asked for, broadcast never"
    <| fun () ->
        let own = { anybody with AllowMulticast = true }
        same (statusOf own (ask "MESSAGE" "sip:b@224.0.1.75" "z9hG4bK1" "" [])) 1 "multicast"
        same (statusOf own (ask "MESSAGE" "sip:b@255.255.255.255" "z9hG4bK1" "" [])) 403 "broadcast"

let private responsesToo =
    testCase "nor does a response: maddr has no say in where it goes (V-16, V-08)"
    <| fun () ->
        let via = "SIP/2.0/UDP 127.0.0.7:5070;maddr=224.0.0.1;branch=z9hG4bK1"
        let message = (ask "OPTIONS" far "z" "" []).WithTopVia(Via.Parse via)
        let refused = udp own |> takes 1 peer message
        same (single refused).Hop peer "our own"
        let out = udp anybody |> takes 1 peer message |> request
        let home = udp anybody |> takes 1 peer (out.CreateResponse(200, "x"))
        same (single home).Hop peer "another's"

let tests =
    testList "Check" [ checks; targets; relaying; nowhere; multicast; responsesToo ]
