/// WebSocket legs over real sockets: both sides, browsers' Vias, refusals, and hostile peers.
module SipFun.Tests.CSharpApi.WebSocket.LegTests

open System
open System.Net.WebSockets
open System.Text
open System.Threading
open Expecto
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams
open SipFun.Tests.CSharpApi.WebSocket.Frames

let private ws = LegOptions.Ws "127.0.0.1:0"

let private wss =
    lazy
        (LegOptions.Wss "127.0.0.1:0"
         |> StreamHouse.changed [ "Certificate", Certificates.example.Value ])

/// F# has no `with` for a C# record: a fresh one is changed.
let private withOrigins (origin: string) (fresh: LegOptions) =
    match typeof<LegOptions>.GetProperty "Origins" with
    | NonNull property -> property.SetValue(fresh, [| origin |])
    | _ -> failtest "no Origins"

    fresh

let private guarded =
    withOrigins "https://www.example.com" (LegOptions.Ws "127.0.0.1:0")

let private connect dispatcher = WebSocketPeer.Connect(House.local dispatcher)

let private connectSecurely dispatcher =
    TlsPeer.connect (TlsPeer.clientOptions "example.com" []) (House.local dispatcher)
    |> WebSocketPeer.Upgrade

let private isAliveBy connect (dispatcher: Dispatcher) =
    use peer: WebSocketPeer = connect dispatcher
    peer.Asks() = 200

let private isAlive dispatcher = isAliveBy connect dispatcher

let private answersBrowsers (dispatcher: Dispatcher) =
    StreamHouse.answering dispatcher
    use peer = WebSocketPeer.Connect(House.local dispatcher)
    peer.Send(peer.Request "MESSAGE")
    let frame = peer.Receive()
    Expect.equal (frame.Opcode, frame.Fin, frame.Masked) (1, true, false) "one text frame, no mask"
    let response = SipMessage.Parse(ReadOnlyMemory frame.Payload) :?> SipResponse
    Expect.equal response.StatusCode 200 "answered"
    Expect.equal response.TopVia.Transport "WS" "the Via is theirs"
    Expect.equal response.TopVia.Host "df7jal23ls0d.invalid" "returned over the flow, not by DNS"
    Expect.equal (peer.Asks()) 200 "over the same connection"

/// A message that is no UTF-8 must be sent as binary (RFC 7118, 4.2).
let private sendsBinary (dispatcher: Dispatcher) =
    dispatcher.SetReceiver(fun received ->
        let body = ReadOnlyMemory [| 0xFFuy; 0xFEuy |]

        received.Respond(received.CreateResponse(200).WithBody("application/octet-stream", body))
        |> ignore

        Receipt.Handled)

    use peer = WebSocketPeer.Connect(House.local dispatcher)
    peer.Send(peer.Request "OPTIONS")
    let frame = peer.Receive()
    Expect.equal frame.Opcode 2 "binary"
    Expect.equal frame.Payload[frame.Payload.Length - 2 ..] [| 0xFFuy; 0xFEuy |] "byte for byte"

let private keepsAlive (dispatcher: Dispatcher) =
    StreamHouse.answering dispatcher
    use peer = WebSocketPeer.Connect(House.local dispatcher)
    peer.Send "\r\n\r\n"
    Expect.equal (peer.Receive().Payload) (ascii "\r\n") "RFC 5626, 3.5.1"
    peer.Send(ping (ascii "?"))
    let pong = peer.Receive()
    Expect.equal (pong.Opcode, pong.Payload) (10, ascii "?") "RFC 6455, 5.5.3"
    Expect.equal (peer.Asks()) 200 "and it goes on"

let private otherProtocols = [
    "HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 426 ", "upgrade_missing"
    "SIP", options, "HTTP/1.1 400 ", "upgrade_malformed"
    "TLS", "\022\003\001\002\000\001\000\001", "HTTP/1.1 400 ", "upgrade_malformed"
]

let private refuses request (answer: string) counted (dispatcher: Dispatcher) =
    StreamHouse.answering dispatcher
    use peer = StreamPeer.Connect(House.local dispatcher)
    Expect.stringStarts (WebSocketPeer.Ask(peer, request)) answer "told"
    Expect.isTrue (peer.IsClosed()) "closed"
    Expect.equal (House.waitForCounter dispatcher counted 1L) 1L "counted"
    Expect.isTrue (isAlive dispatcher) "the next is served"

