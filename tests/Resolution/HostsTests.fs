module SipFun.Tests.Resolution.HostsTests

open Expecto
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private port = "sip:example.com:5060"

let private both = [
    "example.com A 192.0.2.1"
    "example.com A 192.0.2.2"
    "example.com AAAA 2001:db8::1"
    "example.com AAAA 2001:db8::2"
    "example.com AAAA 2001:db8::3"
]

let private check lines legTexts text expected why =
    Expect.equal (hops lines (legs legTexts) text) expected why

let private global4, global6 = "udp:192.0.2.200:5060", "udp:[2001:db8::200]:5060"

let tests =
    testList "Hosts" [
        testCase "P-33: IPv6 first, then in turns (RFC 8305, 4)"
        <| fun () ->
            check
                both
                [ global4; global6 ]
                port
                [
                    "udp:[2001:db8::1]:5060"
                    "udp:192.0.2.1:5060"
                    "udp:[2001:db8::2]:5060"
                    "udp:192.0.2.2:5060"
                    "udp:[2001:db8::3]:5060"
                ]
                "in turns"

        testCase "P-33: a family that no leg has is not asked for"
        <| fun () ->
            let story = tell both udp4 port
            Expect.equal (texts story) [ "udp:192.0.2.1:5060"; "udp:192.0.2.2:5060" ] "IPv4 only"
            Expect.equal (asked story) [ "A example.com" ] "no AAAA"
            let why = "no leg has one"
            Expect.contains story.Decisions (FamilySkipped(Family.V6, why)) "told"

        testCase "an address outside the networks of every leg is skipped, with the reason"
        <| fun () ->
            let inner = [ { udp4.Head with Networks = [ (Network.parse "192.0.2.0/31").Value ] } ]
            let story = tell both inner port

            let outside =
                AddressSkipped(address "192.0.2.2", "outside the networks of every leg")

            Expect.equal (texts story) [ "udp:192.0.2.1:5060" ] "the other one"
            Expect.contains story.Decisions outside "told"

            let services = [
                "_sip._udp.example.com SRV 0 0 5060 a.example.com"
                "a.example.com A 192.0.2.9"
            ]

            for lines, text in
                [
                    services, "sip:example.com"
                    [ "example.com A 192.0.2.9" ], port
                    [], "sip:192.0.2.9"
                ] do
                match (tell lines inner text).Outcome with
                | Error failure ->
                    Expect.equal failure.Fault SipFun.ResolutionFault.NoLeg text
                    Expect.stringContains failure.Detail "outside the Networks" text
                | Ok hops -> failtest $"{text}: {hops}"

        testCase "RFC 3263, 4.4: with a key, a turned order of records changes nothing"
        <| fun () ->
            let lines = [
                "_sip._udp.example.com SRV 1 5 5060 a.example.com"
                "_sip._udp.example.com SRV 1 5 5060 b.example.com"
                "a.example.com A 192.0.2.1"
                "a.example.com A 192.0.2.2"
                "b.example.com A 192.0.2.3"
                "b.example.com A 192.0.2.4"
            ]

            let found key number lines =
                let wishes = { anything with Key = key }

                Resolution.ofUri rules udp4 wishes number (uri "sip:example.com")
                |> tellWith (fun _ -> 0) (answer (zone lines)) udp4 rules
                |> texts

            let keyed key number lines = found (ValueSome key) number lines

            for key in 1L .. 20L do
                Expect.equal (keyed key 1L lines) (keyed key 2L (List.rev lines)) "the same"

            let firsts = [ for key in 1L .. 20L -> (keyed key 1L lines).Head ]
            Expect.equal (List.distinct firsts).Length 2 "keys share the load"
            let turned = found ValueNone 1L (List.rev lines)
            Expect.notEqual (found ValueNone 1L lines) turned "without: the server's order"

        testCase "P-33: addresses that no leg suits come last (RFC 6724, 6, rule 2)"
        <| fun () ->
            let lines = [ "example.com AAAA 2001:db8::1"; "example.com A 192.0.2.1" ]

            let order leg6 =
                hops lines (legs [ global4; leg6 ]) port |> List.map (fun h -> h.Contains '[')

            for leg6 in [ "udp:[::1]:5060"; "udp:[fe80::1]:5060"; "udp:[fd00::1]:5060" ] do
                Expect.equal (order leg6) [ false; true ] leg6

            for leg6 in [ global6; "udp:[::]:5060" ] do
                Expect.equal (order leg6) [ true; false ] leg6

        testCase "addresses of different SRV targets are never interleaved (RFC 7984, 4)"
        <| fun () ->
            let lines = [
                "_sip._udp.example.com SRV 1 0 5060 a.example.com"
                "_sip._udp.example.com SRV 2 0 5060 b.example.com"
                "a.example.com A 192.0.2.1"
                "a.example.com AAAA 2001:db8::1"
                "b.example.com A 192.0.2.2"
                "b.example.com AAAA 2001:db8::2"
            ]

            check
                lines
                [ global4; global6 ]
                "sip:example.com"
                [
                    "udp:[2001:db8::1]:5060"
                    "udp:192.0.2.1:5060"
                    "udp:[2001:db8::2]:5060"
                    "udp:192.0.2.2:5060"
                ]
                "one target after the other"

        testCase "localhost needs no DNS, IPv4 first (RFC 6761)"
        <| fun () ->
            let any = [ "udp:0.0.0.0:5060"; "udp:[::]:5060" ]

            for text in [ "sip:localhost:5070"; "sip:LOCALHOST.:5070"; "sip:a.localhost:5070" ] do
                check [] any text [ "udp:127.0.0.1:5070"; "udp:[::1]:5070" ] text

            check [] [ any[1] ] "sip:localhost" [ "udp:[::1]:5060" ] "by the legs' families"
            let said = (tell [] udp4 "sip:localhost").Decisions
            Expect.contains said (HostIsLocalhost "localhost") "told"

        testCase "a family that the first transport has no leg for goes by the next"
        <| fun () ->
            let mixed = [ global4; "tcp:[2001:db8::200]:5060" ]
            check [] mixed "sip:[2001:db8::9]" [ "tcp:[2001:db8::9]:5060" ] "numeric"
            check [] mixed "sip:192.0.2.9" [ "udp:192.0.2.9:5060" ] "numeric"

            check
                [ "example.com AAAA 2001:db8::1"; "example.com A 192.0.2.1" ]
                mixed
                port
                [ "udp:192.0.2.1:5060"; "tcp:[2001:db8::1]:5060" ]
                "UDP first"

        testCase "maddr: an address without DNS, or a name with SRV (RFC 3263, 4)"
        <| fun () ->
            let lines = [
                "_sip._udp.m.example.com SRV 0 0 5099 a.example.com"
                "a.example.com A 192.0.2.1"
            ]

            check [] [ global4 ] "sip:x.com;maddr=192.0.2.7" [ "udp:192.0.2.7:5060" ] "address"
            check lines [ global4 ] "sip:x.com;maddr=m.example.com" [ "udp:192.0.2.1:5099" ] "name"

        testCase "TLS verifies the URI's own host, whatever SRV and maddr say (RFC 5922, 7.3)"
        <| fun () ->
            let lines = [
                "_sips._tcp.example.com SRV 0 0 5099 a.example.net"
                "a.example.net A 192.0.2.1"
            ]

            let verified text =
                match (tell lines everyLeg text).Outcome with
                | Ok [ hop ] -> hop.VerifyName
                | _ -> "not one hop"

            Expect.equal (verified "sips:Example.com") "example.com" "SRV"
            Expect.equal (verified "sips:example.com;maddr=192.0.2.1") "example.com" "maddr"
            Expect.equal (verified "sips:192.0.2.1") "192.0.2.1" "an address"
            Expect.equal (verified "sip:192.0.2.1") null "nothing for UDP"

            match (tell [] (legs [ "tls:[::1]:5061" ]) "sips:[::1]").Outcome with
            | Ok [ hop ] -> Expect.equal hop.VerifyName "::1" "as a certificate bears it"
            | _ -> failtest "one hop"

        testCase "what is no name is not asked for"
        <| fun () ->
            let long = String.replicate 64 "a"
            let longer = String.concat "." (List.replicate 50 "abcdef")

            for host in [ long; longer; "a..b" ] do
                let struct (target, _) = Target.ofUri anything 1L false (uri "sip:a")

                let sight = {
                    Legs = udp4
                    Target = { target with Host = host }
                    Book = Map.empty
                    Chance = { Seed = 0UL; Number = 0L }
                }

                match Stage.consider sight Stage.KnownHost with
                | struct (Look.Ended failure, _) ->
                    Expect.equal failure.Fault SipFun.ResolutionFault.NameNotFound host
                | _ -> failtest host
    ]
