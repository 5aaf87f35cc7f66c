// One dispatcher's work taken up by the next, over real sockets (P-26).
module SipFun.Tests.CSharpApi.SnapshotTests

open System
open System.IO
open System.Net
open System.Net.Sockets
open System.Threading
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi.House

let mutable private used = 0

/// An address of loopback that no other test, and no other run, uses: what is bound there a second time
/// was not taken meanwhile.
let private fresh () =
    let run = Environment.ProcessId
    let own = byte (20 + Interlocked.Increment(&used))
    IPAddress [| 127uy; 1uy + byte (run % 250); byte (run / 250 % 250); own |]

let private options (time: FakeTimeProvider) legs restore =
    DispatcherOptions(Legs = legs, TimeProvider = time, Restore = restore)

let private written (dispatcher: Dispatcher) =
    let stream = new MemoryStream()
    dispatcher.SnapshotAsync(stream).Wait()
    stream.Position <- 0L
    stream

/// Runs a first dispatcher, and a second from what it left.
let private handed (first: LegOptions) (second: LegOptions) before after () =
    let time = FakeTimeProvider()
    use peer = new Peer()
    let former = start (options time [| first |] null)

    use snapshot =
        try
            before time former peer
            written former
        finally
            finish former

    let next = start (options time [| second |] snapshot)

    try
        after time next peer
    finally
        finish next

let private deliver id (dispatcher: Dispatcher) (uri: SipUri) =
    let request = dispatcher.CreateRequest(SipMethod.Options, uri)
    dispatcher.Deliver(request, DeliverOptions(Id = DeliveryId id)) |> ignore

/// Sent twice, at 0 and 500 ms; now it is 700 ms.
let private insisting (time: FakeTimeProvider) dispatcher (peer: Peer) =
    deliver "mine" dispatcher peer.Uri
    Expect.equal (instants time dispatcher peer 100 700) [ 0; 500 ] "before"

let private sameLeg check =
    let bind = LegOptions.Udp $"{fresh ()}:5060"
    handed bind bind insisting check

let private refusal (octets: byte array) =
    use stream = new MemoryStream(octets)
    let bind = fresh ()

    try
        let dispatcher =
            start (options (FakeTimeProvider()) [| LegOptions.Udp $"{bind}:5060" |] stream)

        finish dispatcher
        failtest "started"
    with :? InvalidDataException as fault ->
        Expect.isTrue (canBind (IPEndPoint(bind, 5060))) "nothing is bound"
        fault.Message

