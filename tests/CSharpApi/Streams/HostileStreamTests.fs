/// V-01 and V-04 over streams: whatever comes in over a connection, it ends that connection at most,
/// and the next good request is answered.
module SipFun.Tests.CSharpApi.Streams.HostileStreamTests

open System
open System.Collections.Concurrent
open System.Text
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse

let private bytes (text: string) = Encoding.UTF8.GetBytes text

/// Random bytes, and requests cut, blown up, or with lines doubled and lost: nobody can say where
/// the next message begins.
let private unframed (random: Random) (good: byte array) =
    match random.Next 5 with
    | 0 ->
        let some = Array.zeroCreate (1 + random.Next 2000)
        random.NextBytes some
        some
    | 1 -> good[.. random.Next(good.Length) - 1]
    | 2 -> Array.append (Array.create (1 + random.Next 70_000) 65uy) good
    | 3 -> Array.create (1 + random.Next 64) (byte (random.Next 14))
    | _ ->
        let lines = (Encoding.UTF8.GetString good).Split "\r\n"
        let line = random.Next lines.Length
        lines[line] <- String.replicate (random.Next 4) lines[line]
        bytes (String.Join("\r\n", lines))

/// A request with a few bytes changed, its length and its line ends as they were.
let private framed (random: Random) (good: byte array) =
    let changed = Array.copy good
    let last = (Encoding.Latin1.GetString good).IndexOf "Content-Length"

    for _ in 0 .. random.Next 3 do
        let at = random.Next last

        if changed[at] <> 13uy && changed[at] <> 10uy then
            changed[at] <- byte (32 + random.Next 224)

    changed

/// One connection at a time, read in the background until it ends.
type private Attacker(connect: unit -> StreamPeer) =
    let mutable current: (StreamPeer * Task<bool>) option = None

    let fresh () =
        let peer = connect ()
        let reading = Task.Run peer.IsClosed
        current <- Some(peer, reading)
        peer

    let peer () =
        match current with
        | Some(peer, reading) when not reading.IsCompleted -> peer
        | Some(peer, _) ->
            (peer :> IDisposable).Dispose()
            fresh ()
        | None -> fresh ()

    member _.Peer = peer ()

    member _.Send(input: byte array) =
        try
            peer().Send input
        with :? IO.IOException ->
            ()

    /// Nothing more comes over this one.
    member _.Finish() =
        match current with
        | Some(peer, reading) ->
            try
                peer.Socket.Shutdown Net.Sockets.SocketShutdown.Send
            with :? Net.Sockets.SocketException ->
                ()

            Expect.isTrue (House.wait reading) "it was closed"
            (peer :> IDisposable).Dispose()
            current <- None
        | None -> ()

/// Of `every` inputs one ends its connection.
let private attack every total connect (dispatcher: Dispatcher) =
    answering dispatcher
    let random = Random 4475
    let attacker = Attacker connect

    for number in 1..total do
        let method = if number % 2 = 0 then "INVITE" else "MESSAGE"
        let good = bytes (attacker.Peer.Request(method, body = "hello"))

        if number % every = 0 then
            attacker.Send(unframed random good)
            attacker.Finish()
        else
            attacker.Send(framed random good)

        if number % 1000 = 0 then
            use peer = connect ()
            Expect.equal (asks peer) 200 $"alive after {number}"

    attacker.Finish()
    Expect.isEmpty (noFaults dispatcher) "no fault of ours"
    Expect.isGreaterThan (House.counter dispatcher "malformed") (int64 total / 10L) "malformed ones"
    Expect.isGreaterThan (House.counter dispatcher "framing_lost") 0L "lost streams"
    Expect.isTrue (until (fun () -> (link dispatcher 0).Count = 0)) "no connection is left"

let private total = if Suite.long then 1_000_000 else 20_000

let private overTcp (dispatcher: Dispatcher) =
    attack 8 total (fun () -> StreamPeer.Connect(House.local dispatcher)) dispatcher

