// Two things that cross: what a step must not lose when the other came first. Each was a fault once.
module SipFun.Tests.Dispatcher.RaceTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Streams

let private a = Question.create "b.test" DnsType.A

let private addresses =
    Answer.ok [|
        for text in [ "127.0.0.11"; "127.0.0.12" ] do
            { Name = "b.test"; Ttl = 60; Data = AddressOf(address text) }
    |]

let private toName method = requestTo "sip:b@b.test:5070" method "call-1" 1
let private anywhere order = { order with Destination = ValueNone }
let private impatient order = { anywhere order with TryNextAfter = ValueSome 4000L<ms> }

let private cancelOf (invite: SipRequest) rig =
    let own, rig = number rig
    own, give (Deliver(order own (invite.CreateCancel()))) rig

let private cancelling = [
    testCase "a CANCEL ends with its INVITE when the DNS finds nothing"
    <| fun () ->
        let invite = toName "INVITE"
        let _, rig = deliverWith anywhere invite (withLegs [ own ])
        let cancel, rig = cancelOf invite rig
        let rig = give (Input.Answered(a, Answer.failed DnsStatus.NxDomain)) rig
        same (snd (outcomeOf cancel rig)) (Refused RefusalReason.NothingToCancel) "told"

    testCase "a CANCEL takes the next target away, not the time left at this one"
    <| fun () ->
        let invite = toName "INVITE"
        let number, rig = deliverWith impatient invite (withLegs [ own ])
        let rig = give (Input.Answered(a, addresses)) rig |> runFor 1000L<ms>
        let _, rig = cancelOf invite rig
        let rig = runFor 4000L<ms> rig |> answer "INVITE" 180
        same (copies "CANCEL" rig).Length 1 "it leaves with the first provisional"
        same (outcomes rig |> List.filter (fun (_, n, _) -> n = number)) [] "the INVITE goes on"
]

let private budget = [
    testCase "a 2xx of a target that was left too soon is the call's answer"
    <| fun () ->
        let number, rig = deliverWith impatient (toName "INVITE") (withLegs [ own ])
        let rig = give (Input.Answered(a, addresses)) rig
        let first = lastRequest "INVITE" rig
        let rig = runFor 5000L<ms> rig
        let rig = receive (first.CreateResponse(200, "late")) rig

        match outcomeOf number rig with
        | 5000, Outcome.Answered response -> same response.StatusCode 200 "answered"
        | other -> failtestf "%A" other

        let rig = receive (first.CreateResponse(200, "fork")) rig
        same (handedUp number rig) [ 200; 200 ] "and its forks are handed up"
]

let private via = "SIP/2.0/TCP 127.0.0.7:5070;branch=z9hG4bKin1"

/// A peer connected, sent this request, was heard, and its connection died.
let private asked method =
    let rig =
        receiving start
        |> acceptAs [] 2 Transport.Tcp "127.0.0.7" 40_000 70L
        |> arrive 2 Transport.Tcp "127.0.0.7" 40_000 70L (incoming via method "")

    let number, request = List.last (offered rig)

    request,
    give (Receipted(number, Receipt.Handled)) rig
    |> give (FlowClosed(70L, TransportFault.Closed, "reset"))

let private responses' rig = [
    for _, message in written rig do
        match message with
        | :? SipResponse as response -> response.StatusCode
        | _ -> ()
]

