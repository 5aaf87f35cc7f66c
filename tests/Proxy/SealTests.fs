// Who is believed to be within a dialog: who brings our Record-Route back, sealed for that call, as a Route
// (RFC 3261, 16.6, item 4); and credentials that were meant for us (22.3).
module SipFun.Tests.Proxy.SealTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Proxy.ProxyNode

let private domain = { own with Domains = Set [ "d.test" ]; RecordRoute = true }
let private node = udp domain |> binding "bob@d.test" [ "sip:b@127.0.0.9" ]
let private far = "sip:b@127.0.0.9:5080"

/// Our Record-Route of a call that we let through.
let private recorded =
    let sent = node |> takes 1 peer (ask "INVITE" "sip:bob@d.test" "z9hG4bK1" "" [])
    string (request sent).RecordRoutes[0]

let private isRelayed (message: SipMessage) node =
    match sent (node |> takes 1 peer message) with
    | [ one ] -> messageOf one :? SipRequest
    | _ -> false

let private bye tag lines = ask "BYE" far "z9hG4bK2" tag lines

let private seals =
    testList "a sealed Route" [
        testCase "leads anywhere within its dialog, from both sides"
        <| fun () ->
            Expect.isTrue (node |> isRelayed (bye "x" [ $"Route: {recorded}" ])) "with it"
            Expect.isFalse (node |> isRelayed (bye "x" [])) "without"
            Expect.isFalse (node |> isRelayed (bye "" [ $"Route: {recorded}" ])) "without a To tag"

        testCase "not in another call, nor changed, nor with another key"
        <| fun () ->
            let message = bye "x" [ $"Route: {recorded}" ]
            Expect.isFalse (node |> isRelayed (message.WithHeader("Call-ID", "call-2"))) "call"

            let other = udp { domain with Secret = struct (1UL, 2UL) } |> takes 1 peer message

            same (response other).StatusCode 404 "another key"
            let bare = [ "Route: <sip:127.0.0.1:5060;lr;seal=0123456789abcdef>" ]
            Expect.isFalse (node |> isRelayed (bye "x" bare)) "made up"

        testCase "in the request line too, from a strict router (16.4)"
        <| fun () ->
            let uri = string (NameAddr.Parse recorded).Uri
            let message = ask "BYE" uri "z9hG4bK2" "x" [ $"Route: <{far}>" ]
            Expect.isTrue (node |> isRelayed message) "repaired"

        testCase "tells who is within a dialog of ours"
        <| fun () ->
            let within message = Proxy.isWithin (view node) 1 peer message
            Expect.isTrue (within (bye "x" [ $"Route: {recorded}" ])) "with it"
            Expect.isFalse (within (bye "x" [ "Route: <sip:127.0.0.1:5060;lr>" ])) "without"
            Expect.isFalse (within (bye "" [ $"Route: {recorded}" ])) "outside"
    ]

let private unasked =
    testCase "ACK and CANCEL open no connection to a stranger's target, and an ACK asks no DNS"
    <| fun () ->
        let tcp = legOf 2 Transport.Tcp "127.0.0.1" 5062
        let node = { create settings domain [ Rig.own; tcp ] with AnswersAtOnce = false }

        for method, tag in [ "ACK", "x"; "CANCEL", "" ] do
            let message = ask method (far + ";transport=tcp") "z9hG4bK2" tag []
            Expect.isFalse (node |> isRelayed message) $"{method} by a new connection"
            let there = { hop "127.0.0.9" 5080 with Transport = Transport.Tcp; Flow = 9L }

            let joined = node |> give (FlowAccepted(2, { there with Port = 40_000 }, []))
            Expect.isFalse (joined |> isRelayed message) $"{method} by another's"
            Expect.isTrue (node |> isRelayed (ask method far "z9hG4bK2" tag [])) $"{method} by UDP"

        let asked = node |> takes 1 peer (ask "ACK" "sip:b@far.test" "z9hG4bK2" "x" [])
        same asked.Asked [] "nobody is asked"

let private credentials =
    testCase "proxy credentials for our realms go no further, all others do (22.3)"
    <| fun () ->
        let line realm = $"Proxy-Authorization: Digest username=\"a\", realm=\"{realm}\""
        let lines = [ line "d.test"; line "far.test"; line "D.test"; "X: y" ]
        let message = ask "INVITE" "sip:bob@d.test" "z9hG4bK1" "" lines

        let left realms =
            match Proxy.receivedFor (view node) realms 1 peer message with
            | ProxyStep.AskUser passage ->
                match Proxy.located (view node) passage [ target "sip:b@127.0.0.9" ] with
                | ProxyStep.Send(_, _, packet) -> [
                    for value in (SipMessage.Parse packet).GetHeaders "Proxy-Authorization" do
                        string value
                  ]
                | other -> failwithf "%A" other
            | other -> failwithf "%A" other

        same (left []).Length 3 "nobody asked"
        same (left [ "d.test" ]).Length 2 "ours is gone"
        Expect.isFalse (left [ "d.test" ] |> List.exists _.Contains("\"d.test\"")) "that one"

let tests = testList "Seal" [ seals; unasked; credentials ]
