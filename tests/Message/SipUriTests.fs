module SipFun.Tests.Message.SipUriTests

open System
open System.Net
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun

let private read text = SipUri.Parse text

let private isUri (text: string) =
    let mutable found: SipUri | null = null
    SipUri.TryParse(text, &found)

let private parts =
    testList "parts (19.1.1)" [
        testCase "all of them"
        <| fun () ->
            let uri =
                read
                    "SIPS:a%6Cice:p%20w@Atlanta.com:5061;Transport=TCP;lr?subject=a%20b&priority=urgent"

            Expect.equal uri.Scheme "sips" "scheme"
            Expect.isTrue uri.IsSips "sips"
            Expect.equal uri.User "alice" "user"
            Expect.equal uri.Password "p w" "password"
            Expect.equal uri.Host "Atlanta.com" "host"
            Expect.equal uri.Port (Nullable 5061) "port"
            Expect.equal uri.Transport "tcp" "transport"
            Expect.isTrue uri.IsLooseRouter "lr"
            Expect.equal uri.Headers[0].Value "a b" "header"
            Expect.equal uri.Headers.Count 2 "headers"

        testCase "esc01: escapes are decoded once (RFC 4475, 3.1.1.3)"
        <| fun () ->
            let uri = read "sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31"
            Expect.equal (uri.GetParameter "name") "value%41" "once"
            Expect.isTrue uri.IsLooseRouter "lr"

        testCase "numeric hosts are addresses, names and odd numbers are not (RFC 5954)"
        <| fun () ->
            let address host = (read $"sip:{host}").Address
            Expect.equal (address "192.0.2.1") (IPAddress.Parse "192.0.2.1") "IPv4"
            Expect.equal (address "[2001:db8::9:1]") (IPAddress.Parse "2001:db8::9:1") "IPv6"

            Expect.equal
                (address "[2001:db8:::192.0.2.1]")
                (IPAddress.Parse "2001:db8::192.0.2.1")
                "RFC 5118, 4.10"

            Expect.isNull (address "1.2.3.example") "a name"
            Expect.isNull (address "0x7f") "hexadecimal"

        testCase "tel (RFC 3966, 3)"
        <| fun () ->
            let uri = read "tel:7042;phone-context=example.com"
            Expect.isTrue uri.IsTel "tel"
            Expect.equal uri.Host "7042" "number"
            Expect.equal (uri.GetParameter "phone-context") "example.com" "context"

            Expect.isTrue
                ((read "tel:+1-201-555-0123").IsEquivalentTo(read "tel:+12015550123"))
                "separators"

            Expect.isFalse
                ((read "tel:7042;phone-context=a").IsEquivalentTo(read "tel:7042;phone-context=b"))
                "context"

        for bad in
            [
                "sip:"
                "sip:@x"
                "sip:a@"
                "sip:a b@x"
                "sip:2001:db8::10"
                "sip:x:99999"
                "sip:x;"
                "sip:x;=1"
                "sip:x;a="
                "sip:x?"
                "sip:x?a"
                "sip:%zz@x"
                "sip:a@b@c"
                "sip:[::1"
                "sip:[:]"
                "tel:"
                "x"
                ":x"
                "1a:x"
                ""
                "sip:x\r\n"
                "sip:x>y"
                "sip:.x"
                "sip:a%4@x"
            ] do
            testCase $"refused: {SipFun.Core.Sanitizer.text bad}"
            <| fun () -> Expect.isFalse (isUri bad) "no URI"
    ]

