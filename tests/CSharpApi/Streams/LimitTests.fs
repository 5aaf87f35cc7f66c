/// Every limit of a stream leg, in virtual time over real sockets: what is beyond it is refused,
/// ended and counted, and the next good request is answered.
module SipFun.Tests.CSharpApi.Streams.LimitTests

open System
open System.Net
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Shell
open SipFun.Tests
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse

let private seconds (count: int) = box (TimeSpan.FromSeconds(float count))

let private counted (dispatcher: Dispatcher) name =
    Expect.isTrue (until (fun () -> House.counter dispatcher name >= 1L)) $"{name} is counted"

let private connections (dispatcher: Dispatcher) count =
    Expect.isTrue
        (until (fun () -> (link dispatcher 0).Count = count))
        $"{count} connections, not {(link dispatcher 0).Count}"

let private idle (time: FakeTimeProvider) (dispatcher: Dispatcher) =
    answering dispatcher
    use peer = StreamPeer.Connect(House.local dispatcher)
    Expect.equal (asks peer) 200 "before"
    pass time dispatcher 119
    Expect.equal (asks peer) 200 "after 119 s"
    // The transaction of the last one lasts no longer than that (Timer J is zero).
    pass time dispatcher 122
    Expect.isTrue (peer.IsClosed()) "after 120 s of silence"
    connections dispatcher 0
    Expect.isTrue (isAlive dispatcher) "the next one is served"

let private lifetime (time: FakeTimeProvider) (dispatcher: Dispatcher) =
    answering dispatcher
    use peer = StreamPeer.Connect(House.local dispatcher)

    for _ in 1..29 do
        pass time dispatcher 1
        Expect.equal (asks peer) 200 "busy"

    pass time dispatcher 13
    Expect.isTrue (peer.IsClosed()) "though it was busy"

/// It does what nothing above does: it never reads.
let private neverReads (time: FakeTimeProvider) (dispatcher: Dispatcher) =
    use server = new StreamServer()
    let body = ReadOnlyMemory(Array.create 60_000 65uy)

    let deliver () =
        let request = dispatcher.CreateRequest(SipMethod.Message, server.Uri)
        dispatcher.Deliver(request.WithBody("text/plain", body))

    let first = deliver ()
    use _ = server.Accept()
    let more = [ for _ in 1..200 -> deliver () ]
    let isEnded (delivery: Delivery) = delivery.Completion.IsCompleted

    // The system's own buffers are full when a writing lasts. Timer F ends nothing before 32 s.
    for _ in 1..2 do
        Expect.isTrue (until (fun () -> isStuck dispatcher || isEnded first)) "nothing goes out"
        lapse time 11

    let faults =
        first :: more
        |> List.choose (fun delivery ->
            match House.outcome delivery with
            | :? DeliveryOutcome.Unreachable as failed -> Some failed.Fault
            | _ -> None)
        |> List.countBy id
        |> Map.ofList

    Expect.isTrue (faults.ContainsKey TransportFault.WriteTimedOut) $"{faults}"
    counted dispatcher "write_too_slow"

/// A clock that stands still, and a peer that does not read.
let private endsAnyhow (dispatcher: Dispatcher) =
    use server = new StreamServer()
    let body = ReadOnlyMemory(Array.create 60_000 65uy)

    let deliver () =
        let request = dispatcher.CreateRequest(SipMethod.Message, server.Uri)
        dispatcher.Deliver(request.WithBody("text/plain", body))

    let all = [ for _ in 1..200 -> deliver () ]
    use _ = server.Accept()
    Expect.isTrue (until (fun () -> isStuck dispatcher)) "nothing goes out"
    let ending = dispatcher.DisposeAsync().AsTask()
    Expect.isTrue (ending.Wait Patience.span) "it waits for neither"

    // What the queue had no room for has ended before.
    let ends = [ DeliveryOutcomeKind.Disposed; DeliveryOutcomeKind.Unreachable ]

    for delivery in all do
        Expect.contains ends (House.outcome delivery).Kind "each ended"

let private queueFull (dispatcher: Dispatcher) =
    use server = new StreamServer()
    let body = ReadOnlyMemory(Array.create 60_000 65uy)

    let deliver () =
        let request = dispatcher.CreateRequest(SipMethod.Message, server.Uri)
        dispatcher.Deliver(request.WithBody("text/plain", body))

    let first = deliver ()
    use peer = server.Accept()
    peer.Answer(peer.ReceiveRequest(), 200)
    House.outcome first |> ignore
    let all = [ for _ in 1..400 -> deliver () ]
    counted dispatcher "write_queue_full"

    let isFull (delivery: Delivery) =
        delivery.Completion.IsCompleted
        && match House.outcome delivery with
           | :? DeliveryOutcome.Unreachable as failed -> failed.Fault = TransportFault.QueueFull
           | _ -> false

    Expect.isTrue (until (fun () -> List.exists isFull all)) "an outcome at once"

let private pings (time: FakeTimeProvider) (dispatcher: Dispatcher) =
    use server = new StreamServer()
    let delivery = deliver dispatcher server SipMethod.Options
    use peer = server.Accept()
    peer.Answer(peer.ReceiveRequest(), 200)
    House.outcome delivery |> ignore

    for _ in 1..3 do
        let mutable passed = 0

        while not peer.HasMore && passed < 40 do
            pass time dispatcher 1
            passed <- passed + 1

        Expect.equal (peer.ReceiveBytes 4) "\r\n\r\n"B "a ping"
        Expect.isTrue (passed >= 24 && passed <= 32) $"after 80 to 100 %% of 30 s, not {passed} s"
        peer.Send "\r\n"

    pass time dispatcher 31
    Expect.equal (peer.ReceiveBytes 4) "\r\n\r\n"B "one more"
    pass time dispatcher 12
    Expect.isTrue (peer.IsClosed()) "no pong within 10 s"
    counted dispatcher "pong_missing"

