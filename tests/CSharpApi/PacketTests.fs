// OnPacket sees what went over the wire: every copy, every answer, garbage too, in order.
module SipFun.Tests.CSharpApi.PacketTests

open System
open System.Collections.Concurrent
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi.House

let private watched onPacket run =
    let time = FakeTimeProvider()
    use peer = new Peer()

    let options =
        DispatcherOptions(Legs = loopback.Legs, TimeProvider = time, OnPacket = Action<_> onPacket)

    let dispatcher = start options

    try
        run time dispatcher peer
    finally
        // Dispose waits for callbacks: afterwards all packets were shown.
        finish dispatcher

let private text (packet: WirePacket) = Text.Encoding.UTF8.GetString packet.Bytes.Span

let tests =
    testList "OnPacket" [
        testCase "it sees each copy, the answer and garbage, in order, with instants and both ends"
        <| fun () ->
            let seen = ConcurrentQueue<WirePacket>()
            let mutable ends = "", ""

            watched seen.Enqueue (fun time dispatcher peer ->
                let delivery = dispatcher.Deliver(request dispatcher peer SipMethod.Options)
                ends <- string (local dispatcher), peer.HostPort
                let first = peer.ReceiveRequest()
                time.Advance(TimeSpan.FromMilliseconds 500.0)
                peer.ReceiveRequest() |> ignore
                peer.Send("garbage", local dispatcher)
                peer.Answer(first, 200)
                outcome delivery |> ignore)

            let story = [
                for packet in seen do
                    packet.Direction, packet.Instant.TotalMilliseconds, (text packet).Split(' ')[0]
            ]

            Expect.equal
                story
                [
                    PacketDirection.Sent, 0.0, "OPTIONS"
                    PacketDirection.Sent, 500.0, "OPTIONS"
                    PacketDirection.Received, 500.0, "garbage"
                    PacketDirection.Received, 500.0, "SIP/2.0"
                ]
                "all, in order"

            for packet in seen do
                Expect.equal (string packet.Local) (fst ends) "our end"
                Expect.equal (string packet.Remote) ("udp:" + snd ends) "the peer's"

        testCase "one that throws is counted, and nothing else suffers"
        <| fun () ->
            watched (fun _ -> failwith "no") (fun _ dispatcher peer ->
                let delivery = dispatcher.Deliver(request dispatcher peer SipMethod.Options)
                peer.Answer(peer.ReceiveRequest(), 200)
                Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Answered "answered"
                Expect.isGreaterThan (waitForCounter dispatcher "callback_failed" 1L) 0L "counted")
    ]