/// RFC 3261, 19.1.4, the examples of the text.
let private equivalence =
    testList "equivalence (19.1.4)" [
        for a, b in
            [
                "sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"
                "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"
                "sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x"
                "sip:[2001:db8::1]", "sip:[2001:DB8:0:0:0:0:0:1]"
            ] do
            testCase $"{a} is {b}"
            <| fun () ->
                Expect.isTrue ((read a).IsEquivalentTo(read b)) "there"
                Expect.isTrue ((read b).IsEquivalentTo(read a)) "and back"

        for a, b in
            [
                "SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"
                "sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"
                "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"
                "sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"
                "sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"
                "sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"
                "sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"
                "sip:a@x", "sips:a@x"
                "sip:a%3Bb@x", "sip:a;b@x"
                "sip:x;user=ip", "sip:x"
                "sip:x;maddr=y", "sip:x"
                "sip:x;ttl=1", "sip:x"
                "sip:x;method=INVITE", "sip:x"
            ] do
            testCase $"{a} is not {b}"
            <| fun () ->
                Expect.isFalse ((read a).IsEquivalentTo(read b)) "there"
                Expect.isFalse ((read b).IsEquivalentTo(read a)) "and back"

        testCase "P-07: the known exception to transitivity"
        <| fun () ->
            let plain, on, off =
                read "sip:carol@chicago.com",
                read "sip:carol@chicago.com;security=on",
                read "sip:carol@chicago.com;security=off"

            Expect.isTrue
                (plain.IsEquivalentTo on && plain.IsEquivalentTo off)
                "both match the plain one"

            Expect.isFalse (on.IsEquivalentTo off) "but not each other"
            Expect.isTrue (on <> off && plain <> on) "Equals stays an equivalence"

        testPropertyWithConfig Generators.config "P-07: reflexive and symmetric; Equals implies it"
        <| Prop.forAll (Arb.fromGen (Gen.two Generators.sipUri)) (fun (a, b) ->
            let a, b = read a, read b

            a.IsEquivalentTo a
            && a = read (a.ToString())
            && a.GetHashCode() = read(a.ToString()).GetHashCode()
            && a.IsEquivalentTo b = b.IsEquivalentTo a
            && (a <> b || (a.IsEquivalentTo b && a.GetHashCode() = b.GetHashCode())))
    ]

let private edits =
    testList "edits" [
        testCase "each changes its part and nothing else"
        <| fun () ->
            let uri = read "sip:bob@example.com:5070;a=b;lr?x=y"
            Expect.equal (string (uri.WithHost "[::1]")) "sip:bob@[::1]:5070;a=b;lr?x=y" "host"
            Expect.equal (string (uri.WithPort(Nullable()))) "sip:bob@example.com;a=b;lr?x=y" "port"

            Expect.equal
                (string (uri.WithParameter("A", "c d")))
                "sip:bob@example.com:5070;A=c%20d;lr?x=y"
                "set"

            Expect.equal
                (string (uri.WithParameter "n"))
                "sip:bob@example.com:5070;a=b;lr;n?x=y"
                "added"

            Expect.equal
                (string (uri.WithoutParameter "A"))
                "sip:bob@example.com:5070;lr?x=y"
                "removed"

            Expect.equal (string (uri.WithoutHeaders())) "sip:bob@example.com:5070;a=b;lr" "headers"

            Expect.equal
                (string (uri.WithUser "a@b"))
                "sip:a%40b@example.com:5070;a=b;lr?x=y"
                "user"

        testCase
            "an edit leaves the other parameters as they were written, escapes that are no text too"
        <| fun () ->
            let uri = read "sip:b;x=%FF;%61=%2f;lr"
            Expect.equal (string (uri.WithParameter("lr", "on"))) "sip:b;x=%FF;%61=%2f;lr=on" "set"
            Expect.equal (string (uri.WithoutParameter "a")) "sip:b;x=%FF;lr" "by its decoded name"

        testCase "a number with a parameter behind it is no number"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> (read "tel:+1").WithHost "+2;ext=3" |> ignore)
                "refused"

        testPropertyWithConfig Generators.config "a user goes in and comes out"
        <| fun (NonEmptyString user) ->
            let clean = Text.Encoding.UTF8.GetString(Text.Encoding.UTF8.GetBytes user)
            (read "sip:x").WithUser(clean).User = clean
    ]

let private hashes =
    testCase "V-17: hashes spread over parameters and headers, and 100,000 compare in linear time"
    <| fun () ->
        for piece in [ ";x="; ";x"; "?x=" ] do
            let uris = [ for i in 0..9_999 -> read $"sip:a@b{piece}{i}" ]
            let spread = uris |> List.map (fun uri -> uri.GetHashCode()) |> List.distinct
            Expect.isGreaterThan spread.Length 9_990 piece

        // Were each compared with each, this would not end.
        let names = [ for i in 0..99_999 -> $";p{i}=1" ]
        let a = read ("sip:a@b" + String.concat "" names)
        let b = read ("sip:a@b" + String.concat "" (List.rev names))
        Expect.isTrue (a.IsEquivalentTo b && a = b) "the same"

let tests = testList "SipUri" [ parts; equivalence; edits; hashes ]
