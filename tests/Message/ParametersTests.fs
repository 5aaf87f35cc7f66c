module SipFun.Tests.Message.ParametersTests

open System
open Expecto
open SipFun
open SipFun.Core

let private isUri (text: string) =
    let mutable found: SipUri | null = null
    SipUri.TryParse(text, &found)

let private isVia (text: string) =
    let mutable found: Via | null = null
    Via.TryParse(text, &found)

let private isAddress (text: string) =
    let mutable found: NameAddr | null = null
    NameAddr.TryParse(text, &found)

/// RFC 3261, 7.3.1: "any given parameter-name MUST NOT appear more than once".
/// 19.1.1: "any given parameter-name MUST NOT appear more than once" in a URI.
let private twice =
    testList "V-05: no parameter twice" [
        for name in [ "rport"; "RPort=2"; "received=b"; "maddr=b"; "ttl=2"; "branch=b"; "x" ] do
            testCase $"Via: {name}"
            <| fun () ->
                let first = ";rport=1;received=a;maddr=a;ttl=1;branch=a;X=1"
                Expect.isTrue (isVia $"SIP/2.0/UDP a{first}") "once"
                Expect.isFalse (isVia $"SIP/2.0/UDP a{first};{name}") "twice"

        for bad in
            [
                "sip:a@b;x;x"
                "sip:a@b;x=1;X=2"
                "sip:a@b;lr;y;%6Cr"
                "sip:b;transport=udp;transport=tcp"
                "tel:+1;ext=2;ext=3"
            ] do
            testCase bad <| fun () -> Expect.isFalse (isUri bad) "twice"

        for bad in [ "<sip:a>;tag=1;tag=2"; "<sip:a>;q=1;Q=0"; "sip:a;expires=1;expires=2" ] do
            testCase bad <| fun () -> Expect.isFalse (isAddress bad) "twice"

        for field, lines in
            [
                HeaderFields.Accept :> HeaderField, "Accept: a/b;q=1;q=0"
                HeaderFields.Event, "Event: a;id=1;ID=2"
                HeaderFields.SessionExpires, "Session-Expires: 9;refresher=uac;refresher=uas"
                HeaderFields.Authorization, "Authorization: Digest a=1, A=2"
                HeaderFields.Authorization, "Authorization: Digest a=1,"
                HeaderFields.Authorization, "Authorization: Digest a=1, , b=1"
                HeaderFields.AuthenticationInfo, "Authentication-Info: nc=1, nc=2"
            ] do
            testCase lines <| fun () -> Expect.isNotNull (Corpus.fault field lines) "a fault"

        testCase "many different names are not taken for one another, and cost no square"
        <| fun () ->
            // Were each compared with each, this would not end: 10^11 comparisons.
            let names = String.concat "" [ for i in 1..300_000 -> $";p{i}" ]
            Expect.isTrue (isUri $"sip:a{names}") "URI"
            Expect.isFalse (isUri $"sip:a{names};P777") "URI, twice"
            Expect.isTrue (isAddress $"<sip:a>{names}") "address"
            Expect.isFalse (isAddress $"<sip:a>{names};P777") "address, twice"
            Expect.isTrue (isVia $"SIP/2.0/UDP a{names}") "Via"
            Expect.isFalse (isVia $"SIP/2.0/UDP a{names};P777") "Via, twice"
    ]

let private text =
    testList "SipParameter.ToString quotes what is no token (25.1, gen-value)" [
        for value, expected in
            [
                "v", "n=v"
                "", "n=\"\""
                "a b", "n=\"a b\""
                "a;b", "n=\"a;b\""
                "a=b", "n=\"a=b\""
                "a/b", "n=\"a/b\""
                "a:b@c", "n=\"a:b@c\""
                "[x]", "n=\"[x]\""
                "host.example.com", "n=host.example.com"
                "192.0.2.1", "n=192.0.2.1"
                "2001:db8::9", "n=2001:db8::9"
                "[2001:db8::9]", "n=[2001:db8::9]"
                "a\"b\\", "n=\"a\\\"b\\\\\""
            ] do
            testCase expected
            <| fun () -> Expect.equal (string (SipParameter("n", value))) expected "text"
    ]

let tests = testList "Parameters" [ twice; text ]
