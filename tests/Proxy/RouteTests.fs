// P-35: Route and Record-Route (RFC 3261, 16.4, 16.6 and the examples of 16.12).
module SipFun.Tests.Proxy.RouteTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Proxy.ProxyNode

let private anybody = { own with AllowForeign = true }
let private recording = { anybody with RecordRoute = true }

let private routes (request: SipRequest) = [ for route in request.Routes -> string route ]

/// Without their seals.
let private recorded (request: SipRequest) = [
    for route in request.RecordRoutes -> string (NameAddr.Create(route.Uri.WithoutParameter "seal"))
]

let private forwarded own message = udp own |> takes 1 peer message |> request

let private invite uri more = ask "INVITE" uri "z9hG4bK1" "" more

let private twoLegs own = create settings own [ Rig.own; legOf 2 Transport.Tcp "127.0.0.1" 5062 ]

let private loose =
    testList "loose" [
        testCase "no Route: the Request-URI says where, and nothing is added but Via (16.6)"
        <| fun () ->
            let node = udp anybody |> takes 1 peer (invite "sip:b@127.0.0.9:5080" [])
            let out = request node
            same (single node).Hop (hop "127.0.0.9" 5080) "hop"
            same out.ViaCount 2 "our Via on top"
            same out.TopVia.SentBy "127.0.0.1:5060" "sent-by"
            same out.MaxForwards (Nullable 69) "one fewer"
            same (recorded out) [] "not asked for"

        testCase "our Route is taken out, the next says where (16.4, 16.6 item 7)"
        <| fun () ->
            let message =
                invite "sip:b@b.test" [ "Route: <sip:127.0.0.1;lr>, <sip:127.0.0.9:5080;lr>" ]

            let node = udp anybody |> takes 1 peer message
            same (single node).Hop (hop "127.0.0.9" 5080) "hop"
            same (routes (request node)) [ "<sip:127.0.0.9:5080;lr>" ] "Route"
            same (string (request node).RequestUri) "sip:b@b.test" "Request-URI"

        testCase "both of two that we recorded are taken out, in one line or in two"
        <| fun () ->
            for lines in
                [
                    [ "Route: <sip:127.0.0.1:5062;transport=tcp;lr>,<sip:127.0.0.1;lr>" ]
                    [ "Route: <sip:127.0.0.1:5062;transport=tcp;lr>"; "Route: <sip:127.0.0.1;lr>" ]
                ] do
                let message = ask "BYE" "sip:b@127.0.0.9:5080" "z9hG4bK1" "x" lines
                let node = twoLegs anybody |> takes 1 peer message
                same (routes (request node)) [] "none is left"
                same (single node).Hop (hop "127.0.0.9" 5080) "hop"

        testCase "another's Route stays as it is, byte for byte"
        <| fun () ->
            let line = "route :  \"x\" <sip:127.0.0.9:5080;lr;Foo=%41> ;bar , <sip:c.test;lr>"
            let out = forwarded anybody (invite "sip:b@b.test" [ line ])
            Expect.stringContains (out.ToString()) line "the line"

        testCase "an alias and a domain are ours, too"
        <| fun () ->
            let own = {
                anybody with
                    Aliases = Set [ "p.test:5070"; "q.test" ]
                    Domains = Set [ "d.test" ]
            }

            for route in [ "sip:P.test:5070;lr"; "sip:q.test:99;lr"; "sip:d.test;lr" ] do
                let message = invite "sip:b@127.0.0.9" [ $"Route: <{route}>" ]
                same (routes (forwarded own message)) [] route
    ]

