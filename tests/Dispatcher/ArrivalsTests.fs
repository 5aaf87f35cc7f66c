// Where a response goes and what is noted of a request's source: RFC 3261, 18.2; RFC 3581, 4 (P-34).
module SipFun.Tests.Dispatcher.ArrivalsTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let private source = hop "127.0.0.9" 6000

let private stamped via =
    receiving start
    |> receiveFrom source (incoming via "OPTIONS" "")
    |> offered
    |> List.last
    |> fun (_, request) -> request.TopVia

let private answeredTo via =
    let rig = receiving start |> receiveFrom source (incoming via "OPTIONS" "")
    let _, rig = respond 200 (snd (List.last (offered rig))) rig
    let _, hop, _ = List.last (wire rig)
    hop

let private row via received rport target =
    testCase via
    <| fun () ->
        let seen = stamped via
        same seen.Received received "received"
        same (Option.ofNullable seen.RPort) rport "rport"
        same (answeredTo via) target "the response's way"

let tests =
    testList "Arrivals" [
        testList "P-34: received, rport and the way back" [
            row "SIP/2.0/UDP 127.0.0.9:6000;branch=z9hG4bK1" null None (hop "127.0.0.9" 6000)
            row "SIP/2.0/UDP 127.0.0.9;branch=z9hG4bK1" null None (hop "127.0.0.9" 5060)
            row "SIP/2.0/UDP 127.0.0.8:5070;branch=z9hG4bK1" "127.0.0.9" None (hop "127.0.0.9" 5070)
            row "SIP/2.0/UDP pc.example.com;branch=z9hG4bK1" "127.0.0.9" None (hop "127.0.0.9" 5060)
            row
                "SIP/2.0/UDP 127.0.0.8:5070;rport;branch=z9hG4bK1"
                "127.0.0.9"
                (Some 6000)
                (hop "127.0.0.9" 6000)
            row
                "SIP/2.0/UDP 127.0.0.9:6000;rport;branch=z9hG4bK1"
                "127.0.0.9"
                (Some 6000)
                (hop "127.0.0.9" 6000)
            row
                "SIP/2.0/UDP 127.0.0.9:6000;maddr=127.0.0.3;branch=z9hG4bK1"
                null
                None
                (hop "127.0.0.3" 6000)
        ]

        testCase "an address in a peer's own words for `received` is replaced by what was seen"
        <| fun () ->
            for sentBy in [ "127.0.0.8:5070"; "127.0.0.9:6000" ] do
                let text = $"SIP/2.0/UDP {sentBy};received=127.0.0.1;branch=z9hG4bK1"
                same (string (stamped text).Received) "127.0.0.9" "from the socket (V-16)"

        testCase "a port in a peer's own words for `rport` is replaced by what was seen"
        <| fun () ->
            let via = stamped "SIP/2.0/UDP 127.0.0.9:6000;rport=99;branch=z9hG4bK1"
            same via.RPort (System.Nullable 6000) "from the socket (V-16)"

        testCase "a response leaves by the transport its request came by, whatever its Via says"
        <| fun () ->
            let via = "SIP/2.0/TCP 127.0.0.9:6000;branch=z9hG4bK1"
            same (answeredTo via) (hop "127.0.0.9" 6000) "over UDP, as it came"

        testCase "what comes over a removed leg is dropped and counted"
        <| fun () ->
            let rig = receiving start |> give (RemoveLeg 1)

            let rig =
                receive (incoming "SIP/2.0/UDP 127.0.0.9;branch=z9hG4bK1" "OPTIONS" "") rig

            same (counted Counted.UnknownLeg rig) 1 "counted"
            same (offered rig) [] "not offered"

        testCase "18.2.2: the response leaves from the leg the request came to"
        <| fun () ->
            let second = leg 2 "127.0.0.2" 5080
            let rig = withLegs [ own; second ] |> receiving
            let via = "SIP/2.0/UDP 127.0.0.9:6000;branch=z9hG4bK1"
            let rig = give (Received(77L, 2, source, incoming via "OPTIONS" "")) rig
            let _, rig = respond 200 (snd (List.last (offered rig))) rig

            match List.head rig.Log with
            | _, Effect.Transmit(_, used, _, _, _) -> same used 2 "leg 2"
            | _, other -> failtestf "%A" other
    ]
