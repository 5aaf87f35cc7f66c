/// V-07 for WebSocket, in virtual time: slow upgrades and slow frames are ended, and a peer that
/// keeps silent when it is asked for a sign of life.
module SipFun.Tests.CSharpApi.WebSocket.PaceTests

open System
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams
open SipFun.Tests.CSharpApi.WebSocket.Frames

let private ws = LegOptions.Ws "127.0.0.1:0"

/// Time passes until this was counted; then the peer's connection is gone.
let private isEnded (time: FakeTimeProvider) dispatcher (peer: StreamPeer) counted =
    House.advanceUntil time (fun () -> House.counter dispatcher counted > 0L)
    Expect.equal (House.counter dispatcher counted) 1L "counted"
    Expect.isTrue (peer.IsClosed()) "closed"

let private slowUpgrade (time: FakeTimeProvider) dispatcher =
    use peer = StreamPeer.Connect(House.local dispatcher)
    peer.Send "GET / HTTP/1.1\r\nHost: a\r\n"
    isEnded time dispatcher peer "handshake_too_slow"

/// How a message may come too slowly: the frame's head, its first fragment, its payload.
let private slowHeads = [
    "half a frame's head", [| 0x81uy |]
    "a frame's head alone", [| 0x81uy; 0xFEuy; 0x01uy; 0x00uy; 1uy; 2uy; 3uy; 4uy |]
    "a first fragment", bytes (unfinished (text "OPTIONS sip:a SIP/2.0\r\n"))
    "half a payload", (bytes (text options))[..60]
]

let private slowMessage octets (time: FakeTimeProvider) dispatcher =
    StreamHouse.answering dispatcher
    use peer = WebSocketPeer.Connect(House.local dispatcher)
    Expect.equal (peer.Asks()) 200 "its handshake is over on both sides"
    peer.Stream.Send(octets: byte array)
    StreamHouse.settle dispatcher
    isEnded time dispatcher peer.Stream "header_too_slow"

/// A body that hardly comes, between pings that come all the time.
let private slowBodyWithPings (time: FakeTimeProvider) dispatcher =
    StreamHouse.answering dispatcher
    use peer = WebSocketPeer.Connect(House.local dispatcher)
    Expect.equal (peer.Asks()) 200 "its handshake is over on both sides"
    let head = options.Insert(options.Length - 2, "Content-Length: 60000\r\n")
    peer.Send(unfinished (text head))

    for _ in 1..5 do
        for _ in 1..8 do
            peer.Send(ping (Array.zeroCreate 120))
            peer.Receive() |> ignore

        StreamHouse.pass time dispatcher 1

    // More than 240 bytes a second came, but hardly one of them was of the body.
    StreamHouse.lapse time 2
    Expect.equal (House.waitForCounter dispatcher "body_too_slow" 1L) 1L "counted"
    Expect.isTrue (peer.Stream.IsClosed()) "closed"

let private keepingAlive =
    let fresh = LegOptions.Ws "127.0.0.1:0"

    match typeof<LegOptions>.GetProperty "KeepAlive" with
    | NonNull property -> property.SetValue(fresh, Nullable(TimeSpan.FromSeconds 30.0))
    | _ -> failtest "no KeepAlive"

    fresh

/// A client leg asks its server for a sign of life, by CRLFCRLF in a message of its own.
let private asksForLife (time: FakeTimeProvider) (client: Dispatcher) =
    StreamHouse.withLegs TimeProvider.System [ ws ] (fun server ->
        StreamHouse.answering server
        let uri = SipUri.Parse $"sip:bob@{House.local server};transport=ws"
        let ask () = client.Deliver(client.CreateRequest(SipMethod.Options, uri)) |> House.outcome
        Expect.equal (ask ()).Kind DeliveryOutcomeKind.Answered "connected"
        // Sent after 24 to 30 s; its answer may take 10 s.
        StreamHouse.pass time client 31
        let isAsked () = House.counter server "keep_alive" > 0L
        Expect.isTrue (StreamHouse.until isAsked) "a ping came"
        Expect.equal (House.counter server "malformed") 0L "and was no nonsense"
        Expect.equal (ask ()).Kind DeliveryOutcomeKind.Answered "and was answered")

let tests =
    testList "Pace" [
        testCase "V-07: an upgrade that comes too slowly"
        <| StreamHouse.inVirtualTime [ ws ] slowUpgrade
        for name, octets in slowHeads do
            testCase $"V-07: {name}, and nothing more"
            <| StreamHouse.inVirtualTime [ ws ] (slowMessage octets)
        testCase "V-07: control frames are no bytes of a body"
        <| StreamHouse.inVirtualTime [ ws ] slowBodyWithPings
        testCase "our ping is CRLFCRLF in a message (RFC 7118, 6)"
        <| StreamHouse.inVirtualTime [ keepingAlive ] asksForLife
    ]
