module SipFun.Tests.Resolution.RouteTests

open Expecto
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private mapTo entries = Map.ofList [ for pattern, proxy in entries -> pattern, uri proxy ]

let private through entries proxy text =
    let rules = {
        rules with
            DomainProxies = mapTo entries
            OutgoingProxy =
                match proxy with
                | "" -> ValueNone
                | proxy -> ValueSome(uri proxy)
    }

    Resolution.ofUri rules everyLeg anything 1L (uri text)
    |> tellWith (fun _ -> 0) (answer (zone [])) everyLeg rules

let private first entries proxy text = List.head (texts (through entries proxy text))

/// Proxy n is 192.0.2.n.
let private entries = [
    "example.com", "sip:192.0.2.1"
    "*.example.com", "sip:192.0.2.2"
    "*.b.example.com", "sip:192.0.2.3"
    "192.0.2.50", "sip:192.0.2.5"
    "[2001:db8::1]", "sip:192.0.2.6"
    "2001:db8::2", "sip:192.0.2.7"
    "+4930123", "sip:192.0.2.8"
    "*", "sip:192.0.2.9"
]

let private without pattern = entries |> List.filter (fun (key, _) -> key <> pattern)

let private proxies expected entries =
    for text, number in expected do
        Expect.equal (first entries "" text) $"udp:192.0.2.{number}:5060" text

let tests =
    testList "Route" [
        testCase "the domain map: exact, then the longest wildcard, then all"
        <| fun () ->
            entries
            |> proxies [
                "sip:example.com", 1
                "sip:EXAMPLE.com", 1
                "sip:example.com:5070;transport=tcp", 1
                "sip:a.example.com", 2
                "sip:c.a.example.com", 2
                "sip:b.example.com", 3
                "sip:x.b.example.com", 3
                "sip:notexample.com", 9
                "sip:example.org", 9
                "sip:192.0.2.50", 5
                "sip:192.0.2.51", 9
                "sip:[2001:DB8:0::1]", 6
                "sip:[2001:db8::2]:5070", 7
                "tel:+4930123", 9
            ]

        testCase "*.domain includes the domain itself"
        <| fun () -> without "example.com" |> proxies [ "sip:example.com", 2 ]

        testCase "labels are not taken off addresses"
        <| fun () ->
            Expect.equal
                (first [ "*.2.50", "sip:192.0.2.2" ] "" "sip:192.0.2.50")
                "udp:192.0.2.50:5060"
                "an address has no domain"

        testCase "the map comes before the outgoing proxy, and that before the target itself"
        <| fun () ->
            let map = [ "example.com", "sip:192.0.2.1" ]
            Expect.equal (first map "sip:192.0.2.8" "sip:example.com") "udp:192.0.2.1:5060" "map"
            Expect.equal (first map "sip:192.0.2.8" "sip:example.org") "udp:192.0.2.8:5060" "proxy"
            Expect.equal (first map "sip:192.0.2.8" "sip:198.51.100.1") "udp:192.0.2.8:5060" "proxy"
            Expect.equal (first map "" "sip:198.51.100.1") "udp:198.51.100.1:5060" "itself"

        testCase "a map or proxy value is resolved by RFC 3263, and never mapped again"
        <| fun () ->
            let story =
                through
                    [ "*", "sip:proxy.example.net;transport=tcp" ]
                    ""
                    "sip:example.com;transport=udp"

            Expect.equal
                (asked story)
                [ "SRV _sip._tcp.proxy.example.net"; "A proxy.example.net" ]
                "its own transport, SRV and address"

            Expect.equal (texts story) [ "AddressRecords: NameNotFound" ] "it does not exist"

        testCase "a sips target goes by TLS, whatever the proxy's scheme (RFC 3261, 8.1.2)"
        <| fun () ->
            Expect.equal (first [] "sip:192.0.2.8" "sips:example.com") "tls:192.0.2.8:5061" "TLS"

            Expect.equal
                (first [] "sip:192.0.2.8;transport=udp" "sips:example.com")
                "Transports: NoTransport"
                "not by UDP"

        testCase "the map looks at the host, and wins over maddr, which wins over the host"
        <| fun () ->
            let text = "sip:example.com:5070;maddr=192.0.2.77"
            Expect.equal (first entries "" text) "udp:192.0.2.1:5060" "mapped"
            Expect.equal (first [] "" text) "udp:192.0.2.77:5070" "RFC 3261, 19.1.1"

        testCase "tel and unknown schemes need a proxy"
        <| fun () ->
            let fault = "Target: UnknownScheme"
            Expect.equal (first [ "example.com", "sip:192.0.2.1" ] "" "tel:+4930123") fault "tel"
            Expect.equal (first [] "" "mailto:alice@example.com") fault "mailto"
            Expect.equal (first [] "sip:192.0.2.8" "tel:+4930123") "udp:192.0.2.8:5060" "proxy"

            Expect.equal
                (first [] "tel:+1" "sip:a.example.com")
                "OutgoingProxy: UnknownScheme"
                "proxy"

            Expect.equal (first [ "*", "tel:+1" ] "" "sip:a.b") "DomainMap: UnknownScheme" "map"

        testCase "what was decided is told, in order"
        <| fun () ->
            let target, proxy = uri "sip:example.org", uri "sip:192.0.2.8"

            let rules = { rules with OutgoingProxy = ValueSome proxy }

            let struct (_, said) = Resolution.ofUri rules udp4 anything 1L target

            Expect.equal
                said
                [
                    TargetIsRequestUri target
                    DomainNotMapped "example.org"
                    ProxyChosen proxy
                    TransportsAllowed(
                        [ for name in [ "udp"; "tcp"; "tls"; "ws"; "wss" ] -> transport name ],
                        "the usual order"
                    )
                    TransportsSkipped(
                        [ for name in [ "tcp"; "tls"; "ws"; "wss" ] -> transport name ],
                        "no leg speaks them"
                    )
                    HostIsNumeric(address "192.0.2.8")
                    CandidateIs(hop "udp:192.0.2.8:5060")
                ]
                "the whole story"
    ]
