// Of several legs that suit, the one from whose address the system would send: asked once for all who
// wait, not again for copies, and not at all where there is no choice (RFC 6724, 5).
module SipFun.Tests.Dispatcher.SourceTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Resolution

let private second = 1000L<ms>

/// As Resolving makes them, with a sent-by that can stand in a Via.
let private legs texts =
    Resolving.legs texts
    |> List.map (fun leg -> { leg with SentBy = $"{Address.toHost leg.Address}:{leg.Port}" })

let private v4 =
    legs [ "udp:192.0.2.1:5060"; "udp:198.51.100.1:5060"; "udp:127.0.0.1:5060" ]

let private v6 =
    legs [ "udp:[2001:db8::1]:5060"; "udp:[2001:db8:1::1]:5060"; "udp:[fd00::1]:5060" ]

let private to4 = hop "203.0.113.9" 5060
let private to6 = hop "2001:db8:2::9" 5060

let private two = [ "two.test A 203.0.113.9"; "two.test A 203.0.113.10" ]

/// What the system was asked, in order.
let private asked rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.AskSource destination -> Address.toString destination
        | _ -> ()
]

/// The legs that packets left by, in order.
let private left rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.Transmit(_, leg, _, _, _) -> leg
        | _ -> ()
]

let private send to' callId rig =
    let number, rig = number rig
    let order = order number (request "OPTIONS" callId)
    number, give (Deliver { order with Destination = ValueSome to' }) rig

let private says (destination: Hop) source rig =
    let source = if source = "" then ValueNone else ValueSome(address source)
    give (SourceChosen(destination.Address, source)) rig

let private decisions number rig =
    match State.trace number rig.State with
    | ValueSome trace ->
        let struct (first, _, last) = Trace.toParts trace
        first @ last |> List.map (fun dated -> Explanation.words dated.Decision)
    | ValueNone -> []

let private choice =
    testList "choice" [
        for name, legs, to', second' in
            [ "IPv4", v4, to4, "198.51.100.1"; "IPv6", v6, to6, "2001:db8:1::1" ] do
            testCase $"{name}: the second leg, where the system would send from its address"
            <| fun () ->
                let number, rig = withLegs legs |> send to' "c1"
                same (asked rig) [ Address.toString to'.Address ] "asked"
                same (left rig) [] "nothing left before the answer"
                let rig = says to' second' rig
                same (left rig) [ 2 ] "its leg"
                let told = decisions number rig

                for line in
                    [
                        $"the system sends to {Address.toString to'.Address} from {second'}"
                        $"from leg {Leg.toString legs[1]} (the system sends to it from this address)"
                        $"not from leg {Leg.toString legs[0]}: the system would send from {second'}"
                    ] do
                    Expect.contains told line "told"

        testCase "the system has no way there: the legs' own addresses decide"
        <| fun () ->
            let number, rig = withLegs v4 |> send to4 "c1"
            let rig = says to4 "" rig
            same (left rig) [ 1 ] "the first of equal fit"

            Expect.contains
                (decisions number rig)
                "the system names no address to send to 203.0.113.9 from"
                "told"

        testCase "the system's address is no leg's: the legs' own addresses decide"
        <| fun () ->
            let _, rig = withLegs v4 |> send to4 "c1"
            same (left (says to4 "10.0.0.1" rig)) [ 1 ] "the first of equal fit"

        testCase "networks of the user's come before the system's word"
        <| fun () ->
            let networks = [ (Network.parse "203.0.113.0/24").Value ]
            let both = [ v4[0]; { v4[1] with Networks = networks } ]
            let _, rig = withLegs both |> send to4 "c1"
            same (asked rig) [] "not asked"
            same (left rig) [ 2 ] "its network"

            let all = both |> List.map (fun leg -> { leg with Networks = networks })
            let _, rig = withLegs all |> send to4 "c1"
            same (left (says to4 "198.51.100.1" rig)) [ 2 ] "of two such the system's"

        testCase "a large request: the TCP leg of the system's address too"
        <| fun () ->
            let all = v4 @ (legs [ "tcp:192.0.2.1:5060"; "tcp:198.51.100.1:5060" ])
            let all = all |> List.mapi (fun at leg -> { leg with Number = at + 1 })
            let rig = rooted { settings with LargeRequest = 100 } [ v4[0]; all[3]; all[4] ]
            let number, rig = number rig
            let message = requestTo "sip:203.0.113.9" "OPTIONS" "c1" 1
            let rig = give (Deliver(order number message)) rig
            same (asked rig) [ "203.0.113.9" ] "asked for TCP's sake"
            let rig = says to4 "198.51.100.1" rig

            let opened = [
                for _, effect in effects rig do
                    match effect with
                    | Effect.Connect(leg, _) -> leg
                    | _ -> ()
            ]

            same opened [ 5 ] "its leg"
    ]

let private asking =
    testList "asking" [
        testCase "no choice, no question: one leg, one address, its own, other side of loopback"
        <| fun () ->
            for legs, to' in
                [
                    [ v4[0] ], to4
                    [ v4[0]; { v4[0] with Number = 9; Port = 5070 } ], to4
                    [ v4[0]; v4[2] ], to4
                    v4, hop "198.51.100.1" 9
                    v4, hop "127.0.0.7" 9
                    [ v4[0]; v6[0] ], to6
                    v4 @ [ { v6[0] with Number = 9 } ], to6
                ] do
                let _, rig = withLegs legs |> send to' "c1"
                same (asked rig) [] "not asked"
                same (left rig).Length 1 "sent at once"

        testCase "a leg that was asked for wins, and nobody is asked"
        <| fun () ->
            let number, rig = withLegs v4 |> number
            let order = order number (request "OPTIONS" "c1")
            let order = { order with Destination = ValueSome to4; Legs = [ 2 ] }
            let rig = give (Deliver order) rig
            same (asked rig, left rig) ([], [ 2 ]) "as asked"

        testCase "asked once for all who wait, and known for ten seconds; copies ask nothing"
        <| fun () ->
            let _, rig = withLegs v4 |> send to4 "c1"
            let _, rig = send to4 "c2" rig
            same (asked rig).Length 1 "once"
            let rig = says to4 "198.51.100.1" rig
            same (left rig) [ 2; 2 ] "both went"
            let _, rig = send to4 "c3" (runFor (9L * second) rig)
            same (asked rig).Length 1 "known, and no copy asked"
            let _, rig = send to4 "c4" (runFor second rig)
            same (asked rig).Length 2 "asked anew"

        testCase "no word at all: after the limit of a question the legs' own addresses decide"
        <| fun () ->
            let _, rig = withLegs v4 |> send to4 "c1"
            let rig = runFor (4999L<ms>) rig
            same (left rig) [] "waits"
            let rig = runFor 1L<ms> rig
            same (left rig) [ 1 ] "without"
            let late = says to4 "198.51.100.1" rig
            same (counted Counted.LateInput late) 1 "late: counted, nothing else"

        testCase "cancelled meanwhile: nothing is sent, nobody waits, the answer is counted"
        <| fun () ->
            let number, rig = withLegs v4 |> send to4 "c1"
            let rig = give (CancelDelivery(ByNumber number)) rig
            same (snd (outcomeOf number rig)) Cancelled "cancelled"
            let rig = says to4 "198.51.100.1" rig
            same (left rig, counted Counted.LateInput rig) ([], 1) "nothing"
            expectIdle rig

        testCase "the next target is asked about when its turn comes"
        <| fun () ->
            let rig = withLegs v4
            let number, rig = number rig

            let names = {
                order number (requestTo "sip:two.test" "OPTIONS" "c1" 1) with
                    Legs = []
            }

            let world = Resolver.world (Resolver.fromZone two) (give (Deliver names) rig)
            let rig = (Resolver.runFor 0L<ms> world).Rig
            same (asked rig) [ "203.0.113.9" ] "the first"
            let rig = says to4 "198.51.100.1" rig
            let refused = TransportFault.ConnectionRefused
            let rig = give (Input.Failed(number, to4, refused, "refused")) rig
            same (asked rig) [ "203.0.113.9"; "203.0.113.10" ] "then the second"
            let rig = says (hop "203.0.113.10" 5060) "192.0.2.1" rig
            same (left rig) [ 2; 1 ] "each by its own leg"

        testCase "the memory of the system's words is bounded"
        <| fun () ->
            let known = [ 0 .. 2 * Sources.Limit ]

            let sources =
                known
                |> List.fold
                    (fun sources n ->
                        Sources.add 0L<ms> (Address.ofV4 (uint32 n)) ValueNone sources)
                    Map.empty

            Expect.isLessThanOrEqual sources.Count Sources.Limit "bounded"
    ]

let private others =
    testList "others" [
        testCase "a lookup: each candidate's legs, the system's first"
        <| fun () ->
            let number, rig = withLegs v4 |> number
            let rig = give (ResolveUri(number, uri "sip:203.0.113.9", Wishes.none)) rig
            same (asked rig) [ "203.0.113.9" ] "asked"
            let rig = says to4 "198.51.100.1" rig

            let found =
                effects rig
                |> List.pick (fun (_, effect) ->
                    match effect with
                    | Effect.Found(_, found) -> Some found
                    | _ -> None)

            same found.Hops [ to4, [ 2; 1; 3 ] ] "in this order"
            expectIdle rig

        testCase "a lookup that the system does not answer ends all the same"
        <| fun () ->
            let number, rig = withLegs v4 |> number
            let rig = give (ResolveUri(number, uri "sip:203.0.113.9", Wishes.none)) rig
            expectIdle (runFor (5L * second) rig)

        testCase "a response to an address of its sender's choice"
        <| fun () ->
            let number, rig = withLegs v4 |> number
            let response = (incoming "SIP/2.0/UDP 203.0.113.9;branch=z9hG4bKx" "OPTIONS" "")
            let order = order number (response.CreateResponse(200, "t"))
            let rig = give (Deliver { order with Destination = ValueSome to4 }) rig
            same (asked rig, left rig) ([ "203.0.113.9" ], []) "asked"
            let rig = says to4 "198.51.100.1" rig
            same (left rig) [ 2 ] "its leg"
            expectIdle (reported rig)
    ]

let tests = testList "Sources" [ choice; asking; others ]
