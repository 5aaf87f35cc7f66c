// Traps that shipped stacks fell into (peers.md, 3.10), those that no other file names: T5, T8, T9, T11,
// T12 and T18, each through the real step.
module SipFun.Tests.Dispatcher.TrapTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Resolution
open SipFun.Tests.Dispatcher.Streams

let private anywhere order = { order with Destination = ValueNone }

let private zone =
    Resolving.zone [
        "_sip._udp.b.test SRV 1 1 5070 h1.b.test"
        "_sip._udp.b.test SRV 2 1 5070 h2.b.test"
        "_sip._tcp.b.test SRV 1 1 5070 h1.b.test"
        "_sip._tcp.b.test SRV 2 1 5070 h2.b.test"
        "_sips._tcp.b.test SRV 1 1 5061 h1.elsewhere.test"
        "b.test A 127.0.0.10"
        "h1.b.test A 127.0.0.11"
        "h2.b.test A 127.0.0.12"
        "h1.elsewhere.test A 127.0.0.13"
    ]

/// Whatever is asked is answered, until nothing is.
let rec private resolved rig =
    match Map.toList rig.State.Questions with
    | [] -> rig
    | (question, _) :: _ ->
        give (Input.Answered(question, Resolving.answer zone question)) rig |> resolved

let private sendAnywhere target method rig =
    let number, rig = deliverWith anywhere (requestTo target method "call-1" 1) rig
    number, resolved rig

let private asked rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.Ask question -> question.Type
        | _ -> ()
]

let private targets rig = [ for _, hop, _ in wire rig -> Address.toString hop.Address, hop.Port ]

let private ways = [
    for method in [ "INVITE"; "OPTIONS" ] do
        testCase $"T5: over a connection {method} is sent once, and still ends at 32 s"
        <| fun () ->
            let number, rig = sendTo tcpPeer (request method "call-1") Streams.start
            let rig = opened rig |> runFor 60_000L<ms>
            same (copies method rig) [ 0 ] "one packet"
            same (outcomeOf number rig) (32_000, TimedOut) "Timer B or F"

    testCase
        "T8: a response goes back by its connection, then to sent-by, never to where that came from"
    <| fun () ->
        let via = "SIP/2.0/TCP 127.0.0.7:5070;branch=z9hG4bKin1"

        let asked =
            receiving Streams.start
            |> acceptAs [] 2 Transport.Tcp "127.0.0.7" 40_000 70L
            |> arrive 2 Transport.Tcp "127.0.0.7" 40_000 70L (incoming via "OPTIONS" "")

        let offer, request = List.last (offered asked)
        let asked = give (Receipted(offer, Receipt.Handled)) asked
        let _, rig = respond 200 request asked
        same (written rig |> List.map fst) [ 70L ] "the connection it came by"

        let _, rig =
            give (FlowClosed(70L, TransportFault.Closed, "")) asked |> respond 200 request

        same (connects rig |> List.map (fun (_, hop) -> hop.Port)) [ 5070 ] "the port of sent-by"

    testCase "T8: over UDP a response goes to received and rport (RFC 3581)"
    <| fun () ->
        let via = "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKin1;rport"
        let source = hop "127.0.0.9" 33_333
        let rig = receiving Rig.start |> receiveFrom source (incoming via "OPTIONS" "")
        let _, rig = respond 200 (snd (List.last (offered rig))) rig
        same (targets rig) [ "127.0.0.9", 33_333 ] "where it came from"
]

let private names = [
    testCase "T9: a numeric host asks nothing, a port asks for addresses alone"
    <| fun () ->
        let _, rig = sendAnywhere "sip:b@127.0.0.7" "OPTIONS" Rig.start
        same (asked rig) [] "numeric (RFC 3263, 4.1)"
        let _, rig = sendAnywhere "sip:b@b.test:5070" "OPTIONS" Rig.start
        same (asked rig) [ DnsType.A ] "a port (RFC 3263, 4.2)"
        same (targets rig) [ "127.0.0.10", 5070 ] "and that port"

    testCase "T11: a certificate is compared with the URI's name, not with SRV's (RFC 5922, 7.4)"
    <| fun () ->
        let _, rig = sendAnywhere "sips:b@b.test" "OPTIONS" Streams.start
        let _, hop = List.exactlyOne (connects rig)
        same (Address.toString hop.Address, hop.VerifyName) ("127.0.0.13", "b.test") "the domain"

    testCase "T12: a connection to a later target does not jump the order (RFC 3263, 4.3)"
    <| fun () ->
        let second = over Transport.Tcp "127.0.0.12" 5070
        let _, rig = sendTo second (request "OPTIONS" "call-0") Streams.start
        let rig = opened rig
        let _, rig = sendAnywhere "sip:b@b.test;transport=tcp" "INVITE" rig
        let _, hop = List.last (connects rig)
        same (Address.toString hop.Address) "127.0.0.11" "the first target, a new connection"

    testCase "T18: a 503 is another target's turn; its Retry-After only sets that target aside"
    <| fun () ->
        let number, rig = sendAnywhere "sip:b@b.test" "OPTIONS" Rig.start
        let refusal = (lastRequest "OPTIONS" rig).CreateResponse(503, "x")
        let rig = receive (refusal.WithHeader("Retry-After", "60")) rig
        same (List.map fst (targets rig)) [ "127.0.0.11"; "127.0.0.12" ] "the next target"
        same (handedUp number rig) [] "not handed up"
        let marks = State.marks rig.Now rig.State |> List.ofSeq
        same marks.Length 1 "the first is set aside"
        let rig = answer "OPTIONS" 200 rig
        same (handedUp number rig) [ 200 ] "the answer is the second's"
]

let tests = testList "Traps" [ testList "ways" ways; testList "names" names ]