/// A reset would take the refusal back: what came behind the request is read, and then a FIN.
let private refusesToTheEnd (dispatcher: Dispatcher) =
    use peer = StreamPeer.Connect(House.local dispatcher)
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    Expect.stringStarts
        (WebSocketPeer.Ask(peer, request + String('x', 60_000)))
        "HTTP/1.1 426 "
        "told"

    let rest = Array.zeroCreate<byte> 4096
    let mutable length = peer.Stream.Read(rest, 0, rest.Length)

    while length > 0 do
        length <- peer.Stream.Read(rest, 0, rest.Length)

let private guardsOrigin (dispatcher: Dispatcher) =
    StreamHouse.answering dispatcher

    Expect.throws
        (fun () ->
            use _ =
                WebSocketPeer.Connect(House.local dispatcher, "Origin: https://evil.example\r\n")

            ())
        "403"

    Expect.equal (House.waitForCounter dispatcher "upgrade_origin" 1L) 1L "counted"

    use ours =
        WebSocketPeer.Connect(House.local dispatcher, "Origin: https://www.example.com\r\n")

    Expect.equal (ours.Asks()) 200 "ours"

/// The framework's own client: a handshake that is not ours.
let private meetsFramework (dispatcher: Dispatcher) =
    StreamHouse.answering dispatcher
    use client = new ClientWebSocket()
    client.Options.AddSubProtocol "sip"
    let none = CancellationToken.None
    let target = Uri $"ws://{House.local dispatcher}/any/path"
    client.ConnectAsync(target, none).Wait Patience.span |> ignore
    Expect.equal client.SubProtocol "sip" "RFC 7118, 4.1"
    let segment = ArraySegment(ascii options)
    client.SendAsync(segment, WebSocketMessageType.Text, true, none).Wait Patience.span |> ignore
    let buffer = Array.zeroCreate 4096
    let result = House.wait (client.ReceiveAsync(ArraySegment buffer, none))
    Expect.stringStarts (Encoding.UTF8.GetString(buffer, 0, result.Count)) "SIP/2.0 200" "answered"
    let goodbye = client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, none)
    Expect.isTrue (goodbye.Wait Patience.span) "closed by both"
    Expect.equal client.CloseStatus (Nullable WebSocketCloseStatus.NormalClosure) "in good order"

let private betweenTwo (server: Dispatcher) =
    StreamHouse.answering server

    StreamHouse.withLegs TimeProvider.System [ ws ] (fun client ->
        let uri = SipUri.Parse $"sip:bob@{House.local server};transport=ws"

        for _ in 1..3 do
            let delivery = client.Deliver(client.CreateRequest(SipMethod.Options, uri))
            Expect.equal (House.outcome delivery).Kind DeliveryOutcomeKind.Answered "answered"

        Expect.equal (StreamHouse.link client 0).Count 1 "over one connection")

