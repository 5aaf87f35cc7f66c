module SipFun.Tests.Message.UriScanTests

open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun

let private isUri (text: string) =
    let mutable found: SipUri | null = null
    SipUri.TryParse(text, &found)

/// RFC 3261, 25.1: labels begin and end with a letter or digit, toplabel begins with a letter;
/// RFC 3986, 3.2.2 and RFC 5954, 4.1: what is in brackets is an IPv6 address.
let private hosts =
    testList "hosts" [
        for bad in
            [
                "a..b"
                ".a"
                "a.-b"
                "a-.b"
                "a-"
                "1.2.3.4.5"
                "256.1.1.1"
                "1.2.3"
                "a.1"
                "1."
                "."
                "[1::2::3]"
                "[::::]"
                "[::::::]"
                "[12345::]"
                "[1:2:3:4:5:6:7]"
                "[1:2:3:4:5:6:7:8:9]"
                "[1:2:3:4:5:6:7:8::]"
                "[:1::2]"
                "[1::2:]"
                "[::1.2.3]"
                "[::256.1.1.1]"
                "[1.2.3.4]"
                "[1:2:3:4:5:6:7:1.2.3.4]"
                "[::1.2.3.4:5]"
                "[]"
            ] do
            testCase $"refused: {bad}"
            <| fun () ->
                Expect.isFalse (isUri $"sip:{bad}") "URI"
                let mutable via: Via | null = null
                Expect.isFalse (Via.TryParse($"SIP/2.0/UDP {bad};branch=1", &via)) "Via"

        for good in
            [
                "a"
                "a."
                "a.b-c.d9"
                "a--b.c"
                "3com.example"
                "1.2.3.4"
                "010.2.3.4"
                "a_b.example" // underscores occur, in SRV-like names and in containers
                "_sip._udp.example.com"
                "[::]"
                "[::1]"
                "[1::]"
                "[1:2:3:4:5:6:7:8]"
                "[1:2:3:4:5:6:7::]"
                "[::ffff:192.0.2.1]"
                "[1:2:3:4:5:6:192.0.2.1]"
                "[2001:db8:::192.0.2.1]" // RFC 5118, 4.10
            ] do
            testCase $"read: {good}" <| fun () -> Expect.isTrue (isUri $"sip:u@{good}:5060") "URI"

        testPropertyWithConfig Generators.config "in brackets: an address, or refused"
        <| Prop.forAll
            (Arb.fromGen (Gen.listOf (Gen.elements [ ":"; "::"; "1"; "abcd"; "1.2.3.4"; "9:9:9" ])))
            (fun pieces ->
                let host = "[" + String.concat "" pieces + "]"
                let mutable uri: SipUri | null = null
                not (SipUri.TryParse("sip:" + host, &uri)) || not (isNull (nonNull uri).Address))
    ]

/// RFC 3966, 3: global-number-digits = "+" *phonedigit DIGIT *phonedigit; a local number MUST have
/// a phone-context.
let private tel =
    testList "tel" [
        for bad in
            [
                "tel:+"
                "tel:---"
                "tel:+-.()"
                "tel:1+2;phone-context=x"
                "tel:++1"
                "tel:+1*2"
                "tel:+1a"
                "tel:7042"
                "tel:7042;phone-context"
                "tel:-.;phone-context=x"
            ] do
            testCase $"refused: {bad}" <| fun () -> Expect.isFalse (isUri bad) "no tel URI"

        for good in
            [
                "tel:+1-(201).555"
                "tel:*69#a;ext=1;Phone-Context=+1"
                "tel:1;phone-context=x"
            ] do
            testCase $"read: {good}" <| fun () -> Expect.isTrue (isUri good) "a tel URI"
    ]

let tests = testList "UriScan" [ hosts; tel ]
