// RFC 3261, 18.1.1: a large request goes over TCP, and over UDP after all when TCP is refused. And what
// an ICMP message does.
module SipFun.Tests.Dispatcher.LargeTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Streams

/// An OPTIONS whose packet, our Via included, has this many bytes.
let private sized bytes =
    let plain = request "OPTIONS" "large"

    let sent (message: SipRequest) =
        let _, rig =
            deliverWith (fun order -> { order with Destination = ValueNone }) message start

        rig

    let packetOf rig =
        match wire rig with
        | [ _, _, message ] -> message.Bytes.Length
        | _ -> failtest "one packet"

    let padded = plain.WithHeader("Subject", "x")
    let missing = bytes - packetOf (sent padded)
    plain.WithHeader("Subject", System.String('x', 1 + missing))

let private deliverLarge change rig =
    deliverWith (fun order -> change { order with Destination = ValueNone }) (sized 1301) rig

let private transports rig =
    wire rig |> List.map (fun (_, hop, message) -> hop.Transport, message.TopVia.Transport)

let private explained number rig =
    effects rig
    |> List.pick (fun (_, effect) ->
        match effect with
        | Effect.Complete(each, _, trace, _) when each = number -> Some(Explanation.text trace)
        | _ -> None)

let private size = [
    testCase "1300 bytes go over UDP, 1301 over TCP to the same address, with the Via's transport"
    <| fun () ->
        let any order = { order with Destination = ValueNone }
        let _, rig = deliverWith any (sized 1300) start
        same (transports rig) [ Transport.Udp, "UDP" ] "1300"
        let _, rig = deliverWith any (sized 1301) start
        let leg, hop = List.exactlyOne (connects rig)
        same (leg, Address.toString hop.Address, hop.Port) (2, "127.0.0.7", 5070) "1301"
        same (transports (opened rig)) [ Transport.Tcp, "TCP" ] "1301"

    testCase "TCP refused: over UDP once, with a new branch and the Via's transport"
    <| fun () ->
        let number, rig = deliverLarge id start
        let rig = refused rig
        same (transports rig) [ Transport.Udp, "UDP" ] "over UDP"
        let rig = runFor 32_000L<ms> rig
        same (outcomeOf number rig) (32_000, TimedOut) "and that is the last try"
        let text = explained number rig
        Expect.stringContains text "over TCP instead of UDP" "why TCP"
        Expect.stringContains text "over UDP after all" "why UDP"

    testCase "a TCP that does not answer at all is no reason for UDP"
    <| fun () ->
        let number, rig = deliverLarge id start
        let rig = closed TransportFault.ConnectTimedOut rig

        match outcomeOf number rig with
        | _, Unreachable(_, TransportFault.ConnectTimedOut, _) -> ()
        | other -> failtestf "%A" other

    testCase
        "the rule is off where TCP is not allowed, the hop was given, no leg can, or the limit is 0"
    <| fun () ->
        let over change rig =
            let _, rig = deliverLarge change rig
            (connects rig).IsEmpty

        let udpOnly (order: Order) = { order with Transports = [ Transport.Udp ] }
        let given (order: Order) = { order with Destination = ValueSome peer }
        Expect.isTrue (over udpOnly start) "Transports"
        Expect.isTrue (over given start) "Destination"
        Expect.isTrue (over id (withLegs [ own ])) "no TCP leg"
        let never = withSettings { settings with LargeRequest = 0 } |> give (AddLeg tcpLeg)
        Expect.isTrue (over id never) "LargeRequest = 0"

    testCase "an address outside the networks of the UDP leg goes over TCP, which can"
    <| fun () ->
        let narrow = { own with Networks = [ (Network.parse "10.0.0.0/8").Value ] }
        let any (order: Order) = { order with Destination = ValueNone }
        let _, rig = deliverWith any (request "OPTIONS" "o") (withLegs [ narrow; tcpLeg ])
        same (connects rig |> List.map (fun (_, hop) -> hop.Transport)) [ Transport.Tcp ] "TCP"

    testCase "the limit counts for datagrams only"
    <| fun () ->
        let small = { settings with Limits = { limits with PacketBytes = 1000 } }
        let rig = withSettings small |> give (AddLeg tcpLeg)
        let _, rig = deliverLarge id rig
        same (transports (opened rig)) [ Transport.Tcp, "TCP" ] "over TCP it may be larger"
]

let private branch rig = string (lastRequest "OPTIONS" rig).TopVia.Branch

let private bounce fault rig = give (Bounced(branch rig, fault, "icmp")) rig