/// A server of ours that is a plain TCP peer answers what it likes.
let private isRefused () =
    use server = new StreamServer()

    StreamHouse.withLegs TimeProvider.System [ ws ] (fun client ->
        let uri = SipUri.Parse $"sip:bob@{server.EndPoint};transport=ws"
        let delivery = client.Deliver(client.CreateRequest(SipMethod.Options, uri))
        use peer = server.Accept()

        let _ =
            WebSocketPeer.Ask(peer, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        match House.outcome delivery with
        | :? DeliveryOutcome.Unreachable as unreachable ->
            Expect.equal unreachable.Fault TransportFault.HandshakeFailed "which fault"
            Expect.stringContains unreachable.Detail "403" "what it said"
        | other -> failtest $"{other}"

        Expect.equal (House.counter client "upgrade_refused") 1L "counted")

let private saysGoodbye (dispatcher: Dispatcher) =
    StreamHouse.answering dispatcher
    use peer = WebSocketPeer.Connect(House.local dispatcher)
    Expect.equal (peer.Asks()) 200 "open"
    House.wait (dispatcher.RemoveLegAsync dispatcher.Legs[0]) |> ignore
    let frame = peer.Receive()
    Expect.equal (frame.Opcode, frame.Payload) (8, [| 0x03uy; 0xE8uy |]) "close 1000"
    Expect.isTrue (peer.Stream.IsClosed()) "and the connection with it"

/// Messages with bytes changed, cut, doubled: no reason to close (RFC 7118, 5).
let private spoiled (random: Random) (good: string) =
    let octets = ascii good
    let at = random.Next octets.Length

    match random.Next 4 with
    | 0 -> binary (Array.init (random.Next 2000) (fun _ -> byte (random.Next 256)))
    | 1 -> frame 1 octets[..at]
    | 2 -> text (good + good)
    | _ ->
        octets[at] <- byte (random.Next 256)
        binary octets

/// Frames that end a connection.
let private breaking (random: Random) (good: string) =
    match random.Next 4 with
    | 0 -> { text good with Reserved = 1 + random.Next 7 <<< 4 }
    | 1 -> { text good with Opcode = 3 + random.Next 5 }
    | 2 -> { text good with Masked = false }
    | _ -> closing (random.Next 6000) [||]

/// One connection: so many inputs, the last of which ends it, and the server has read them all.
let private attack (random: Random) count connect (dispatcher: Dispatcher) =
    use peer: WebSocketPeer = connect dispatcher

    for _ in 2..count do
        peer.Send(spoiled random (peer.Request "OPTIONS"))

    peer.Send(breaking random (peer.Request "OPTIONS"))
    Expect.isTrue (peer.Stream.IsClosed()) "the server has closed"

let private survives connect (dispatcher: Dispatcher) =
    StreamHouse.answering dispatcher
    let random = Random 7118
    let rounds = if Suite.long then 1000 else 20

    for round in 1..rounds do
        for _ in 1..50 do
            attack random 20 connect dispatcher

        Expect.isTrue (isAliveBy connect dispatcher) $"alive after {round},000"

    Expect.isEmpty (StreamHouse.noFaults dispatcher) "no fault of ours"
    Expect.isGreaterThan (House.counter dispatcher "malformed") 0L "malformed ones counted"
    Expect.isGreaterThan (House.counter dispatcher "stream_broken") 0L "broken ones counted"

let private misused () =
    let wrong = [
        withOrigins "https://www.example.com" (LegOptions.Tcp "127.0.0.1:0")
        withOrigins "www.example.com" (LegOptions.Ws "127.0.0.1:0")
        withOrigins "https://www.example.com/path" (LegOptions.Ws "127.0.0.1:0")
    ]

    for options in wrong do
        Expect.throwsT<ArgumentException>
            (fun () -> StreamHouse.withLegs TimeProvider.System [ options ] ignore)
            "says what to do"

let private real legs run = StreamHouse.inRealTime legs run

let tests =
    testList "Legs" [
        testCase "a browser's requests are answered over their connection (RFC 7118, 8)"
        <| real [ ws ] answersBrowsers
        testCase "what is no UTF-8 goes out as binary (RFC 7118, 4.2)" <| real [ ws ] sendsBinary
        testCase "both keep-alives are answered (RFC 7118, 6)" <| real [ ws ] keepsAlive
        for name, request, answer, counted in otherProtocols do
            testCase $"V-14: {name} at a WebSocket's port"
            <| real [ ws ] (refuses request answer counted)
        testCase "a refusal is not lost to a reset" <| real [ ws ] refusesToTheEnd
        testCase "V-14: only pages of the origins may connect" <| real [ guarded ] guardsOrigin
        testCase "the framework's client gets its answer" <| real [ ws ] meetsFramework
        testCase "two dispatchers, one connection" <| real [ ws ] betweenTwo
        testCase "a server that refuses: HandshakeFailed, with what it said" isRefused
        testCase "a removed leg says goodbye in a close frame" <| real [ ws ] saysGoodbye
        testCase "V-01: 20,000 hostile inputs for ws, and after each 1,000 an OPTIONS gets 200"
        <| real [ ws ] (survives connect)
        testCase "V-01: as many for wss"
        <| fun () -> real [ wss.Value ] (survives connectSecurely) ()
        testCase "origins that are none are misuse" misused
    ]
