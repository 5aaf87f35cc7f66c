module SipFun.Tests.Resolution.ServicesTests

open Expecto
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private domain = "sip:example.com"
let private udpTcp = legs [ "udp:192.0.2.200:5060"; "tcp:192.0.2.200:5060" ]
let private tcpOnly = legs [ "tcp:192.0.2.200:5060" ]

let private a = "a.example.com A 192.0.2.1"
let private b = "b.example.com A 192.0.2.2"
let private own = "example.com A 192.0.2.10"

let private udpService = "_sip._udp.example.com"
let private enough = "there are enough others"

/// Five targets of equal priority, each with an address of both families.
let private dualStack service = [
    for n in 1..5 do
        $"{service} SRV 1 0 5060 h{n}.example.com"
        $"h{n}.example.com A 192.0.2.{n}"
        $"h{n}.example.com AAAA 2001:db8::{n}"
]

let private check lines legs expected why = Expect.equal (hops lines legs domain) expected why

let tests =
    testList "Services" [
        testCase "priorities first, the transports apart (RFC 3263, 4.1: not merged)"
        <| fun () ->
            let lines = [
                "_sip._udp.example.com SRV 20 1 5062 b.example.com"
                "_sip._udp.example.com SRV 10 1 5061 a.example.com"
                "_sip._tcp.example.com SRV 1 1 5063 a.example.com"
                a
                b
            ]

            check
                lines
                udpTcp
                [ "udp:192.0.2.1:5061"; "udp:192.0.2.2:5062"; "tcp:192.0.2.1:5063" ]
                "udp before tcp, although tcp has priority 1"

            let wished = [ "tcp"; "udp"; "tcp" ] |> List.map transport

            let story =
                Resolution.ofUri rules udpTcp { anything with Transports = wished } 1L (uri domain)
                |> tellWith (fun _ -> 0) (answer (zone lines)) udpTcp rules

            Expect.equal
                (texts story)
                [ "tcp:192.0.2.1:5063"; "udp:192.0.2.1:5061"; "udp:192.0.2.2:5062" ]
                "as asked for"

            Expect.contains
                story.Decisions
                (TransportsAllowed(List.distinct wished, "as asked for"))
                "each once"

        testCase "SRV is asked for the transports of the legs only, all at once"
        <| fun () ->
            let asked = asked (tell [ own ] udpTcp domain)

            Expect.equal
                asked
                [
                    "NAPTR example.com"
                    "SRV _sip._udp.example.com"
                    "SRV _sip._tcp.example.com"
                    "A example.com"
                ]
                "and no TLS"

        testCase "without SRV: UDP; TCP when only a TCP leg is there"
        <| fun () ->
            check [ own ] udpTcp [ "udp:192.0.2.10:5060" ] "UDP only"
            check [ own ] tcpOnly [ "tcp:192.0.2.10:5060" ] "TCP"

        testCase "with SRV the domain's own address is not used"
        <| fun () ->
            let lines = [ "_sip._udp.example.com SRV 1 1 5061 gone.example.com"; own ]
            check lines udpTcp [ "AddressRecords: NameNotFound" ] "RFC 2782: no fallback"

        testCase "T10: target \".\": the service is not offered (RFC 2782)"
        <| fun () ->
            let no = "_sip._udp.example.com SRV 0 0 0 ."
            let tcp = "_sip._tcp.example.com SRV 1 1 5063 a.example.com"
            check [ no; own; a ] udpTcp [ "ServiceRecords: ServiceAbsent" ] "not by its address"
            check [ no; tcp; a ] udpTcp [ "tcp:192.0.2.1:5063" ] "but over TCP"

            Expect.equal
                (hops [ no; own ] udpTcp "sip:example.com:5060")
                [ "udp:192.0.2.10:5060" ]
                "a port bypasses SRV"

        testCase "among others \".\" and port 0 are left out, with the reason"
        <| fun () ->
            let lines = [
                "_sip._udp.example.com SRV 0 0 5060 ."
                "_sip._udp.example.com SRV 0 0 0 b.example.com"
                "_sip._udp.example.com SRV 0 0 5061 a.example.com"
                a
                b
            ]

            check lines udp4 [ "udp:192.0.2.1:5061" ] "one is left"
            let said = (tell lines udp4 domain).Decisions

            for skipped in
                [
                    ServiceSkipped(udpService, ".", "the service is not offered")
                    ServiceSkipped(udpService, "b.example.com", "port 0")
                ] do
                Expect.contains said skipped "told"

        testCase "a target without address is passed over"
        <| fun () ->
            let lines = [
                "_sip._udp.example.com SRV 0 0 5060 gone.example.com"
                "_sip._udp.example.com SRV 1 0 5061 a.example.com"
                a
            ]

            check lines udp4 [ "udp:192.0.2.1:5061" ] "the next"

        testCase "a target that is an address, or localhost, needs no DNS"
        <| fun () ->
            let lines = [
                "_sip._udp.example.com SRV 0 0 5061 192.0.2.7"
                "_sip._udp.example.com SRV 1 0 5062 localhost"
            ]

            check lines udp4 [ "udp:192.0.2.7:5061"; "udp:127.0.0.1:5062" ] "as they are"

        testCase "a thousand records: at most 12 questions, and the best are kept"
        <| fun () ->
            let lines = [
                for n in 1..1000 do
                    $"_sip._udp.example.com SRV {n} 0 5060 h{n}.example.com"

                for n in 1..20 do
                    $"h{n}.example.com A 192.0.2.{n}"
            ]

            let story = tell lines udp4 domain

            Expect.equal (texts story) [ for n in 1..10 -> $"udp:192.0.2.{n}:5060" ] "the first ten"

            Expect.equal story.Questions.Length 12 "NAPTR, SRV, ten A"

            Expect.contains
                story.Decisions
                (ServiceSkipped(udpService, "h11.example.com", enough))
                "told"

        testCase "five equal targets on a dual stack: both addresses of each are candidates"
        <| fun () ->
            let found legs = tell (dualStack "_sip._udp.example.com") (Resolving.legs legs) domain

            let story = found [ "udp:192.0.2.200:5060"; "udp:[2001:db8::200]:5060" ]
            Expect.equal (texts story).Length 10 "ten candidates"
            Expect.equal story.Questions.Length 12 "NAPTR, SRV, five A, five AAAA"

        testCase "where the bound is tight, no target is lost for another's second family"
        <| fun () ->
            let all = [
                for name in [ "udp"; "tcp"; "tls" ] do
                    $"{name}:192.0.2.200:5060"
                    $"{name}:[2001:db8::200]:5060"
            ]

            let story = tell (dualStack "_sip._udp.example.com") (legs all) domain
            let found = texts story
            Expect.equal story.Questions.Length 12 "NAPTR, three SRV, five A, three AAAA"

            for n in 1..5 do
                Expect.contains found $"udp:192.0.2.{n}:5060" "each target"

            Expect.equal (found |> List.filter _.Contains("[")).Length 3 "three of them by IPv6 too"

            let unasked =
                story.Decisions |> List.filter (fun decision -> decision.IsQuestionSkipped)

            Expect.equal unasked.Length 2 "and two are told of"

        testCase "a target of two transports is asked for once"
        <| fun () ->
            let lines = [
                for n in 1..8 do
                    $"_sip._udp.example.com SRV {n} 0 5060 h{n}.example.com"
                    $"_sip._tcp.example.com SRV {n} 0 5060 h{n}.example.com"
                    $"h{n}.example.com A 192.0.2.{n}"
            ]

            let story = tell lines udpTcp domain
            Expect.equal (texts story).Length 16 "eight hosts, two transports"
            Expect.equal story.Questions.Length 11 "NAPTR, two SRV, eight A"

        testCase "a host with a hundred addresses gives at most 32 hops"
        <| fun () ->
            let lines = [ for n in 1..100 -> $"example.com A 192.0.2.{n}" ]
            Expect.equal (hops lines udp4 domain).Length ResolutionBounds.Hops "bounded"

        testCase "the draw and the order are told"
        <| fun () ->
            let lines = [ "_sip._udp.example.com SRV 5 0 5061 a.example.com"; a ]
            let said = (tell lines udp4 domain).Decisions

            Expect.contains
                said
                (ServiceDrawn(udpService, "a.example.com", 5061, 5, 0, 0, 0))
                "drawn"

            Expect.contains said (CandidateIs(hop "udp:192.0.2.1:5061")) "candidate"

        testCase "a failing SRV question does not hide the domain's own address"
        <| fun () ->
            let lines = [ "_sip._udp.example.com SRV SERVFAIL"; own ]
            check lines udp4 [ "udp:192.0.2.10:5060" ] "servers that know no SRV fail so"
    ]