let tests =
    testList "Snapshot" [
        testCase "over UDP the copies leave when they would have left"
        <| sameLeg (fun time next peer ->
            Expect.equal (instants time next peer 100 9000) [ 800; 2800; 6800 ] "1.5, 3.5, 7.5 s")

        testCase "the handle comes back by Deliveries, and hears the answer"
        <| sameLeg (fun time next peer ->
            let delivery = Seq.exactlyOne next.Deliveries
            Expect.equal (string delivery.Id) "mine" "its name"
            Expect.equal (delivery.Message :?> SipRequest).RequestUri peer.Uri "its message"
            Expect.isFalse ((string delivery.Message).Contains "Via:") "without our Via"
            time.Advance(TimeSpan.FromSeconds 1.0)
            peer.Answer(peer.ReceiveRequest(), 200)
            Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Answered "answered"
            Expect.stringContains (delivery.Explain()) "500" "its story goes on")

        testCase "it times out when it would have timed out"
        <| sameLeg (fun time next _ ->
            let delivery = Seq.exactlyOne next.Deliveries
            time.Advance(TimeSpan.FromMilliseconds 31_200.0)
            settle next
            Expect.isFalse delivery.Completion.IsCompleted "0.1 s before"
            time.Advance(TimeSpan.FromMilliseconds 200.0)
            Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.TimedOut "at 32 s")

        testCase "it can be cancelled by its name"
        <| sameLeg (fun _ next _ ->
            Expect.isTrue (next.CancelDelivery(DeliveryId "mine")) "under way"
            Expect.isEmpty next.Deliveries "no more")

        testCase "new numbers do not collide with those taken up"
        <| sameLeg (fun _ next peer ->
            let fresh = next.Deliver(next.CreateRequest(SipMethod.Options, peer.Uri))
            Expect.equal next.Deliveries.Count 2 "both"
            peer.Answer(peer.ReceiveRequest(), 200)
            Expect.equal (outcome fresh).Kind DeliveryOutcomeKind.Answered "answered")

        testCase "where its leg is not there it ends Unreachable"
        <| handed
            (LegOptions.Udp $"{fresh ()}:5060")
            (LegOptions.Udp $"{fresh ()}:5060")
            insisting
            (fun _ next _ ->
                settle next
                Expect.isEmpty next.Deliveries "nothing is under way")

        testCase "over TCP it ends Unreachable, its connection being gone"
        <| fun () ->
            let time = FakeTimeProvider()
            use listener = new TcpListener(IPAddress.Loopback, 0)
            listener.Start()
            let port = (listener.LocalEndpoint :?> IPEndPoint).Port
            let uri = SipUri.Parse $"sip:b@127.0.0.1:{port};transport=tcp"
            let legs = [| LegOptions.Tcp $"{fresh ()}:5060" |]
            let former = start (options time legs null)
            deliver "stream" former uri
            use accepted = listener.AcceptTcpClient()
            accepted.GetStream().ReadByte() |> ignore
            use snapshot = written former
            finish former
            listener.Stop()
            let next = start (options time legs snapshot)

            try
                let ended =
                    next.Deliveries
                    |> Seq.map (fun delivery -> (outcome delivery).Kind)
                    |> List.ofSeq

                Expect.all ended ((=) DeliveryOutcomeKind.Unreachable) "refused anew"
                Expect.isEmpty next.Deliveries "nothing is under way"
            finally
                finish next

        testCase "a copy of a request answered before gets the same answer"
        <| fun () ->
            let time = FakeTimeProvider()
            use peer = new Peer()
            let legs = [| LegOptions.Udp $"{fresh ()}:5060" |]
            let request = peer.Request "MESSAGE"
            let former = start (options time legs null)

            former.SetReceiver(fun (received: Received) ->
                received.Respond(received.CreateResponse 200) |> ignore
                Receipt.Handled)

            peer.Send(request, local former)
            let answer = peer.ReceiveResponse()
            settle former
            use snapshot = written former
            finish former
            let next = start (options time legs snapshot)

            try
                next.SetReceiver(fun (_: Received) -> failtest "offered")
                peer.Send(request, local next)
                let again = peer.ReceiveResponse()
                Expect.equal (again.Bytes.ToArray()) (answer.Bytes.ToArray()) "byte for byte"
            finally
                finish next

        testCase "a run that began with a snapshot is recorded and replayed"
        <| fun () ->
            let time = FakeTimeProvider()
            use peer = new Peer()
            let legs = [| LegOptions.Udp $"{fresh ()}:5060" |]
            let former = start (options time legs null)
            insisting time former peer
            use snapshot = written former
            finish former
            use recording = new MemoryStream()

            let next =
                start (
                    DispatcherOptions(
                        Legs = legs,
                        TimeProvider = time,
                        Restore = snapshot,
                        Recorder = recording
                    )
                )

            time.Advance(TimeSpan.FromSeconds 1.0)
            peer.ReceiveRequest() |> ignore
            finish next
            use again = new MemoryStream(recording.ToArray())
            let result = Recording.ReplayAsync(again).GetAwaiter().GetResult()
            Expect.isNull result.Difference "the same effects"
            Expect.isTrue result.IsComplete "to the end"

        testCase "what is cut off, damaged or foreign is refused before anything is bound"
        <| fun () ->
            let dispatcher = start loopback
            let whole = (written dispatcher).ToArray()
            finish dispatcher
            let damaged = Array.copy whole
            damaged[whole.Length / 2] <- damaged[whole.Length / 2] ^^^ 1uy

            for octets, word in
                [
                    Array.truncate (whole.Length - 1) whole, "cut off"
                    [||], "empty"
                    Array.zeroCreate 100, "no snapshot"
                    damaged, "changed"
                ] do
                Expect.stringContains (refusal octets) word "in words"
    ]