let private icmp = [
    testCase "an ICMP message about our datagram ends the try at once"
    <| fun () ->
        let number, rig = deliver (request "OPTIONS" "a") start
        let rig = bounce TransportFault.ConnectionRefused rig

        match outcomeOf number rig with
        | 0, Unreachable(_, TransportFault.ConnectionRefused, _) -> ()
        | other -> failtestf "%A" other

    testCase "it counts for nothing once somebody answered, or with another branch"
    <| fun () ->
        let _, rig = deliver (request "OPTIONS" "a") start
        let forged = give (Bounced("z9hG4bK1-0", TransportFault.ConnectionRefused, "")) rig
        expectUnchanged rig forged
        let rig = answer "OPTIONS" 100 rig
        expectUnchanged rig (bounce TransportFault.HostUnreachable rig)
        same (counted Counted.LateInput forged) 1 "and it is counted"
]

/// Whether a request of so many bytes goes over UDP.
let private goesOverUdp bytes rig =
    let any order = { order with Destination = ValueNone }
    let before = (connects rig).Length
    let number, rig = deliverWith any (sized bytes) rig
    (connects rig).Length = before, number, rig

let private expectLargest bytes rig =
    let over, _, _ = goesOverUdp bytes rig
    Expect.isTrue over $"{bytes} bytes over UDP"
    let over, _, _ = goesOverUdp (bytes + 1) rig
    Expect.isFalse over $"{bytes + 1} bytes over TCP"

let private told mtu = withLegs [ { own with PathMtu = mtu }; tcpLeg ]

/// ICMP says this of the path to 127.0.0.7.
let private learnt mtu rig =
    let any order = { order with Destination = ValueNone }
    let _, rig = deliverWith any (request "OPTIONS" "m") rig
    give (PathMtuLearnt(branch rig, mtu)) rig

let private pathMtu = [
    testCase "S-24: where the leg was told the path's MTU, 200 less counts instead of 1300"
    <| fun () ->
        expectLargest 8800 (told 9000)
        expectLargest 1300 (told 1500)
        expectLargest 600 (told 800)
        expectLargest 1300 (told 0)

    testCase "S-24: the explanation says what is known of the path, and by whom"
    <| fun () ->
        let explained rig bytes =
            let _, number, rig = goesOverUdp bytes rig
            explained number (runFor 64_000L<ms> (opened rig))

        let text = explained (told 900) 800

        Expect.stringContains
            text
            "takes packets of 900 bytes, as its leg was told: up to 700"
            "told"

        Expect.stringContains text "800 bytes are more than 700: over TCP" "and what follows"
        let text = explained (learnt 900 start) 800
        Expect.stringContains text "takes packets of 900 bytes, as ICMP said: up to 700" "learnt"

    testCase "S-24: what ICMP said counts for ten minutes, for its address, the smaller of the two"
    <| fun () ->
        let rig = learnt 1000 start
        expectLargest 800 rig
        expectLargest 800 (runFor 599_000L<ms> rig)
        expectLargest 1300 (runFor 601_000L<ms> rig)
        expectLargest 600 (learnt 1000 (told 800))
        expectLargest 800 (learnt 1000 (told 9000))

        let elsewhere = requestTo "sip:b@127.0.0.9:5070" "OPTIONS" "other" 1
        let padded = elsewhere.WithHeader("Subject", System.String('x', 700))
        let any order = { order with Destination = ValueNone }
        let _, rig = deliverWith any padded rig
        Expect.isEmpty (connects rig) "another address"

    testCase "S-24: less than any host takes is not believed, a forged branch not at all"
    <| fun () ->
        expectLargest 376 (learnt 68 start)
        expectLargest 1300 (learnt 0 start)
        let _, rig = deliver (request "OPTIONS" "a") start
        let forged = give (PathMtuLearnt("z9hG4bK1-0", 600)) rig
        expectUnchanged rig forged
        same (counted Counted.LateInput forged) 1 "counted"

    testCase "D7: no more paths are remembered than the limit allows"
    <| fun () ->
        let at number = address $"192.0.2.{number}"

        let known =
            List.fold
                (fun known number -> PathMtu.learn 3 (int64 number * 1L<ms>) (at number) 900 known)
                Map.empty
                [ 1..5 ]

        let isKnown number = (PathMtu.tryFind 9L<ms> own (at number) known).IsSome
        same (List.map isKnown [ 1..5 ]) [ false; false; true; true; true ] "the last three"

    testCase "LargeRequest = 0 means never, whatever is known of the path"
    <| fun () ->
        let never =
            rooted { settings with LargeRequest = 0 } [ { own with PathMtu = 800 }; tcpLeg ]

        let over, _, _ = goesOverUdp 2000 never
        Expect.isTrue over "over UDP"
]

let tests =
    testList "Large" [ testList "18.1.1" size; testList "ICMP" icmp; testList "Path MTU" pathMtu ]
