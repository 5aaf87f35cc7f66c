/// V-01: an exception at each await of a connection's loops, reading and writing, plain, with TLS, as
/// a WebSocket and both, ends that connection at most; its end is counted once, and the next good
/// request is answered.
module SipFun.Tests.CSharpApi.WebSocket.FaultTests

open System
open System.Collections.Concurrent
open System.IO
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams
open SipFun.Tests.CSharpApi.Streams.StreamHouse

let private secured = [
    "Certificate", box Certificates.example.Value
    "TrustedRoots", box TlsHouse.roots.Value
]

let private tls () = LegOptions.Tls "127.0.0.1:0" |> changed secured
let private ws () = LegOptions.Ws "127.0.0.1:0"
let private wss () = LegOptions.Wss "127.0.0.1:0" |> changed secured

/// What a stream may throw, and what none should.
let private faults: (unit -> exn) list = [
    fun () -> IOException "injected"
    fun () -> InvalidOperationException "injected"
    fun () -> OperationCanceledException "injected"
]

let private securely target = TlsPeer.connect (TlsPeer.clientOptions "example.com" []) target

/// A ping and an OPTIONS over a connection of its own; the OPTIONS' status.
let private overStream connect target =
    use peer: StreamPeer = connect target
    peer.Send "\r\n\r\n"
    Expect.equal (peer.ReceiveBytes 2) "\r\n"B "a pong"
    asks peer

let private overWebSocket connect target =
    use peer = WebSocketPeer.Upgrade(connect target)
    peer.Send "\r\n\r\n"
    Expect.equal (peer.Receive().Payload) "\r\n"B "a pong"
    peer.Asks()

/// Whatever becomes of it on a connection that fails.
let private attempt asks target =
    try
        asks target |> ignore
    with failure when not (failure :? TimeoutException) ->
        ()

let private ends = [ "peer_closed"; "stream_broken"; "handshake_failed"; "upgrade_malformed" ]

let private ended (dispatcher: Dispatcher) = ends |> List.sumBy (House.counter dispatcher)

/// What lies between the leg's connections to come and their sockets; all that were made.
let private putBetween dispatcher writesAlone at fault =
    let made = ConcurrentQueue<FaultyStream>()

    (link dispatcher 0).Opening.Between <-
        fun inner ->
            let stream = new FaultyStream(inner, writesAlone, at, fault)
            made.Enqueue stream
            stream

    made

let private hasFailed (made: ConcurrentQueue<FaultyStream>) = made |> Seq.exists _.HasFailed

let private nothingBetween dispatcher = (link dispatcher 0).Opening.Between <- id

/// One connection that fails at this step, and one that does not. Whether it came so far.
let private failsAt asks dispatcher fault at =
    let before = ended dispatcher
    let faulty = putBetween dispatcher false at fault
    attempt asks (House.local dispatcher)
    nothingBetween dispatcher
    Expect.equal (asks (House.local dispatcher)) 200 $"alive after {at}"
    let isOver () = (link dispatcher 0).Count = 0
    Expect.isTrue (until isOver) $"neither is left after {at}"
    Expect.equal (ended dispatcher) (before + 2L) $"each end is counted once after {at}"
    hasFailed faulty

/// Until one lives to its end without having come so far.
let private everywhere failsAt = Seq.initInfinite ((+) 1) |> Seq.takeWhile failsAt |> Seq.length

let private accepted leg asks least () =
    withLegs TimeProvider.System [ leg () ] (fun dispatcher ->
        answering dispatcher

        for fault in faults do
            let steps = everywhere (failsAt asks dispatcher fault)
            Expect.isGreaterThanOrEqual steps least "steps of one connection"

        Expect.isGreaterThan (House.counter dispatcher "stream_broken") 0L "broken ones"
        Expect.isEmpty (noFaults dispatcher) "no fault of ours")

let private ask (dispatcher: Dispatcher) (server: Dispatcher) =
    let leg = server.Legs[0]

    let hop =
        Hop(
            leg.Transport,
            leg.LocalEndPoint.Address,
            leg.LocalEndPoint.Port,
            VerifyName = "example.com"
        )

    let uri = SipUri.Parse "sip:us@example.com"
    let request = dispatcher.CreateRequest(SipMethod.Options, uri)
    dispatcher.Deliver(request, DeliverOptions(Destination = hop))

/// A connection of ours: the delivery is told, and the next one is answered.
let private deliversThrough leg server fault at =
    withLegs TimeProvider.System [ leg () ] (fun dispatcher ->
        let faulty = putBetween dispatcher false at fault
        let kind = (House.outcome (ask dispatcher server)).Kind
        let told = [ DeliveryOutcomeKind.Answered; DeliveryOutcomeKind.Unreachable ]
        Expect.contains told kind $"told of it at {at}"
        nothingBetween dispatcher
        let next = (House.outcome (ask dispatcher server)).Kind
        Expect.equal next DeliveryOutcomeKind.Answered $"answered after {at}"

        // The server may come back with its response, over a connection of its own (18.2.2).
        if kind = DeliveryOutcomeKind.Unreachable then
            Expect.isGreaterThan (ended dispatcher) 0L $"counted at {at}"

        Expect.isEmpty (noFaults dispatcher) "no fault of ours"
        hasFailed faulty)

let private opened leg least () =
    withLegs TimeProvider.System [ leg () ] (fun server ->
        answering server

        for fault in faults do
            let steps = everywhere (deliversThrough leg server fault)
            Expect.isGreaterThanOrEqual steps least "steps of one connection")

/// A client that is refused does not hear our goodbye: counted as what it was refused for.
let private refusedAndGone () =
    withLegs TimeProvider.System [ wss () ] (fun dispatcher ->
        let refuse () =
            use peer = securely (House.local dispatcher)
            peer.Send "POST / HTTP/1.1\r\nHost: a\r\n\r\n"
            Expect.isTrue (peer.IsClosed()) "closed"

        let counted count =
            let seen () = House.counter dispatcher "upgrade_method" = count
            Expect.isTrue (until seen) $"{count} refused for their method"

        let unharmed = putBetween dispatcher true Int32.MaxValue faults.Head
        refuse ()
        counted 1L
        let goodbye = (Seq.head unharmed).LastWrite
        let faulty = putBetween dispatcher true goodbye faults.Head
        refuse ()
        counted 2L
        Expect.isTrue (hasFailed faulty) "the goodbye failed")

let tests =
    testList "Faults" [
        testCase "V-01: at every await of a connection accepted over TCP"
        <| accepted (fun () -> tcp) (overStream StreamPeer.Connect) 8
        testCase "V-01: of one accepted over TLS" <| accepted tls (overStream securely) 12
        testCase "V-01: of one accepted over WS" <| accepted ws (overWebSocket StreamPeer.Connect) 8
        testCase "V-01: of one accepted over WSS" <| accepted wss (overWebSocket securely) 12
        testCase "V-01: of one opened over TCP" <| opened (fun () -> tcp) 4
        testCase "V-01: of one opened over TLS" <| opened tls 8
        testCase "V-01: of one opened over WS" <| opened ws 6
        testCase "V-01: of one opened over WSS" <| opened wss 10
        testCase "a refusal that is not heard to its end is counted as what it is" refusedAndGone
    ]
