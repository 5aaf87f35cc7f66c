/// TCP legs over real sockets: both directions, framing, keep-alives, and how peers behave (RFC
/// 3261, 18; RFC 5626).
module SipFun.Tests.CSharpApi.Streams.TcpTests

open System
open System.Net
open System.Text
open System.Threading
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse

let private answers (dispatcher: Dispatcher) =
    answering dispatcher
    use peer = StreamPeer.Connect(House.local dispatcher)
    Expect.equal (asks peer) 200 "first"
    Expect.equal (asks peer) 200 "the same connection again"
    Expect.equal (link dispatcher 0).Count 1 "one connection"

let private asksOverOne (dispatcher: Dispatcher) =
    use server = new StreamServer()
    let first = deliver dispatcher server SipMethod.Options
    use peer = server.Accept()
    let request = peer.ReceiveRequest()
    Expect.equal request.TopVia.Transport "TCP" "the Via's transport"
    Expect.equal request.TopVia.SentBy dispatcher.Legs[0].SentBy "the listener is sent-by"

    Expect.notEqual
        (string peer.Socket.RemoteEndPoint)
        (string (House.local dispatcher))
        "a free port"

    peer.Answer(request, 200)
    Expect.equal (House.outcome first).Kind DeliveryOutcomeKind.Answered "first"
    let second = deliver dispatcher server SipMethod.Options
    peer.Answer(peer.ReceiveRequest(), 404)
    Expect.equal (House.outcome second).Kind DeliveryOutcomeKind.Answered "second"
    Expect.isFalse server.HasMore "no second connection"

/// A server that closes what it thinks idle, just when the next request is written to it.
let private goesAgain ends (dispatcher: Dispatcher) =
    use server = new StreamServer()
    let first = deliver dispatcher server SipMethod.Options
    let peer = server.Accept()
    peer.Answer(peer.ReceiveRequest(), 200)
    Expect.equal (House.outcome first).Kind DeliveryOutcomeKind.Answered "first"
    let second = deliver dispatcher server SipMethod.Message
    let lost = peer.ReceiveRequest()
    ends peer
    use next = server.Accept()
    let again = next.ReceiveRequest()
    Expect.equal (again.Bytes.ToArray()) (lost.Bytes.ToArray()) "the same packet"
    next.Answer(again, 200)
    Expect.equal (House.outcome second).Kind DeliveryOutcomeKind.Answered "answered"
    Expect.isEmpty dispatcher.Marks "and the target is not set aside"
    Expect.stringContains (second.Explain()) "once more over a new one" "explained"

let private refused (dispatcher: Dispatcher) =
    let server = new StreamServer()
    let request = dispatcher.CreateRequest(SipMethod.Options, server.Uri)
    (server :> IDisposable).Dispose()
    let delivery = dispatcher.Deliver request

    match House.outcome delivery with
    | :? DeliveryOutcome.Unreachable as unreachable ->
        Expect.equal unreachable.Fault TransportFault.ConnectionRefused "why"
    | other -> failtest $"{other}"

    Expect.equal (House.counter dispatcher "connect_failed") 1L "counted"

let private inOrder (dispatcher: Dispatcher) =
    answering dispatcher
    use peer = StreamPeer.Connect(House.local dispatcher)
    let branches = [ for number in 1..200 -> $"order{number}" ]
    peer.Send(String.Join("", branches |> List.map (fun one -> peer.Request("OPTIONS", one))))

    let answered =
        List.init 200 (fun _ -> peer.ReceiveResponse().TopVia.Branch) |> List.sort

    Expect.equal answered (branches |> List.map ((+) "z9hG4bK") |> List.sort) "all of them"

let private sendsInOrder (dispatcher: Dispatcher) =
    use server = new StreamServer()

    let send (number: int) =
        let request =
            dispatcher
                .CreateRequest(SipMethod.Message, server.Uri)
                .WithAddedHeader("X-Number", string number)

        dispatcher.Deliver request |> ignore

    for number in 1..300 do
        send number

    use peer = server.Accept()

    let numbers = [
        for _ in 1..300 do
            let request = peer.ReceiveRequest()
            request.GetHeader "X-Number" |> Option.ofObj |> Option.get |> int
    ]

    Expect.equal numbers [ 1..300 ] "as they were delivered"

let private answersPings (dispatcher: Dispatcher) =
    answering dispatcher
    use peer = StreamPeer.Connect(House.local dispatcher)
    peer.Send "\r\n\r\n"
    Expect.equal (peer.ReceiveBytes 2) "\r\n"B "one CRLF"
    peer.Send "\r\n\r\n\r\n\r\n"
    Expect.equal (peer.ReceiveBytes 4) "\r\n\r\n"B "one for each ping"
    Expect.equal (asks peer) 200 "and nothing but that"
    Expect.equal (House.counter dispatcher "keep_alive") 3L "counted"

