// Every way to fail, with the stage, the fault and the words that say what to do next.
module SipFun.Tests.Resolution.AdviceTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private failureOf lines legs wishes text =
    let first = Resolution.ofUri rules legs wishes 1L (uri text)

    match (tellWith (fun _ -> 0) (answer (zone lines)) legs rules first).Outcome with
    | Error failure -> failure
    | Ok hops -> failtest $"found {hops |> List.map Hop.toString}"

let private check lines legs wishes text stage fault (words: string) =
    let failure = failureOf lines legs wishes text
    Expect.equal (failure.Stage, failure.Fault) (stage, fault) text
    Expect.stringContains failure.Detail words text
    Expect.isTrue (failure.Detail.EndsWith '.') "a sentence"

let private only name = { Wishes.none with Transports = [ transport name ] }

let private host = "sip:example.com:5060"

/// The fault of a host whose questions end so; what is not listed has no data.
let private mixed lines =
    let there = "x.example.com A 192.0.2.1"
    (failureOf (there :: lines) udp46 anything host).Fault

let tests =
    testList "Advice" [
        testCase "unknown scheme"
        <| fun () ->
            check
                []
                udp4
                anything
                "tel:+4930123"
                ResolutionStage.Target
                ResolutionFault.UnknownScheme
                "Add a Route, a domain map entry for \"*\", or an outgoing proxy."

        testCase "no transport"
        <| fun () ->
            let fault = ResolutionFault.NoTransport
            let stage = ResolutionStage.Transports
            check [] udp4 anything "sip:a;transport=sctp" stage fault "udp, tcp, tls, ws, wss"
            check [] udp4 anything "sips:a;transport=udp" stage fault "for sips tls or wss"
            check [] everyLeg (only "tcp") "sip:a;transport=udp" stage fault "asked for"
            check [] everyLeg (only "udp") "sips:a" stage fault "asked for"
            check [] udp4 anything "sip:a;transport=tcp" stage fault "Add a TCP leg."
            check [] udp4 anything "sips:a" stage fault "No leg speaks TLS or WSS."

        testCase "no leg"
        <| fun () ->
            let fault = ResolutionFault.NoLeg
            let v6 = "Add a UDP leg with an IPv6 address."
            check [] udp4 anything "sip:[2001:db8::1]" ResolutionStage.Legs fault v6
            check [] [] anything "sip:192.0.2.1" ResolutionStage.Legs fault "Add a leg."
            let gone = { Wishes.none with Legs = [ 9 ] }
            check [] udp4 gone "sip:192.0.2.1" ResolutionStage.Legs fault "asked for"

        testCase "name not found, no address"
        <| fun () ->
            let stage = ResolutionStage.AddressRecords
            check [] udp4 anything host stage ResolutionFault.NameNotFound "domain map"
            let lines = [ "example.com AAAA 2001:db8::1" ]
            let advice = "Legs reach IPv4 only: add one with an IPv6 address"
            check lines udp4 anything host stage ResolutionFault.NoAddress advice
            let lines = [ "x.example.com A 192.0.2.1" ]

            check
                lines
                udp46
                anything
                host
                stage
                ResolutionFault.NoAddress
                "no address. Add the record"

        testCase "service absent"
        <| fun () ->
            check
                [ "_sip._udp.example.com SRV 0 0 0 ." ]
                udp4
                anything
                "sip:example.com"
                ResolutionStage.ServiceRecords
                ResolutionFault.ServiceAbsent
                "name a port"

        testCase "DNS failure, time limit"
        <| fun () ->
            let stage = ResolutionStage.AddressRecords

            for status, fault, words in
                [
                    "SERVFAIL", ResolutionFault.DnsFailure, "another DNS server"
                    "REFUSED", ResolutionFault.DnsFailure, "another DNS server"
                    "TIMEOUT", ResolutionFault.TimedOut, "in time"
                ] do
                check [ $"example.com A {status}" ] udp4 anything host stage fault words

        testCase "mixed failures: what may pass tells more than what is missing"
        <| fun () ->
            let failed, late = "example.com A SERVFAIL", "example.com AAAA TIMEOUT"
            Expect.equal (mixed [ failed; late ]) ResolutionFault.DnsFailure "failed"
            Expect.equal (mixed [ late ]) ResolutionFault.TimedOut "no answer in time"
            Expect.equal (mixed [ failed ]) ResolutionFault.DnsFailure "failed"
            Expect.equal (mixed []) ResolutionFault.NoAddress "no address"

        testCase "mixed failures: a name that does not exist has no other records"
        <| fun () ->
            let failure = failureOf [ "example.com A SERVFAIL" ] udp46 anything host
            Expect.equal failure.Fault ResolutionFault.NameNotFound "AAAA says NXDOMAIN"

        testCase "mixed failures: a SRV question that failed tells more than no address"
        <| fun () ->
            let domain = "sip:example.com"
            let stage = ResolutionStage.ServiceRecords
            let timedOut = "_sip._udp.example.com SRV TIMEOUT"
            let there = "x.example.com A 192.0.2.1"
            check [ timedOut; there ] udp4 anything domain stage ResolutionFault.TimedOut "in time"

            check
                [ timedOut ]
                udp4
                anything
                domain
                ResolutionStage.AddressRecords
                ResolutionFault.NameNotFound
                "does not exist"

        testCase "mixed failures: absent over UDP, and TCP could not be asked"
        <| fun () ->
            check
                [ "_sip._udp.example.com SRV 0 0 0 ."; "_sip._tcp.example.com SRV TIMEOUT" ]
                everyLeg
                anything
                "sip:example.com"
                ResolutionStage.ServiceRecords
                ResolutionFault.TimedOut
                "in time"

        testCase "the failure is the last decision"
        <| fun () ->
            let story = tell [] udp4 host

            match story.Outcome with
            | Error failure ->
                Expect.equal (List.last story.Decisions) (ResolutionFailed failure) "told"
            | Ok _ -> failtest "found"
    ]
