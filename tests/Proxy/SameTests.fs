// P-40: a proxy never changes the body, nor a header field it need not, nor their order.
module SipFun.Tests.Proxy.SameTests

open System
open System.Collections.Generic
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Message
open SipFun.Tests.Rig
open SipFun.Tests.Proxy.ProxyNode

let private anybody = { own with AllowForeign = true }

/// Header lines but those that forwarding is about, as they are written.
let private others (named: string list) (message: SipMessage) = [
    for line in message.Headers do
        if not (List.contains (line.Key.ToLowerInvariant()) named) then
            line
]

let private examples () = [
    let shared =
        match Corpus.sharedFolder with
        | Some _ -> Corpus.zip "rfc-examples/rfc-examples.zip"
        | None -> [||]

    for _, bytes in Array.append Corpus.rfc4475.Value shared do
        match Corpus.parse bytes with
        | Ok message -> message
        | Error _ -> ()
]

let private ours = [ "via"; "v"; "max-forwards"; "route"; "record-route" ]

/// One that a proxy may pass on, and whose Contacts somebody can reach.
let private isUsual (request: SipRequest) =
    request.RequestUri.IsSip
    && request.MaxForwards <> Nullable 0
    && request.Contacts |> Seq.forall (fun contact -> not (contact.Uri.Host.EndsWith ".invalid"))

let private expectSame (before: SipMessage) (after: SipMessage) =
    same (others ours after) (others ours before) "every other line, in its order"
    same (after.Body.ToArray()) (before.Body.ToArray()) "the body"

/// Each request of the corpora, to a hop that is known.
let private corpora =
    testCase "each request and response of the corpora leaves as it came (P-40)"
    <| fun () ->
        let rules = {
            settings.Rules with
                DomainProxies = Map [ "*", SipUri.Parse "sip:127.0.0.9:5080" ]
        }

        let node = create { settings with Rules = rules } anybody [ Rig.own ]
        let mutable count = 0

        for message in examples () do
            match message with
            | :? SipRequest as request when isUsual request ->
                let node = node |> takes 1 peer request

                for one in sent node do
                    match messageOf one with
                    | :? SipRequest as out ->
                        count <- count + 1
                        expectSame request out
                        same out.ViaCount (request.ViaCount + 1) "one Via more"
                    | _ -> ()
            | _ -> ()

        Expect.isGreaterThan count 15 "many of them are passed on"

let private strange =
    testCase "odd spelling, folds, compact forms, unknown fields and a binary body stay (P-40)"
    <| fun () ->
        let lines = [
            "MESSAGE sip:b@127.0.0.9 SIP/2.0"
            "v:SIP/2.0/UDP 127.0.0.7:5070 ;branch=z9hG4bK1"
            "max-FORWARDS:\t 7"
            "f : \"A\\\"B\" <sip:a@a.test> ;tag=1"
            "T:<sip:b@b.test>"
            "i: x@y"
            "CSeq: 00009  MESSAGE"
            "X-Odd:  one,"
            "\ttwo ; three"
            "date: yesterday"
            "l: 5"
        ]

        let message = text lines "\000\r\n\255x" // the length is in bytes of UTF-8
        let body = message.Body.ToArray()
        let out = udp anybody |> takes 1 peer message |> request
        same (out.Body.ToArray()) body "the body"
        let written = out.ToString()

        for line in
            [
                "f : \"A\\\"B\" <sip:a@a.test> ;tag=1"
                "X-Odd:  one,\r\n\ttwo ; three"
                "max-FORWARDS:\t 6"
            ] do
            Expect.stringContains written line "as it was"

let private length =
    testCase "a Content-Length is added for a stream, and only there (16.6, item 9)"
    <| fun () ->
        let message uri = (ask "MESSAGE" uri "z9hG4bK1" "" []).WithoutHeader "Content-Length"

        let legs = [ Rig.own; legOf 2 Transport.Tcp "127.0.0.1" 5062 ]
        let node = create settings anybody legs
        let udp = node |> takes 1 peer (message "sip:b@127.0.0.9") |> request
        same udp.ContentLength (Nullable()) "not over UDP"
        let tcp = node |> takes 1 peer (message "sip:b@127.0.0.9;transport=tcp") |> request
        same tcp.ContentLength (Nullable 0L) "over TCP"

let private contacts =
    testList "Contact" [
        testCase "leads through here and back, when asked for (RewriteContact)"
        <| fun () ->
            let node = udp { anybody with RewriteContact = true }

            let message =
                ask "INVITE" "sip:b@127.0.0.9:5080" "z9hG4bK1" "" [
                    "Contact: \"A\" <sip:a@10.0.0.1:5062;ob>;+x=\"y\""
                ]

            let out = node |> takes 1 peer message |> request
            let contact = out.Contacts[0]
            same (contact.Uri.Host, contact.Uri.Port) ("127.0.0.1", Nullable 5060) "here"
            same contact.DisplayName "A" "the rest stays"
            let back = ask "BYE" (string contact.Uri) "z9hG4bK2" "x" []

            let home =
                udp { own with RewriteContact = true } |> takes 1 (hop "127.0.0.9" 5080) back

            same (single home).Hop peer "to where it came from"
            same (string (request home).RequestUri) "sip:a@10.0.0.1:5062;ob" "as it was"

        testCase "one that nobody could reach is led through here in any case (RFC 7118, 5)"
        <| fun () ->
            let take host =
                let line = $"Contact: <sip:a@{host};transport=ws>"
                let message = ask "INVITE" "sip:b@127.0.0.9" "z9hG4bK1" "" [ line ]
                string (udp anybody |> takes 1 peer message |> request).Contacts[0].Uri.Host

            same (take "df7jal23ls0d.invalid") "127.0.0.1" "nobody's"
            same (take "10.0.0.1") "10.0.0.1" "somebody's"

        testCase "a forged one is nobody's"
        <| fun () ->
            let node = udp { anybody with RewriteContact = true }
            let line = "Contact: <sip:a@10.0.0.1>"
            let message = ask "INVITE" "sip:b@127.0.0.9" "z9hG4bK1" "" [ line ]
            let user = string (node |> takes 1 peer message |> request).Contacts[0].Uri.User
            let last = if user.EndsWith 'A' then 'Q' else 'A'
            let uri = $"sip:{user.Substring(0, user.Length - 2)}{last}{last}@127.0.0.1"
            let node = node |> takes 1 peer (ask "BYE" uri "z9hG4bK2" "x" [])
            same (response node).StatusCode 404 "404"
    ]

let tests = testList "Same" [ corpora; strange; length; contacts ]