let private overTls (dispatcher: Dispatcher) =
    let connect () =
        TlsPeer.connect (TlsPeer.clientOptions "example.com" []) (House.local dispatcher)

    attack 40 total connect dispatcher

/// What came up, in order.
let private collecting (dispatcher: Dispatcher) =
    let seen = ConcurrentQueue<string>()

    dispatcher.SetReceiver(fun received ->
        let body = Encoding.UTF8.GetString received.Message.Body.Span
        seen.Enqueue $"{received.Message.CSeq.Method.Name} {body}"
        Receipt.Handled)

    seen

let private cut (random: Random) (all: byte array) = [
    let mutable at = 0

    while at < all.Length do
        let size =
            min (all.Length - at) (1 + random.Next(if random.Next 3 = 0 then 3 else 400))

        all[at .. at + size - 1]
        at <- at + size
]

let private cuttings rounds (dispatcher: Dispatcher) =
    let seen = collecting dispatcher
    let random = Random 183

    for round in 1..rounds do
        use peer = StreamPeer.Connect(House.local dispatcher)
        let bodies = [ for number in 1..20 -> $"{round}/{number}\r\n\r\nOPTIONS sip:no SIP/2.0" ]

        let all =
            bodies
            |> List.map (fun body -> peer.Request("MESSAGE", body = body, callId = $"call-{round}"))
            |> String.concat (if round % 2 = 0 then "" else "\r\n\r\n")
            |> bytes

        for part in cut random all do
            peer.Send part

            if random.Next 4 = 0 then
                Thread.Yield() |> ignore

        Expect.isTrue (until (fun () -> seen.Count = 20)) $"all came: {seen.Count}"
        Expect.equal (List.ofSeq seen) (bodies |> List.map ((+) "MESSAGE ")) "in order, uncut"
        seen.Clear()

/// CVE-2026-45103 and its kin: no number is narrowed, and nothing behind the fault is a message.
let private smuggling (dispatcher: Dispatcher) =
    let seen = collecting dispatcher

    let lengths = [
        "4294967296"
        "4294967301"
        "18446744073709551621"
        "99999999999999999999999999"
        "-1"
        "+5"
        "0x5"
        "5.0"
        "5 5"
        ""
        "5\r\nContent-Length: 6"
        "5\r\nl: 0"
    ]

    for length in lengths do
        use peer = StreamPeer.Connect(House.local dispatcher)
        let good = peer.Request("MESSAGE", body = "hello")
        let evil = good.Replace("Content-Length: 5", $"Content-Length: {length}")
        peer.Send(evil + peer.Request "INVITE")
        Expect.isTrue (peer.IsClosed()) $"{length} is closed"

    Expect.isEmpty (List.ofSeq seen) "and nothing came of it"

    let counted () = House.counter dispatcher "framing_lost" = int64 lengths.Length
    Expect.isTrue (until counted) "each is counted"

let private many =
    changed
        [
            "MaxConnectionsPerSource", box 10_000
            "IdleTimeout", box Timeout.InfiniteTimeSpan
        ]
        tcp

let private tls () =
    LegOptions.Tls "127.0.0.1:0" |> changed [ "Certificate", Certificates.example.Value ]

let tests =
    testList "Hostile streams" [
        testCase "V-01: hostile inputs over TCP, every thousand an OPTIONS gets 200"
        <| inRealTime [ many ] overTcp
        testCase "V-01: hostile inputs over TLS, every thousand an OPTIONS gets 200"
        <| fun () -> inRealTime [ tls () ] overTls ()
        testCase "V-04: any cutting of a stream gives the same messages"
        <| inRealTime [ tcp ] (cuttings (if Suite.long then 2_000 else 60))
        testCase "V-04: no Content-Length smuggles a message" <| inRealTime [ tcp ] smuggling
    ]