let private strict =
    testList "strict" [
        testCase "our Record-Route in the Request-URI: the last Route belongs there (16.4)"
        <| fun () ->
            let message =
                ask "BYE" "sip:127.0.0.1;lr" "z9hG4bK1" "x" [
                    "Route: <sip:127.0.0.8;lr>, <sip:b@127.0.0.9:5080>"
                ]

            let node = udp anybody |> takes 1 peer message
            same (string (request node).RequestUri) "sip:b@127.0.0.9:5080" "Request-URI"
            same (routes (request node)) [ "<sip:127.0.0.8;lr>" ] "Route"
            same (single node).Hop (hop "127.0.0.8" 5060) "hop"

        testCase "the same with one Route: it is the Request-URI, and none is left"
        <| fun () ->
            let message =
                ask "BYE" "sip:127.0.0.1;lr" "z9hG4bK1" "x" [ "Route: <sip:b@127.0.0.9:5080>" ]

            let out = forwarded anybody message
            same (string out.RequestUri) "sip:b@127.0.0.9:5080" "Request-URI"
            Expect.isFalse (out.Index.Has HeaderId.Route) "no Route"

        testCase "a URI of ours without lr is none that we recorded: its Routes stay"
        <| fun () ->
            let message =
                ask "OPTIONS" "sip:127.0.0.1" "z9hG4bK1" "x" [ "Route: <sip:127.0.0.9:5080;lr>" ]

            let out = forwarded anybody message
            same (string out.RequestUri) "sip:127.0.0.1" "Request-URI"
            same (routes out) [ "<sip:127.0.0.9:5080;lr>" ] "Route"

        testCase "a strict router is next: it gets its URI, and ours goes last (16.6, item 6)"
        <| fun () ->
            let message =
                invite "sip:b@b.test" [
                    "Route: <sip:127.0.0.1;lr>, <sip:127.0.0.8>, <sip:127.0.0.6;lr>"
                ]

            let node = udp anybody |> takes 1 peer message
            same (string (request node).RequestUri) "sip:127.0.0.8" "Request-URI"
            same (routes (request node)) [ "<sip:127.0.0.6;lr>"; "<sip:b@b.test>" ] "Route"
            same (single node).Hop (hop "127.0.0.8" 5060) "hop"

        testCase "a strict router alone: one Route, the old Request-URI"
        <| fun () ->
            let out = forwarded anybody (invite "sip:b@b.test" [ "Route: <sip:127.0.0.8>" ])
            same (routes out) [ "<sip:b@b.test>" ] "Route"
    ]

let private path =
    testCase "the Path of a binding is pushed before the Routes (RFC 3327, 5.1)"
    <| fun () ->
        let targets = [
            {
                target "sip:b@127.0.0.9:5080" with
                    Path = [ NameAddr.Parse "<sip:127.0.0.8;lr>"; NameAddr.Parse "<sip:e.test;lr>" ]
            }
        ]

        let node = udp { own with Domains = Set [ "d.test" ] }
        let node = { node with Users = Map [ "bob@d.test", targets ] }
        let node = node |> takes 1 peer (invite "sip:bob@d.test" [])
        same (routes (request node)) [ "<sip:127.0.0.8;lr>"; "<sip:e.test;lr>" ] "Route"
        same (string (request node).RequestUri) "sip:b@127.0.0.9:5080" "Request-URI"
        same (single node).Hop (hop "127.0.0.8" 5060) "hop"

let private recordings =
    testList "Record-Route" [
        testCase "one value where it leaves by the leg it came by, above the others"
        <| fun () ->
            let message = invite "sip:b@127.0.0.9" [ "Record-Route: <sip:first.test;lr>" ]

            same
                (recorded (forwarded recording message))
                [ "<sip:127.0.0.1:5060;lr>"; "<sip:first.test;lr>" ]
                "values"

        testCase "two where the transport changes, each for its side (RFC 5658)"
        <| fun () ->
            let message = invite "sip:b@127.0.0.9:5080;transport=tcp" []
            let node = twoLegs recording |> takes 1 peer message

            same
                (recorded (request node))
                [ "<sip:127.0.0.1:5062;transport=tcp;lr>"; "<sip:127.0.0.1:5060;lr>" ]
                "the one for who is next on top"

        testCase "none for requests that form no dialog, one for methods nobody knows"
        <| fun () ->
            for method, count in
                [
                    "REGISTER", 0
                    "OPTIONS", 0
                    "MESSAGE", 0
                    "BYE", 0
                    "SUBSCRIBE", 1
                    "XYZ", 1
                ] do
                let message = ask method "sip:b@127.0.0.9" "z9hG4bK1" "" []
                same (recorded (forwarded recording message)).Length count method

        testCase "sips: it stays between what is TLS and what is not, unasked (16.6, item 4)"
        <| fun () ->
            let legs = [ Rig.own; legOf 2 Transport.Tls "127.0.0.1" 5061 ]
            let node = create settings anybody legs
            let toTls = node |> takes 1 peer (invite "sips:b@127.0.0.9" [])
            same (recorded (request toTls)) [ "<sips:127.0.0.1:5061;lr>" ] "to TLS"
            same (single toTls).Hop.Transport Transport.Tls "by TLS"
            let source = { peer with Transport = Transport.Tls }
            let fromTls = node |> takes 2 source (invite "sip:b@127.0.0.9" [])

            same
                (recorded (request fromTls))
                [ "<sip:127.0.0.1:5060;lr>"; "<sip:127.0.0.1:5061;transport=tls;lr>" ]
                "from TLS"
    ]

