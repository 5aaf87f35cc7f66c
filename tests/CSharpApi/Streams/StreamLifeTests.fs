/// Connections and legs that end in the middle of things (V-13), and that nothing of them stays.
module SipFun.Tests.CSharpApi.Streams.StreamLifeTests

open System
open System.IO
open System.Net
open System.Net.Sockets
open System.Runtime.CompilerServices
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

/// The process's own descriptors: sockets and all others. None where the system does not say.
let private descriptors () =
    if OperatingSystem.IsLinux() then
        let isSocket (name: string) =
            match (FileInfo name).LinkTarget with
            | NonNull target -> target.StartsWith "socket:"
            | Null -> false

        let sockets, others = Directory.GetFiles "/proc/self/fd" |> Array.partition isSocket

        sockets.Length, others.Length
    else
        0, 0

/// So many the runtime may open meanwhile for itself, however many connections there were.
let private others = 8

/// The connections there are, without holding them.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private held (dispatcher: Dispatcher) = [
    for connection in (link dispatcher 0).Connections do
        WeakReference connection
]

/// What a reader, a writer, a timer or a table still held would be alive.
let private isGone (held: ResizeArray<WeakReference>) () =
    GC.Collect()
    GC.WaitForPendingFinalizers()
    held.RemoveAll(fun one -> not one.IsAlive) |> ignore
    held.Count = 0

/// One exchange over a connection of its own; the connection as the leg has it.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private exchanged connect (dispatcher: Dispatcher) =
    use peer: StreamPeer = connect (House.local dispatcher)
    Expect.equal (asks peer) 200 "answered"
    held dispatcher

let private returns count (leg: LegOptions) connect () =
    withLegs TimeProvider.System [ leg ] (fun dispatcher ->
        answering dispatcher
        let isUnused () = (link dispatcher 0).Count = 0

        for _ in 1..20 do
            exchanged connect dispatcher |> ignore

        Expect.isTrue (until isUnused) "warmed up"
        let socketsBefore, othersBefore = descriptors ()
        let timersBefore = Timer.ActiveCount
        let seen = ResizeArray<WeakReference>()

        for _ in 1..count do
            seen.AddRange(exchanged connect dispatcher)

        Expect.isGreaterThanOrEqual seen.Count count "each was seen"
        Expect.isTrue (until isUnused) "no connection is left in the table"

        Expect.isTrue
            (until (fun () -> fst (descriptors ()) <= socketsBefore))
            $"{socketsBefore} sockets, not {fst (descriptors ())}"

        Expect.isTrue
            (until (fun () -> snd (descriptors ()) <= othersBefore + others))
            $"{othersBefore} other descriptors, not {snd (descriptors ())}"

        Expect.isTrue (until (isGone seen)) $"{seen.Count} connections are still held"

        Expect.isTrue
            (until (fun () -> Timer.ActiveCount <= timersBefore))
            $"{timersBefore} timers, not {Timer.ActiveCount}"

        Expect.isTrue
            (until (fun () -> ThreadPool.PendingWorkItemCount = 0L))
            "nothing waits to run"

        Expect.isEmpty (noFaults dispatcher) "no fault of ours")

/// The server closes first, so that its port lingers; an address that no other test binds.
let private rebinds () =
    let leg port = LegOptions.Tcp $"127.47.3.1:{port}"

    withLegs TimeProvider.System [ leg 0 ] (fun dispatcher ->
        answering dispatcher
        let local = House.local dispatcher
        use peer = StreamPeer.Connect local
        Expect.equal (asks peer) 200 "before"
        Expect.isTrue (House.wait (dispatcher.RemoveLegAsync dispatcher.Legs[0])) "removed"
        Expect.isTrue (peer.IsClosed()) "closed by the server"
        (peer :> IDisposable).Dispose()
        House.wait (dispatcher.AddLegAsync(leg local.Port)) |> ignore
        Expect.isTrue (isAliveAt local) "bound again")

/// ICMP "protocol unreachable" comes as an error of the connect (RFC 3261, 18.1.1).
let private refusesProtocol () =
    for error in
        [
            SocketError.ProtocolOption
            SocketError.ProtocolNotSupported
            SocketError.ProtocolFamilyNotSupported
            SocketError.ConnectionRefused
        ] do
        let ending = SipFun.Shell.Ending.OfConnect(SocketException(int error))
        Expect.equal ending.Fault TransportFault.ConnectionRefused $"{error}: UDP is tried"

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
        testCase "a port can be bound again at once" rebinds
        testCase "a host that does not take TCP has refused it" refusesProtocol
        testSequenced
        <| testList "Everything returns to the start" [
            testCase "after 10,000 connects and disconnects"
            <| returns 10_000 tcp StreamPeer.Connect
            testCase "after as many with TLS"
            <| fun () -> returns (if Suite.long then 10_000 else 300) (tls ()) tlsConnect ()
        ]
    ]
