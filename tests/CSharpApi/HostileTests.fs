/// V-01: whatever comes in over a leg, the next good request is answered.
module SipFun.Tests.CSharpApi.HostileTests

open System
open System.Text
open Expecto
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi.House

let private answering (dispatcher: Dispatcher) =
    dispatcher.SetReceiver(fun received ->
        received.Respond(received.CreateResponse 200) |> ignore
        Receipt.Handled)

/// A good request gets its answer. UDP may lose it behind a flood, so that it is repeated as a
/// client would.
let private isAlive (dispatcher: Dispatcher) =
    use good = new Peer()
    let text = good.Request "OPTIONS"

    let isAnswered _ =
        good.Send(text, local dispatcher)
        good.Comes(TimeSpan.FromMilliseconds 500.0) && good.ReceiveResponse().StatusCode = 200

    Seq.exists isAnswered (seq { 1..40 })

/// Random bytes, and requests cut, with bytes changed, with lines doubled, lost or blown up.
let private hostile (random: Random) (good: byte array) =
    match random.Next 7 with
    | 0 ->
        let bytes = Array.zeroCreate (random.Next 2000)
        random.NextBytes bytes
        bytes
    | 1 -> good[.. random.Next(good.Length) - 1]
    | 2 ->
        let bytes = Array.copy good
        bytes[random.Next bytes.Length] <- byte (random.Next 256)
        bytes
    | 3 -> Array.append good (Array.create (random.Next 60_000) 65uy)
    | 4 -> [||]
    | 5 -> Array.create (random.Next 64) (byte (random.Next 14))
    | _ ->
        let lines = (Encoding.UTF8.GetString good).Split "\r\n"
        let line = random.Next lines.Length
        lines[line] <- String.replicate (random.Next 4) lines[line]
        Encoding.UTF8.GetBytes(String.Join("\r\n", lines))

let tests =
    testList "Hostile datagrams" [
        testCase "V-01: thousands of hostile datagrams, and every thousand an OPTIONS gets 200"
        <| inRealTime (fun dispatcher peer ->
            answering dispatcher
            let random = Random 4475
            let rounds = if Suite.long then 200 else 8

            for round in 1..rounds do
                for _ in 1..1000 do
                    let good = Encoding.UTF8.GetBytes(peer.Request "INVITE")
                    peer.Send(hostile random good, local dispatcher)
                    peer.Drain() |> ignore

                Expect.isTrue (isAlive dispatcher) $"alive after round {round}"

            Expect.equal (counter dispatcher "step_failed") 0L "no step failed"
            Expect.equal (counter dispatcher "effect_failed") 0L "no effect failed"
            Expect.isGreaterThan (counter dispatcher "malformed") 0L "malformed ones counted")

        testCase "V-01: hostile responses with our branch end nothing but their delivery"
        <| inRealTime (fun dispatcher peer ->
            answering dispatcher
            let random = Random 1812
            let told = ref 0

            let options =
                DeliverOptions(
                    OnResponse = ignore,
                    OnCompleted = fun _ -> Threading.Interlocked.Increment told |> ignore
                )

            let deliver method =
                let delivery = dispatcher.Deliver(request dispatcher peer method, options)
                let asked = peer.ReceiveRequest()

                for status in [ 100; 183 ] do
                    let good = asked.CreateResponse(status, "peer").Bytes.ToArray()

                    for _ in 1..20 do
                        peer.Send(hostile random good, local dispatcher)

                peer.Answer(asked, 603)
                Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Answered "answered"
                peer.Drain() |> ignore

            let rounds = if Suite.long then 500 else 25

            for _ in 1..rounds do
                deliver SipMethod.Invite
                deliver SipMethod.Options

            Expect.isTrue (isAlive dispatcher) "alive"
            Expect.equal told.Value (2 * rounds) "each ended once"
            Expect.equal (counter dispatcher "step_failed") 0L "no step failed"
            Expect.equal (counter dispatcher "effect_failed") 0L "no effect failed")

        testCase "each kind of nonsense has its counter"
        <| inRealTime (fun dispatcher peer ->
            answering dispatcher
            let send (bytes: byte array) = peer.Send(bytes, local dispatcher)
            send [||]
            send (Encoding.ASCII.GetBytes "\r\n\r\n")
            send [| 0uy; 0uy |]
            send (Encoding.ASCII.GetBytes((peer.Request "OPTIONS").Replace("SIP/2.0", "SIP/3.0")))
            Expect.isTrue (isAlive dispatcher) "alive"
            Expect.equal (counter dispatcher "empty_datagram") 1L "empty"
            Expect.equal (counter dispatcher "keep_alive") 2L "keep-alives (RFC 5626, 3.5.1)"
            Expect.equal (counter dispatcher "malformed") 1L "malformed"
            Expect.equal (counter dispatcher "malformed_version") 1L "by its reason")

        testCase "the longest datagram is taken, one beyond the limit counted"
        <| fun () ->
            use peer = new Peer()
            let limits = Limits(DatagramBytes = 4000)
            let dispatcher = start (DispatcherOptions(Legs = loopback.Legs, Limits = limits))

            try
                answering dispatcher
                peer.Send(Array.create 4001 65uy, local dispatcher)
                Expect.isTrue (isAlive dispatcher) "alive"
                Expect.equal (counter dispatcher "oversized_datagram") 1L "oversized"
            finally
                finish dispatcher

        testCase "a message too large to send is an outcome, and the leg lives on"
        <| inRealTime (fun dispatcher peer ->
            answering dispatcher
            let body = ReadOnlyMemory(Array.create 70_000 65uy)

            let message =
                (request dispatcher peer SipMethod.Message).WithBody("text/plain", body)

            let delivery = dispatcher.Deliver(message, DeliverOptions(Destination = peer.Hop))

            match outcome delivery with
            | :? DeliveryOutcome.Unreachable as unreachable ->
                Expect.equal unreachable.LastHop peer.Hop "which hop"
                Expect.equal unreachable.Fault TransportFault.TooLarge "why"
            | other -> failtest $"{other}"

            Expect.isFalse peer.HasMore "nothing was sent"
            Expect.isTrue (isAlive dispatcher) "alive")
    ]