/// Two proxies, as 16.12.1.1 has them: u1 - p1 - p2 - u2.
let private trapezoid =
    testCase "16.12.1.1: through two proxies, and back within the dialog"
    <| fun () ->
        let p1 = udp recording
        let p2 = create settings recording [ leg 1 "127.0.0.2" 5060 ]
        let p2 = p2 |> binding "callee@u2.domain.com" [ "sip:callee@127.0.0.12" ]
        let p2 = { p2 with Own = { p2.Own with Domains = Set [ "u2.domain.com" ] } }
        let p1 = { p1 with Zone = Map [ "u2.domain.com", address "127.0.0.2" ] }

        let first = p1 |> takes 1 peer (invite "sip:callee@u2.domain.com" [])
        same (single first).Hop (hop "127.0.0.2" 5060) "p1 asks the DNS"
        let second = p2 |> takes 1 (hop "127.0.0.1" 5060) (request first)

        same
            (recorded (request second))
            [ "<sip:127.0.0.2:5060;lr>"; "<sip:127.0.0.1:5060;lr>" ]
            "both stay"

        let ok = (request second).CreateResponse(200, "u2")
        let back = p2 |> takes 1 (hop "127.0.0.12" 5060) ok
        let home = p1 |> takes 1 (hop "127.0.0.2" 5060) (response back)
        same (single home).Hop peer "home"
        same (response home).ViaCount 1 "the caller's Via"

        let route =
            String.Join(",", [ for one in Seq.rev (response home).RecordRoutes -> string one ])

        let bye = ask "BYE" "sip:callee@127.0.0.12" "z9hG4bKb" "u2" [ $"Route: {route}" ]

        // Both began anew meanwhile, with the same keys.
        let again (node: Node) =
            create settings { node.Own with AllowForeign = false } node.State.Legs

        let first = again p1 |> takes 1 peer bye
        same (single first).Hop (hop "127.0.0.2" 5060) "p2 is next"
        let second = again p2 |> takes 1 (hop "127.0.0.1" 5060) (request first)
        same (single second).Hop (hop "127.0.0.12" 5060) "the callee is next"
        same (routes (request second)) [] "no Route is left"

let private maddr =
    testCase "a maddr of ours has done its work; another's goes on (16.4, 16.5)"
    <| fun () ->
        let node = udp { own with Domains = Set [ "d.test" ] }
        let node = node |> binding "bob@d.test" [ "sip:b@127.0.0.9" ]
        let ours = node |> takes 1 peer (invite "sip:bob@d.test;maddr=127.0.0.1" [])
        same (string (request ours).RequestUri) "sip:b@127.0.0.9" "looked up"
        let theirs = udp anybody |> takes 1 peer (invite "sip:b@d.test;maddr=127.0.0.5" [])
        same (string (request theirs).RequestUri) "sip:b@d.test;maddr=127.0.0.5" "unchanged"
        same (single theirs).Hop (hop "127.0.0.5" 5060) "hop"

let tests = testList "Route" [ loose; strict; path; recordings; trapezoid; maddr ]
