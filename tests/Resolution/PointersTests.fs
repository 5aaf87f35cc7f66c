module SipFun.Tests.Resolution.PointersTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private domain = "sip:example.com"

let private services = [
    "_sip._udp.example.com SRV 1 1 6001 u.example.com"
    "_sip._tcp.example.com SRV 1 1 6002 t.example.com"
    "_sips._tcp.example.com SRV 1 1 6003 s.example.com"
    "_sip._ws.example.com SRV 1 1 6004 w.example.com"
    "_sips._ws.example.com SRV 1 1 6005 x.example.com"
    "u.example.com A 192.0.2.1"
    "t.example.com A 192.0.2.2"
    "s.example.com A 192.0.2.3"
    "w.example.com A 192.0.2.4"
    "x.example.com A 192.0.2.5"
    "example.com A 192.0.2.10"
]

let private naptr order preference service replacement =
    $"example.com NAPTR {order} {preference} s {service} \"\" {replacement}"

let private udp order preference = naptr order preference "SIP+D2U" "_sip._udp.example.com"
let private tcp order preference = naptr order preference "SIP+D2T" "_sip._tcp.example.com"
let private tls order preference = naptr order preference "SIPS+D2T" "_sips._tcp.example.com"
let private ws order preference = naptr order preference "SIP+D2W" "_sip._ws.example.com"
let private wss order preference = naptr order preference "SIPS+D2W" "_sips._ws.example.com"

let private byUdp, byTcp, byTls, byWs, byWss =
    "udp:192.0.2.1:6001",
    "tcp:192.0.2.2:6002",
    "tls:192.0.2.3:6003",
    "ws:192.0.2.4:6004",
    "wss:192.0.2.5:6005"

let private check records legs text expected why =
    Expect.equal (hops (records @ services) legs text) expected why

let private bySrv = [ byUdp; byTcp; byTls ]

let private why records legs text =
    (tell (records @ services) legs text).Decisions
    |> List.choose (fun decision ->
        match decision with
        | PointerSkipped(service, _, why) -> Some(service, why)
        | _ -> None)

/// The record is left out for this reason, and the domain's own SRV records are asked for.
let private isSkipped record (reason: string) =
    let story = tell (record :: services) everyLeg domain
    Expect.equal (texts story) bySrv $"{record}: SRV as without NAPTR"
    let reasons = why [ record ] everyLeg domain |> List.map snd
    Expect.isTrue (reasons |> List.exists _.Contains(reason)) $"{record}: {reasons}"

let private wishing transports = { Wishes.none with Transports = List.map transport transports }

let private wished records transports =
    Resolution.ofUri rules everyLeg (wishing transports) 1L (uri domain)
    |> tellWith (fun _ -> 0) (answer (zone (records @ services))) everyLeg rules
    |> texts

