/// Connections and legs that end in the middle of things (V-13), and that nothing of them stays.
module SipFun.Tests.CSharpApi.Streams.StreamLifeTests

open System
open System.IO
open System.Net
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse

/// How far an exchange gets before it is disturbed.
type private Point =
    | BeforeAccept
    | Accepted
    | Received
    | Trying
    | Ringing
    | HalfAResponse

let private points = [ BeforeAccept; Accepted; Received; Trying; Ringing; HalfAResponse ]

/// The peer's side of an INVITE up to a point; what must be closed then.
let private playTo point (server: StreamServer) : IDisposable list =
    if point = BeforeAccept then
        []
    else
        let peer = server.Accept()

        if point <> Accepted then
            let invite = peer.ReceiveRequest()

            if point = Trying then
                peer.Answer(invite, 100)

            if point = Ringing then
                peer.Answer(invite, 180)

            if point = HalfAResponse then
                let response = invite.CreateResponse(200, "peer").Bytes.ToArray()
                peer.Send(Array.take (response.Length / 2) response)

        [ peer ]

let private ending (delivery: Delivery) =
    match House.outcome delivery with
    | :? DeliveryOutcome.Unreachable as failed -> string failed.Fault
    | other -> string other.Kind

let private closesAt point how (dispatcher: Dispatcher) =
    use server = new StreamServer()
    let completed = ref 0

    let options =
        DeliverOptions(OnCompleted = fun _ -> Interlocked.Increment completed |> ignore)

    let invite = dispatcher.CreateRequest(SipMethod.Invite, server.Uri)
    let delivery = dispatcher.Deliver(invite, options)
    let open' = playTo point server
    how server open'
    let ended = ending delivery
    Expect.isTrue (List.contains ended [ "Closed"; "ConnectionRefused" ]) $"{point}: {ended}"
    Expect.isTrue (until (fun () -> completed.Value = 1)) "told once"

let private closing (server: StreamServer) (peers: IDisposable list) =
    peers |> List.iter _.Dispose()
    (server :> IDisposable).Dispose()

let private resetting (server: StreamServer) (peers: IDisposable list) =
    for peer in peers do
        (peer :?> StreamPeer).Reset()

    (server :> IDisposable).Dispose()

let private peerEnds how (dispatcher: Dispatcher) =
    answering dispatcher

    // What was never accepted stays in the backlog until the server is gone: accepted at least.
    for point in List.tail points do
        closesAt point how dispatcher

    Expect.isTrue (isAlive dispatcher) "alive"
    Expect.isEmpty (noFaults dispatcher) "no fault of ours"

/// CVE-2020-28327: an INVITE, and the connection is gone before the answer.
let private inviteAndClose (dispatcher: Dispatcher) =
    answering dispatcher

    for round in 1..200 do
        let peer = StreamPeer.Connect(House.local dispatcher)
        peer.Send(peer.Request "INVITE")

        if round % 2 = 0 then
            peer.Reset()
        else
            (peer :> IDisposable).Dispose()

    Expect.isTrue (isAlive dispatcher) "alive"
    Expect.isTrue (until (fun () -> (link dispatcher 0).Count = 0)) "none is left"
    Expect.isEmpty (noFaults dispatcher) "no fault of ours"

let private legDownAndUp (dispatcher: Dispatcher) =
    answering dispatcher

    for point in points do
        use server = new StreamServer()
        let leg = dispatcher.Legs[0]
        let delivery = deliver dispatcher server SipMethod.Invite
        let open' = playTo point server
        Expect.isTrue (House.wait (dispatcher.RemoveLegAsync leg)) "removed"
        let ended = ending delivery
        Expect.isTrue (List.contains ended [ "LegRemoved"; "Unresolved" ]) $"{point}: {ended}"
        House.wait (dispatcher.AddLegAsync tcp) |> ignore
        Expect.isTrue (isAlive dispatcher) $"{point}: alive"
        open' |> List.iter _.Dispose()

    Expect.isEmpty (noFaults dispatcher) "no fault of ours"

