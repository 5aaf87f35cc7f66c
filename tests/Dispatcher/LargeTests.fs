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

let tests = testList "Large" [ testList "18.1.1" size; testList "ICMP" icmp ]