let private responding = [
    testCase "a leg removed while a response waits for its connection: the delivery ends"
    <| fun () ->
        let request, rig = asked "OPTIONS"
        let number, rig = respond 200 request rig
        let rig = give (RemoveLeg 2) rig
        same (outcomes rig |> List.map (fun (_, n, _) -> n)) [ number ] "told once"
        same (Trie.count rig.State.Flows) 0 "no connection without a leg"

    testCase "a final response to INVITE hears of a connection that cannot be opened"
    <| fun () ->
        let request, rig = asked "INVITE"
        let number, rig = respond 486 request rig
        let rig = refused rig

        match outcomeOf number rig with
        | 0, Unreachable(_, TransportFault.ConnectionRefused, _) -> ()
        | other -> failtestf "%A" other

    testCase "a response whose connection is lost between the step and the write goes elsewhere"
    <| fun () ->
        let rig =
            receiving start
            |> acceptAs [] 2 Transport.Tcp "127.0.0.7" 40_000 70L
            |> arrive 2 Transport.Tcp "127.0.0.7" 40_000 70L (incoming via "INVITE" "")

        let offer, request = List.last (offered rig)
        let number, rig = respond 200 request (give (Receipted(offer, Receipt.Handled)) rig)
        let hop = { over Transport.Tcp "127.0.0.7" 40_000 with Flow = 70L }
        let failed = Input.Failed(number, hop, TransportFault.Closed, "gone")
        let rig = give failed rig |> give (FlowClosed(70L, TransportFault.Closed, "gone"))
        same (connects rig |> List.map (fun (_, hop) -> hop.Port)) [ 5070 ] "to the Via's port"
        same (responses' (opened rig)) [ 200; 200 ] "once more"

    testCase "a provisional response that is late never displaces the final one"
    <| fun () ->
        let request, rig = asked "INVITE"
        let _, rig = respond 180 request rig
        let final, rig = respond 200 request rig
        let rig = refused rig |> runFor 600L<ms>
        Expect.isFalse (List.contains 180 (responses' rig)) "the 180 is not sent any more"
        same (State.isUnderWay final rig.State || not (outcomes rig).IsEmpty) true "the 200 is"
]

let private peers = [
    testCase "V-11: a peer that proved nothing gets no request that a certificate must vouch for"
    <| fun () ->
        let rig = acceptAs [] 3 Transport.Tls "127.0.0.7" 5061 70L start

        let _, rig =
            sendTo (over Transport.Tls "127.0.0.7" 5061) (request "MESSAGE" "m") rig

        let _, hop = List.exactlyOne (connects rig)
        same hop.VerifyName "127.0.0.7" "a connection of our own, verified"

    testCase "V-18: a request over TLS is not answered over UDP, whoever knows its branch"
    <| fun () ->
        let peer = { over Transport.Tls "127.0.0.7" 5061 with VerifyName = "peer.test" }
        let sent, rig = sendTo peer (request "OPTIONS" "o") start
        let rig = opened rig
        let response = (lastRequest "OPTIONS" rig).CreateResponse(200, "forged")
        let rig = receive response rig
        same (State.isUnderWay sent rig.State) true "not believed"
        same (counted Counted.StrayResponse rig) 1 "counted"

    testCase "RFC 5923: the alias named last counts, and none once the connection is too old"
    <| fun () ->
        let ask (port: int) branch =
            let via = $"SIP/2.0/TLS peer.test:{port};branch={branch};alias"
            arrive 3 Transport.Tls "127.0.0.7" 40_000 70L (incoming via "OPTIONS" "")

        let named port = { over Transport.Tls "127.0.0.7" port with VerifyName = "peer.test" }
        let opens port rig = snd (sendTo (named port) (request "NOTIFY" "n") rig) |> connects

        let rig =
            receiving start
            |> acceptAs [ "peer.test" ] 3 Transport.Tls "127.0.0.7" 40_000 70L
            |> ask 5061 "z9hG4bKa"
            |> ask 5062 "z9hG4bKb"

        same (opens 5062 rig).Length 0 "the last"
        same (opens 5061 rig).Length 1 "not the one before"
        let rig = give (FlowExpired 70L) rig |> ask 5062 "z9hG4bKc"
        same (opens 5062 rig).Length 1 "nor any when it is too old"
]

let tests =
    testList "Races" [
        testList "cancelling" cancelling
        testList "budget" budget
        testList "responding" responding
        testList "peers" peers
    ]
