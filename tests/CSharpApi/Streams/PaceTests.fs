/// V-07: peers that send slowly, in virtual time over real sockets; in real time under --long too.
module SipFun.Tests.CSharpApi.Streams.PaceTests

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

let private counted (dispatcher: Dispatcher) name =
    Expect.isTrue (until (fun () -> House.counter dispatcher name >= 1L)) $"{name} is counted"

let private connections (dispatcher: Dispatcher) count =
    Expect.isTrue
        (until (fun () -> (link dispatcher 0).Count = count))
        $"{count} connections, not {(link dispatcher 0).Count}"

let private slowHeader (time: FakeTimeProvider) (dispatcher: Dispatcher) =
    answering dispatcher
    use slow = StreamPeer.Connect(House.local dispatcher)
    slow.Send "OPTIONS sip:us@127.0.0.1 SIP/2.0\r\n"
    let closed = Task.Run slow.IsClosed
    connections dispatcher 1

    // One more byte a second, for ever: it is the first one that counts.
    let mutable passed = 0

    while not closed.IsCompleted && passed < 60 do
        try
            slow.Send "a"
        with :? IO.IOException ->
            ()

        pass time dispatcher 1
        passed <- passed + 1

    Expect.isTrue (House.wait closed) "closed"
    Expect.isGreaterThan passed 10 "not before 10 s"
    counted dispatcher "header_too_slow"
    Expect.isTrue (isAlive dispatcher) "the next one is served"

let private slowBody (time: FakeTimeProvider) (dispatcher: Dispatcher) =
    answering dispatcher
    use slow = StreamPeer.Connect(House.local dispatcher)
    let text = slow.Request("MESSAGE", body = String('a', 5000))
    slow.Send(text.Substring(0, text.Length - 4900))
    let closed = Task.Run slow.IsClosed
    connections dispatcher 1
    let mutable passed = 0

    // However late the bytes are read: the peer itself gives up at last.
    while not closed.IsCompleted do
        pass time dispatcher 1
        passed <- passed + 1

    Expect.isTrue (House.wait closed) "closed"
    Expect.isGreaterThan passed 5 "not within the first 5 s"
    counted dispatcher "body_too_slow"
    Expect.isTrue (isAlive dispatcher) "the next one is served"

/// 300 bytes a second are enough, however long it takes.
let private fastEnough (time: FakeTimeProvider) (dispatcher: Dispatcher) =
    answering dispatcher
    use peer = StreamPeer.Connect(House.local dispatcher)
    let text = peer.Request("MESSAGE", body = String('a', 6000))
    let body = text.Length - 6000
    peer.Send(text.Substring(0, body))
    connections dispatcher 1

    for second in 0..19 do
        peer.Send(text.Substring(body + second * 300, 300))
        pass time dispatcher 1

    Expect.equal (peer.ReceiveResponse().StatusCode) 200 "answered after 20 s"

let private manySlow count (time: FakeTimeProvider) (dispatcher: Dispatcher) =
    answering dispatcher
    let local = House.local dispatcher

    let slow = [
        for _ in 1..count do
            let peer = StreamPeer.Connect local
            peer.Send "OPT"
            peer
    ]

    connections dispatcher count

    // One byte a second, and a good client between.
    for _ in 1..12 do
        Expect.isTrue (isAliveAt local) "served meanwhile"

        for peer in slow do
            try
                peer.Send "I"
            with :? IO.IOException ->
                ()

        pass time dispatcher 1

    Expect.isTrue
        (until (fun () ->
            pass time dispatcher 1
            (link dispatcher 0).Count = 0))
        "all of them are closed"

    Expect.equal (House.counter dispatcher "header_too_slow") (int64 count) "each counted"
    Expect.isTrue (isAliveAt local) "served after"
    slow |> List.iter (fun peer -> (peer :> IDisposable).Dispose())

let private many =
    changed [ "MaxConnectionsPerSource", box 20_000; "MaxConnections", box 20_000 ] tcp

let private trickle (slow: Socket array) =
    for socket in slow do
        try
            socket.Send "A"B |> ignore
        with :? SocketException ->
            ()

/// In milliseconds, what the slowest of a hundred good requests took.
let private slowestPercent (times: ResizeArray<float>) =
    times.Sort()
    times[times.Count * 99 / 100]

/// 10,000, or as many as have both their ends in this process: two descriptors each.
let private most =
    if OperatingSystem.IsLinux() then
        let limit =
            IO.File.ReadLines "/proc/self/limits"
            |> Seq.find _.StartsWith("Max open files")
            |> _.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            |> Array.item 4

        match Int32.TryParse limit with
        | true, limit -> min 10_000 ((limit - 1_000) / 2)
        | _ -> 10_000
    else
        10_000

/// So many connections with a byte a second, and one good client all the time.
let private crowd (dispatcher: Dispatcher) =
    answering dispatcher
    let local = House.local dispatcher
    use good = StreamPeer.Connect local
    Expect.equal (asks good) 200 "before"
    let before = GC.GetTotalMemory true

    let connect _ =
        let socket =
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)

        socket.Connect local
        socket

    let slow = Array.init most connect
    connections dispatcher (most + 1)
    let each = (GC.GetTotalMemory true - before) / int64 most
    Expect.isLessThan each 16_384L "bytes a connection, both of its ends"
    let clock = Diagnostics.Stopwatch.StartNew()
    let times = ResizeArray<float>()

    while clock.Elapsed < TimeSpan.FromSeconds 20.0 do
        trickle slow

        for _ in 1..50 do
            let began = clock.Elapsed
            Expect.equal (asks good) 200 "served meanwhile"
            times.Add((clock.Elapsed - began).TotalMilliseconds)

    connections dispatcher 1
    Expect.isLessThan (slowestPercent times) 50.0 "p99 in milliseconds"
    Expect.equal (House.counter dispatcher "header_too_slow") (int64 most) "each counted"
    slow |> Array.iter _.Dispose()

let tests =
    testList "Slow peers" [
        testCase "V-07: a header section within 10 s, whatever trickles in"
        <| inVirtualTime [ tcp ] slowHeader
        testCase "V-07: a body of 240 bytes a second after 5 s" <| inVirtualTime [ tcp ] slowBody
        testCase "V-07: a slow body that is fast enough" <| inVirtualTime [ tcp ] fastEnough
        // One after the other: each takes most of the process's descriptors.
        testSequenced
        <| testList "crowds" [
            testCase "V-07: many slow connections, and a good client is served"
            <| inVirtualTime [ many ] (manySlow (if Suite.long then most else 300))

            if Suite.long then
                testCase $"V-07, O-4: {most} slow connections in real time"
                <| inRealTime [ many ] crowd
        ]
    ]