let private inAll (dispatcher: Dispatcher) =
    answering dispatcher
    use first = StreamPeer.Connect(House.local dispatcher)
    Expect.equal (asks first) 200 "one"
    use second = StreamPeer.Connect(House.local dispatcher)
    Expect.equal (asks second) 200 "two"
    use third = StreamPeer.Connect(House.local dispatcher)
    Expect.isTrue (third.IsClosed()) "not three"
    counted dispatcher "connections_full"
    use server = new StreamServer()

    match House.outcome (deliver dispatcher server SipMethod.Options) with
    | :? DeliveryOutcome.Unreachable as failed ->
        Expect.equal failed.Fault TransportFault.TooManyConnections "nor one of ours"
    | other -> failtest $"{other}"

    (first :> IDisposable).Dispose()
    connections dispatcher 1
    Expect.isTrue (isAlive dispatcher) "there is room again"

let private perSource (dispatcher: Dispatcher) =
    answering dispatcher
    use first = StreamPeer.Connect(House.local dispatcher)
    Expect.equal (asks first) 200 "one"
    use second = StreamPeer.Connect(House.local dispatcher)
    Expect.isTrue (second.IsClosed()) "not two"
    counted dispatcher "source_full"

    use socket =
        new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)

    socket.Bind(IPEndPoint(IPAddress.Parse "127.0.0.2", 0))
    socket.Connect(House.local dispatcher)
    use other = new StreamPeer(socket, new NetworkStream(socket, true), "TCP")
    Expect.equal (asks other) 200 "another source"

let private halfOpen () =
    let leg =
        LegOptions.Tls "127.0.0.1:0"
        |> changed [ "Certificate", Certificates.example.Value; "MaxHandshakes", box 2 ]

    inRealTime
        [ leg ]
        (fun dispatcher ->
            answering dispatcher
            use first = StreamPeer.Connect(House.local dispatcher)
            use second = StreamPeer.Connect(House.local dispatcher)
            connections dispatcher 2
            use third = StreamPeer.Connect(House.local dispatcher)
            Expect.isTrue (third.IsClosed()) "not three"
            counted dispatcher "handshakes_full"
            (first :> IDisposable).Dispose()
            connections dispatcher 1
            let options = TlsPeer.clientOptions "example.com" []
            use good = TlsPeer.connect options (House.local dispatcher)
            Expect.equal (asks good) 200 "there is room again"
            ignore second)
        ()

/// An address that answers nothing: a listening socket whose backlog is full.
let private connectTimeout (time: FakeTimeProvider) (dispatcher: Dispatcher) =
    use socket =
        new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)

    socket.Bind(IPEndPoint(IPAddress.Loopback, 0))
    socket.Listen 0
    let target = Sockets.endPointOf socket

    let fill () =
        let filler =
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)

        filler.Blocking <- false

        try
            filler.Connect target
        with :? SocketException ->
            ()

        filler

    let fillers = [ for _ in 1..4 -> fill () ]
    let uri = SipUri.Parse $"sip:peer@{target};transport=tcp"
    let delivery = dispatcher.Deliver(dispatcher.CreateRequest(SipMethod.Options, uri))
    pass time dispatcher 10
    Expect.isFalse delivery.Completion.IsCompleted "not before 10 s"
    pass time dispatcher 2

    match House.outcome delivery with
    | :? DeliveryOutcome.Unreachable as failed ->
        Expect.equal failed.Fault TransportFault.ConnectTimedOut "why"
    | other -> failtest $"{other}"

    counted dispatcher "connect_too_slow"
    fillers |> List.iter _.Dispose()

let private with' changes = [ changed changes tcp ]

let tests =
    testList "Limits" [
        testCase "IdleTimeout: 120 s without a byte" <| inVirtualTime [ tcp ] idle
        testCase "Lifetime" <| inVirtualTime (with' [ "Lifetime", seconds 30 ]) lifetime
        testCase "WriteTimeout: a peer that never reads" <| inVirtualTime [ tcp ] neverReads
        testCase "DisposeAsync waits for no peer that does not read, though the clock stands still"
        <| inVirtualTime
            (with' [ "WriteTimeout", box (TimeSpan.FromMilliseconds 100.0) ])
            (fun _ dispatcher -> endsAnyhow dispatcher)
        testCase "WriteQueue"
        <| inRealTime
            (with' [ "WriteQueue", box 5; "WriteQueueBytes", box Int32.MaxValue ])
            queueFull
        testCase "WriteQueueBytes"
        <| inRealTime (with' [ "WriteQueueBytes", box 200_000 ]) queueFull
        testCase "KeepAlive: pings, and no pong within 10 s (RFC 5626, 4.4.1)"
        <| inVirtualTime (with' [ "KeepAlive", seconds 30 ]) pings
        testCase "MaxConnections" <| inRealTime (with' [ "MaxConnections", box 2 ]) inAll
        testCase "MaxConnectionsPerSource"
        <| inRealTime (with' [ "MaxConnectionsPerSource", box 1 ]) perSource
        testCase "MaxHandshakes" halfOpen
        testCase "ConnectTimeout" <| inVirtualTime [ tcp ] connectTimeout
    ]