let tests =
    testList "Pointers" [
        testCase "all five services, by preference (RFC 3263, 4.1; RFC 7118, 6)"
        <| fun () ->
            check
                [ udp 1 50; tcp 1 40; tls 1 30; ws 1 20; wss 1 10 ]
                everyLeg
                domain
                [ byWss; byWs; byTls; byTcp; byUdp ]
                "lowest preference first"

        testCase "once a record fits, those of another order are not looked at (RFC 3403, 4.1)"
        <| fun () ->
            let records = [ tls 50 50; tcp 90 50; udp 100 50 ]
            check records everyLeg domain [ byTls ] "the domain wants TLS"
            let noTls = legs [ "udp:192.0.2.200:5060"; "tcp:192.0.2.200:5060" ]
            check records noTls domain [ byTcp ] "RFC 3263's example: TCP will be used"

            Expect.equal
                (why records noTls domain)
                [ "SIPS+D2T", "no leg speaks its transport"; "SIP+D2U", "one of order 90 fits" ]
                "with reasons"

        testCase "what was taken, and where it leads, is told"
        <| fun () ->
            let said = (tell (udp 10 20 :: services) everyLeg domain).Decisions
            Expect.contains said (PointerTaken(10, 20, "SIP+D2U", "_sip._udp.example.com")) "told"

        testCase "NAPTR decides the order of transports, not the SRV priorities of each"
        <| fun () ->
            let records = [ tcp 1 1; udp 1 2 ]
            check records everyLeg domain [ byTcp; byUdp ] "TCP first"
            Expect.equal (wished records [ "udp"; "tcp" ]) [ byTcp; byUdp ] "wishes only leave out"
            Expect.equal (wished records [ "udp" ]) [ byUdp ] "those not wished for"

        testCase "equal order and preference: the usual order of transports, whatever the answer's"
        <| fun () ->
            let records = [ tls 1 1; tcp 1 1; udp 1 1 ]
            check records everyLeg domain bySrv "udp, tcp, tls"
            check (List.rev records) everyLeg domain bySrv "and again"

        testCase "sips: SIPS services only (RFC 3263, 4.1: MUST discard)"
        <| fun () ->
            let records = [ udp 1 1; tcp 1 2; tls 1 3; ws 1 4; wss 1 5 ]
            check records everyLeg "sips:example.com" [ byTls; byWss ] "TLS and WSS"
            check [ udp 1 1; tcp 1 2 ] everyLeg "sips:example.com" [ byTls ] "no bid-down"

            Expect.equal
                (why [ udp 1 1 ] everyLeg "sips:example.com")
                [ "SIP+D2U", "the URI or the sender does not allow its transport" ]
                "why not"

        testCase
            "a replacement outside the domain is followed (RFC 3263, 4.1) unless it is SIPS: P-30"
        <| fun () ->
            let school = [
                "_sip._tcp.school.example SRV 1 1 7002 t.example.com"
                "_sips._tcp.school.example SRV 1 1 7003 s.example.com"
            ]

            let plain = naptr 1 1 "SIP+D2T" "_sip._tcp.school.example"
            let secure = naptr 1 1 "SIPS+D2T" "_sips._tcp.school.example"
            check (plain :: school) everyLeg domain [ "tcp:192.0.2.2:7002" ] "no need to match"
            check (secure :: school) everyLeg "sips:example.com" [ byTls ] "refused: its own SRV"
            check (secure :: school) everyLeg domain bySrv "for a sip URI too"
            isSkipped secure "no certificate for example.com"

            let close = naptr 1 1 "SIPS+D2T" "_sips._tcp.badexample.com"
            isSkipped close "no certificate for example.com"

        testCase "what is no terminal rule to SRV of a known transport is left out, with the reason"
        <| fun () ->
            isSkipped (naptr 1 1 "SIP+D2S" "_sip._sctp.example.com") "SCTP"
            isSkipped (naptr 1 1 "SIPS+D2U" "_sips._udp.example.com") "TLS does not go over UDP"
            isSkipped (naptr 1 1 "E2U+sip" "x.example.com") "locates no SIP server"
            isSkipped "example.com NAPTR 1 1 a SIP+D2U \"\" u.example.com" "its flag is not \"s\""
            isSkipped "example.com NAPTR 1 1 \"\" SIP+D2U \"\" u.example.com" "its flag"
            isSkipped "example.com NAPTR 1 1 s SIP+D2U !x!y! ." "regular expression"
            isSkipped "example.com NAPTR 1 1 s SIP+D2U !x!y! u.example.com" "regular expression"
            isSkipped "example.com NAPTR 1 1 s SIP+D2U \"\" ." "no replacement"

        testCase "flags and services in any case"
        <| fun () ->
            let line = "example.com NAPTR 1 1 S sip+d2t \"\" _SIP._tcp.Example.com."
            check [ line ] everyLeg domain [ byTcp ] "taken"

        testCase "one that does not fit does not hide those of later orders"
        <| fun () ->
            let sctp = naptr 1 1 "SIP+D2S" "_sip._sctp.example.com"
            check [ sctp; tcp 2 1 ] everyLeg domain [ byTcp ] "order 2 is the first that fits"

        testCase "no SRV records where it points to: the domain's own"
        <| fun () ->
            let nowhere = naptr 1 1 "SIP+D2T" "_sip._tcp.gone.example.com"
            check [ nowhere ] everyLeg domain bySrv "RFC 2543's way"
            let said = (tell (nowhere :: services) everyLeg domain).Decisions
            Expect.contains said PointersEmpty "told"

        testCase "SRV \".\" where it points to ends it: the service is not offered"
        <| fun () ->
            let lines = [
                naptr 1 1 "SIP+D2T" "_sip._tcp.off.example.com"
                "_sip._tcp.off.example.com SRV 0 0 0 ."
            ]

            check lines everyLeg domain [ "ServiceRecords: ServiceAbsent" ] "absent"

        testCase "NAPTR that fails counts as none"
        <| fun () ->
            for status in [ "SERVFAIL"; "REFUSED"; "TIMEOUT" ] do
                check [ $"example.com NAPTR {status}" ] everyLeg domain bySrv status

        testCase "it is asked only for a name without port and transport (RFC 3263, 4.1)"
        <| fun () ->
            let isAsked text =
                asked (tell (tcp 1 1 :: services) everyLeg text)
                |> List.exists _.StartsWith("NAPTR")

            Expect.isTrue (isAsked domain) "a name"
            Expect.isTrue (isAsked "sips:example.com") "sips"
            Expect.isTrue (isAsked "sip:x.com;maddr=example.com") "maddr is the TARGET"

            for text in
                [
                    "sip:example.com:5060"
                    "sip:example.com;transport=tcp"
                    "sip:192.0.2.1"
                    "sip:localhost"
                ] do
                Expect.isFalse (isAsked text) text

        testCase "a thousand records, and aliases: within the bounds"
        <| fun () ->
            let many = [ for n in 1..1000 -> naptr 1 n "SIP+D2T" $"_sip._tcp.h{n}.example.com" ]
            let story = tell (many @ services) everyLeg domain
            Expect.isLessThanOrEqual story.Questions.Length ResolutionBounds.Questions "bounded"

            let asked = asked story |> List.filter _.StartsWith("SRV _sip._tcp.h")
            Expect.equal asked [ for n in 1..5 -> $"SRV _sip._tcp.h{n}.example.com" ] "five"

        testCase "an alias of the domain is followed"
        <| fun () ->
            let lines = [
                "alias.example.com CNAME example.com"
                tcp 1 1
                "example.com NAPTR 1 2 s SIPS+D2T \"\" _sips._tcp.example.com"
            ]

            check lines everyLeg "sip:alias.example.com" [ byTcp ] "but SIPS is outside of its name"
    ]
