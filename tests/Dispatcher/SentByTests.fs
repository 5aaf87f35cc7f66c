// RFC 3263, 5: a response that does not get to where its request came from goes by sent-by.
module SipFun.Tests.Dispatcher.SentByTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Resolver

let private zone = [
    "_sip._udp.uac.example.org SRV 1 1 5099 a.example.org"
    "_sip._udp.uac.example.org SRV 2 1 5098 b.example.org"
    "a.example.org A 127.0.0.21"
    "b.example.org A 127.0.0.22"
    "uac.example.org A 127.0.0.23"
]

/// A request with this sent-by came from `peer`, and 200 is on its way to there.
let private answering sentBy =
    let via = $"SIP/2.0/UDP {sentBy};branch=z9hG4bKin1"
    let rig = receive (incoming via "OPTIONS" "") (receiving start)
    let offer, request = List.last (offered rig)

    let number, rig =
        give (Receipted(offer, Receipt.Handled)) rig |> respond 200 request

    number, world (fromZone zone) rig

let private sent world = wire world.Rig |> List.map (fun (_, hop, _) -> Hop.toString hop)

let private refused number world =
    let _, hop, _ = wire world.Rig |> List.last
    let input = Input.Failed(number, hop, TransportFault.HostUnreachable, "no")
    act (give input) world |> runFor 0L<ms>

let private lost number world =
    match outcomeOf number world.Rig with
    | _, Unreachable(hop, _, _) -> Hop.toString hop
    | other -> failtestf "%A" other

let tests =
    testList "SentBy" [
        testCase "a name without port: by SRV, one host after the other"
        <| fun () ->
            let number, world = answering "uac.example.org"
            let world = refused number world
            same (List.last (sent world)) "udp:127.0.0.21:5099" "the first"
            let world = refused number world
            same (List.last (sent world)) "udp:127.0.0.22:5098" "the second"
            let world = act (give (Transmitted number)) world
            same (snd (outcomeOf number world.Rig)) Sent "sent"

        testCase "a name with port: by A"
        <| fun () ->
            let number, world = answering "uac.example.org:5077"
            same (List.last (sent (refused number world))) "udp:127.0.0.23:5077" "its address"

        testCase "an address: once more only if it is another"
        <| fun () ->
            let number, world = answering "127.0.0.24:5077"
            let world = refused number world
            same (List.last (sent world)) "udp:127.0.0.24:5077" "the written one"
            same (lost number (refused number world)) "udp:127.0.0.24:5077" "and no more"
            let number, world = answering $"127.0.0.7:5070"
            same (lost number (refused number world)) "udp:127.0.0.7:5070" "the same: at once"

        testCase "a name that is not there: unreachable, as before"
        <| fun () ->
            let number, world = answering "gone.example.org"
            same (lost number (refused number world)) "udp:127.0.0.7:5060" "where it was tried"

        testCase "a name that nobody answers for: unreachable after the limits"
        <| fun () ->
            let number, world = answering "uac.example.org"
            let silent = { world with Script = fun _ -> [] }
            let world = refused number silent |> runFor 60_000L<ms>
            same (lost number world) "udp:127.0.0.7:5060" "where it was tried"

        testCase "the request's copies get the response where it went"
        <| fun () ->
            let number, world = answering "uac.example.org"
            let world = refused number world |> act (give (Transmitted number))
            let via = "SIP/2.0/UDP uac.example.org;branch=z9hG4bKin1"
            let world = act (receive (incoming via "OPTIONS" "")) world
            same (List.last (sent world)) "udp:127.0.0.21:5099" "by sent-by"
    ]