let private halfClosed (dispatcher: Dispatcher) =
    answering dispatcher
    use peer = StreamPeer.Connect(House.local dispatcher)
    Expect.equal (asks peer) 200 "before"
    peer.Socket.Shutdown Sockets.SocketShutdown.Send
    Expect.isTrue (peer.IsClosed()) "ours is closed too"
    Expect.isTrue (isAlive dispatcher) "the next one is served"
    Expect.isTrue (until (fun () -> House.counter dispatcher "peer_closed" >= 2L)) "counted"

/// A reset would throw here, and could take the answer with it.
let private goodbye (dispatcher: Dispatcher) =
    answering dispatcher
    use peer = StreamPeer.Connect(House.local dispatcher)
    Expect.equal (asks peer) 200 "before"
    Expect.isTrue (House.wait (dispatcher.RemoveLegAsync dispatcher.Legs[0])) "removed"
    Expect.equal (peer.Stream.Read(Array.zeroCreate<byte> 1, 0, 1)) 0 "the end, in good order"

let private reset (dispatcher: Dispatcher) =
    answering dispatcher
    let peer = StreamPeer.Connect(House.local dispatcher)
    Expect.equal (asks peer) 200 "before"
    peer.Reset()
    Expect.isTrue (isAlive dispatcher) "the next one is served"
    Expect.isTrue (until (fun () -> House.counter dispatcher "stream_broken" = 1L)) "counted"

let private insideAMessage (dispatcher: Dispatcher) =
    answering dispatcher
    let peer = StreamPeer.Connect(House.local dispatcher)
    peer.Send((peer.Request "OPTIONS").Substring(0, 60))
    (peer :> IDisposable).Dispose()
    Expect.isTrue (until (fun () -> House.counter dispatcher "stream_broken" = 1L)) "counted"
    Expect.isTrue (isAlive dispatcher) "the next one is served"

/// What is no SIP at all ends its own connection, counted, and no other.
let private nonsense name (bytes: byte array) =
    testCase $"{name} on the TCP port ends its connection alone"
    <| inRealTime [ tcp ] (fun dispatcher ->
        answering dispatcher
        use good = StreamPeer.Connect(House.local dispatcher)
        Expect.equal (asks good) 200 "before"
        use bad = StreamPeer.Connect(House.local dispatcher)
        bad.Send bytes
        Expect.isTrue (bad.IsClosed()) "closed"
        Expect.equal (asks good) 200 "the others stay"
        Expect.isTrue (isAlive dispatcher) "new ones come in"

        Expect.isTrue (until (fun () -> House.counter dispatcher "framing_lost" = 1L)) "counted")

let private http = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"B

/// A ClientHello as OpenSSL begins it, and line feeds as any TLS bytes have sooner or later.
let private clientHello =
    Array.concat [
        [| 0x16uy; 3uy; 1uy; 0uy; 200uy; 1uy; 0uy; 0uy; 196uy; 3uy; 3uy |]
        Array.init 189 (fun index -> byte (index * 7))
    ]

let private missingLength =
    "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n\r\n"B

let private both = inRealTime [ tcp ]

let private onSixth () =
    if Net.Sockets.Socket.OSSupportsIPv6 then
        withLegs TimeProvider.System [ LegOptions.Tcp "[::1]:0" ] answers
    else
        skiptest "this machine has no IPv6"

let private defaults () =
    let dispatcher = House.start (DispatcherOptions())

    try
        let transports =
            dispatcher.Legs |> Seq.map _.Transport |> Seq.distinct |> List.ofSeq

        Expect.equal transports [ Transport.Udp; Transport.Tcp ] "UDP and TCP"
        let tcp = dispatcher.GetLegs(transport = Transport.Tcp)[0]
        Expect.isFalse (tcp.SentBy.StartsWith "0.0.0.0") "a real address in the Via"
        answering dispatcher

        for local in tcp.LocalEndPoints do
            Expect.isTrue (isAliveAt local) $"listens at {local}"
    finally
        House.finish dispatcher

let tests =
    testList "TCP" [
        testCase "a peer's requests are answered over its own connection (18.2.2)" <| both answers
        testCase "the same over IPv6" onSixth
        testCase "requests to one place share one connection (18.1)" <| both asksOverOne
        testCase "a refused connection is an outcome" <| both refused
        testCase "a connection closed under a request: once more over a new one"
        <| both (goesAgain (fun peer -> (peer :> IDisposable).Dispose()))
        testCase "a connection reset under a request: once more over a new one"
        <| both (goesAgain _.Reset())
        testCase "many requests in one write are each answered" <| both inOrder
        testCase "packets leave in the order of their deliveries" <| both sendsInOrder
        testCase "P-16: exactly one CRLF for a double CRLF (RFC 5626, 4.4.1)" <| both answersPings
        testCase "a half-closed connection is closed" <| both halfClosed
        testCase "a removed leg's connections end with a FIN" <| both goodbye
        testCase "a reset connection ends alone" <| both reset
        testCase "a connection that ends inside a message is counted" <| both insideAMessage
        nonsense "HTTP" http
        nonsense "TLS" clientHello
        nonsense "a message without Content-Length" missingLength
        testCase "the default legs are UDP and TCP on all addresses" defaults
    ]
