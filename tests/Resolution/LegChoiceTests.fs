module SipFun.Tests.Resolution.LegChoiceTests

open Expecto
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private choose texts (wanted: int list) to' =
    let legs = legs texts

    let struct (leg, said) =
        LegChoice.choose legs { Wishes.none with Legs = wanted } ValueNone (hop to')

    let chosen =
        match leg with
        | ValueSome leg -> Leg.toString leg
        | ValueNone -> "none"

    struct (chosen, said)

let private chosen texts wanted to' =
    let struct (leg, _) = choose texts wanted to'
    leg

let private various = [
    "udp:0.0.0.0:5060"
    "udp:127.0.0.1:5060"
    "udp:192.0.2.1:5060"
    "tcp:192.0.2.1:5060"
    "udp:[2001:db8::1]:5060"
    "udp:[fe80::1]:5060"
    "udp:[fd00::1]:5060"
    "udp:[::1]:5060"
]

let tests =
    testList "LegChoice" [
        testCase "transport and family must be the hop's, and the scope should be"
        <| fun () ->
            for to', leg in
                [
                    "udp:127.0.0.2:5060", "udp:127.0.0.1:5060"
                    "udp:198.51.100.1:5060", "udp:192.0.2.1:5060"
                    "tcp:127.0.0.1:5060", "tcp:192.0.2.1:5060"
                    "udp:[2001:db8:2::2]:5060", "udp:[2001:db8::1]:5060"
                    "udp:[fe80::2]:5060", "udp:[fe80::1]:5060"
                    "udp:[fd00::2]:5060", "udp:[fd00::1]:5060"
                    "udp:[::1]:9", "udp:[::1]:5060"
                    "tcp:[2001:db8::2]:5060", "none"
                    "tls:192.0.2.2:5061", "none"
                ] do
                Expect.equal (chosen various [] to') leg to'

        testCase "the same address comes before the same scope, and that before all addresses"
        <| fun () ->
            let all = [ "udp:0.0.0.0:5060"; "udp:192.0.2.1:5060"; "udp:192.0.2.2:5060" ]
            Expect.equal (chosen all [] "udp:192.0.2.2:9") all[2] "same address"
            Expect.equal (chosen all [] "udp:192.0.2.3:9") all[1] "same scope, the first of two"
            Expect.equal (chosen all [] "udp:127.0.0.1:9") all[0] "the system knows"

        testCase "a leg bound to loopback is the last resort"
        <| fun () ->
            let both = [ "udp:127.0.0.1:5060"; "udp:169.254.0.1:5060" ]
            Expect.equal (chosen both [] "udp:192.0.2.3:9") both[1] "rather link-local"
            Expect.equal (chosen [ both[0] ] [] "udp:192.0.2.3:9") both[0] "better than none"

        testCase "explicit legs come first, and a worse fit than others may be asked for"
        <| fun () ->
            Expect.equal (chosen various [ 1 ] "udp:127.0.0.2:5060") various[0] "as asked"
            Expect.equal (chosen various [ 1; 2 ] "udp:127.0.0.2:5060") various[1] "best of both"
            Expect.equal (chosen various [ 4 ] "udp:127.0.0.2:5060") "none" "other transport"
            Expect.equal (chosen various [ 99 ] "udp:127.0.0.2:5060") "none" "not there"

        testCase "a leg with networks reaches these only, and is the first choice for them"
        <| fun () ->
            let networks text = [ (Network.parse text).Value ]

            let both = [
                (legs various)[0]
                { (legs various)[2] with Networks = networks "10.0.0.0/8" }
            ]

            let choose wanted to' =
                LegChoice.choose both { Wishes.none with Legs = wanted } ValueNone (hop to')

            let struct (inside, told) = choose [] "udp:10.1.2.3:5060"
            Expect.equal inside (ValueSome both[1]) "its network"

            Expect.equal
                told
                [
                    LegChosen(both[1], "its networks have the address")
                    LegRejected(both[0], "bound to all addresses")
                ]
                "told"

            let struct (outside, told) = choose [] "udp:11.1.2.3:5060"
            Expect.equal outside (ValueSome both[0]) "another network"
            Expect.contains told (LegRejected(both[1], "not one of its networks")) "told"

            let struct (asked, _) = choose [ 3 ] "udp:11.1.2.3:5060"
            Expect.equal asked (ValueSome both[1]) "an explicit leg goes anywhere"

        testCase "why one, and why not the others"
        <| fun () ->
            let texts = various[0..4]
            let legs = legs texts
            let struct (_, said) = choose texts [] "udp:198.51.100.1:5060"

            Expect.equal
                said
                [
                    LegChosen(legs[2], "same scope")
                    LegRejected(legs[0], "bound to all addresses")
                    LegRejected(legs[1], "bound to loopback")
                    LegRejected(legs[3], "other transport")
                    LegRejected(legs[4], "other address family")
                ]
                "each leg has its reason"

            let struct (_, said) = choose texts[0..1] [ 1 ] "udp:127.0.0.1:5060"

            Expect.equal
                said
                [
                    LegChosen(legs[0], "asked for")
                    LegRejected(legs[1], "not among the legs asked for")
                ]
                "a leg that was asked for"

        testProperty
            "whatever the legs, the chosen one reaches the hop, and every leg is accounted for"
        <| fun (numbers: byte list) (which: byte) (wanted: byte list) ->
            let texts = numbers |> List.map (fun n -> various[int n % various.Length])
            let to' = various[int which % various.Length]
            let struct (leg, said) = choose texts (wanted |> List.map int) to'
            let target = hop to'

            said.Length = texts.Length
            && (leg = "none"
                || ((hop leg).Transport = target.Transport
                    && (hop leg).Address.Family = target.Address.Family))
    ]