/// Peers ask without a pause, and so do we, while legs come and go.
let private underLoad (dispatcher: Dispatcher) =
    answering dispatcher
    let stop = ref false
    let asked = ref 0
    let steady = House.local dispatcher

    let askForEver () =
        use peer = StreamPeer.Connect steady

        while not (Volatile.Read(&stop.contents)) do
            Expect.equal (asks peer) 200 "the other leg's are answered"
            Interlocked.Increment asked |> ignore

    let asking = [ for _ in 1..4 -> Task.Run askForEver ]
    let deliveries = ResizeArray<Delivery>()

    for _ in 1..25 do
        let leg = House.wait (dispatcher.AddLegAsync tcp)
        let peers = [ for _ in 1..4 -> StreamPeer.Connect leg.LocalEndPoint ]
        peers |> List.iter (fun peer -> peer.Send(peer.Request "OPTIONS"))
        let uri = SipUri.Parse $"sip:us@{steady};transport=tcp"

        for _ in 1..10 do
            let request = dispatcher.CreateRequest(SipMethod.Options, uri)
            deliveries.Add(dispatcher.Deliver(request, DeliverOptions(Leg = leg)))

        Expect.isTrue (House.wait (dispatcher.RemoveLegAsync leg)) "removed"

        for peer in peers do
            Expect.isTrue (peer.IsClosed()) "its connections are closed"
            (peer :> IDisposable).Dispose()

    for delivery in deliveries do
        House.outcome delivery |> ignore

    Volatile.Write(&stop.contents, true)
    Task.WhenAll(asking).Wait Patience.span |> Expect.isTrue <| "nobody waits"
    Expect.isGreaterThan asked.Value 0 "and they were served"
    Expect.isEmpty (noFaults dispatcher) "no fault of ours"

/// The process's own sockets; none where the system does not say.
let private sockets () =
    if OperatingSystem.IsLinux() then
        Directory.GetFiles "/proc/self/fd"
        |> Array.filter (fun name ->
            match (FileInfo name).LinkTarget with
            | NonNull target -> target.StartsWith "socket:"
            | Null -> false)
        |> Array.length
    else
        0

let private returns count (leg: LegOptions) connect () =
    withLegs TimeProvider.System [ leg ] (fun dispatcher ->
        answering dispatcher

        let one () =
            use peer: StreamPeer = connect (House.local dispatcher)
            Expect.equal (asks peer) 200 "answered"

        one ()
        Expect.isTrue (until (fun () -> (link dispatcher 0).Count = 0)) "warmed up"
        let before = sockets ()

        for _ in 1..count do
            one ()

        Expect.isTrue (until (fun () -> (link dispatcher 0).Count = 0)) "no connection is left"

        Expect.isTrue
            (until (fun () -> sockets () <= before))
            $"{before} sockets, not {sockets ()}"

        Expect.isEmpty (noFaults dispatcher) "no fault of ours")

let private tls () =
    LegOptions.Tls "127.0.0.1:0" |> changed [ "Certificate", Certificates.example.Value ]

let private tlsConnect = TlsPeer.connect (TlsPeer.clientOptions "example.com" [])

let tests =
    testList "Lives of streams" [
        testCase "V-13: the peer closes at every point of our INVITE"
        <| inRealTime [ tcp ] (peerEnds closing)
        testCase "V-13: the peer resets at every point of our INVITE"
        <| inRealTime [ tcp ] (peerEnds resetting)
        testCase "V-13: INVITE and close" <| inRealTime [ tcp ] inviteAndClose
        testCase "V-13: the leg goes and comes back at every point"
        <| inRealTime [ tcp ] legDownAndUp
        testCase "legs are added and removed under load" <| inRealTime [ tcp ] underLoad
        testSequenced
        <| testList "Everything returns to the start" [
            testCase "after 10,000 connects and disconnects"
            <| returns 10_000 tcp StreamPeer.Connect
            testCase "after as many with TLS"
            <| fun () -> returns (if Suite.long then 10_000 else 300) (tls ()) tlsConnect ()
        ]
    ]
