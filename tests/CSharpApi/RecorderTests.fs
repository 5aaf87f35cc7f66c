// What a dispatcher goes through over real sockets, written down and replayed: the same effects, or the first
// that differs; and whatever becomes of the file, a clear word.
module SipFun.Tests.CSharpApi.RecorderTests

open System
open System.IO
open System.Text
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House

let private resolver =
    StaticDnsResolver().AddAddress("peer.test", Net.IPAddress.Loopback)

let private options recorder =
    DispatcherOptions(
        Legs = [| LegOptions.Udp "127.0.0.1:0"; LegOptions.Tcp "127.0.0.1:0" |],
        Recorder = recorder,
        Resolver = resolver
    )

/// Runs something, and gives what was recorded of it.
let private recorded run =
    use stream = new MemoryStream()
    use peer = new Peer()
    let dispatcher = start (options stream)

    try
        run dispatcher peer
    finally
        finish dispatcher

    stream.ToArray()

let private answered (dispatcher: Dispatcher) (peer: Peer) (method: SipMethod) status =
    let uri = SipUri.Parse $"sip:b@peer.test:{peer.Port};transport=udp"
    let delivery = dispatcher.Deliver(dispatcher.CreateRequest(method, uri))
    peer.Answer(peer.ReceiveRequest(), status)
    outcome delivery |> ignore

/// Requests out and in, names, a timer, garbage, a connection that is refused, a cancellation.
let private eventful (dispatcher: Dispatcher) (peer: Peer) =
    answered dispatcher peer SipMethod.Options 200
    answered dispatcher peer SipMethod.Invite 486

    dispatcher.SetReceiver(fun (received: Received) ->
        received.Respond(received.CreateResponse 200) |> ignore
        Receipt.Handled)

    peer.Send("garbage", local dispatcher)
    peer.Send(peer.Request "MESSAGE", local dispatcher)

    while not (peer.Receive() :? SipResponse) do
        ()

    use rung = new ManualResetEventSlim()
    use _ = dispatcher.AddTimer(TimeSpan.Zero, fun () -> rung.Set())
    rung.Wait Patience.span |> ignore
    let nowhere = SipUri.Parse "sip:b@127.0.0.1:1;transport=tcp"
    outcome (dispatcher.Deliver(dispatcher.CreateRequest(SipMethod.Options, nowhere))) |> ignore
    dispatcher.Deliver(dispatcher.CreateRequest(SipMethod.Options, peer.Uri)).Cancel() |> ignore

let private run = lazy (recorded eventful)

let private replay (octets: byte array) =
    use stream = new MemoryStream(octets)
    Recording.ReplayAsync(stream).GetAwaiter().GetResult()

let private lines (octets: byte array) =
    (Encoding.UTF8.GetString octets).Split('\n', StringSplitOptions.RemoveEmptyEntries)

let private bytesOf (lines: string seq) = Encoding.UTF8.GetBytes(String.Join("\n", lines) + "\n")

/// What a recording cannot be replayed for.
let private complaint (octets: byte array) =
    try
        failtestf "replayed: %A" (replay octets)
    with :? InvalidDataException as fault ->
        fault.Message

/// Replayed to where it is whole, or refused: nothing else.
let private survives octets =
    try
        replay octets |> ignore
    with :? InvalidDataException ->
        ()

/// A stream of which each writing waits for a word, or throws.
type private Stubborn(before: unit -> Task) =
    inherit MemoryStream()

    override this.WriteAsync(buffer: ReadOnlyMemory<byte>, _: CancellationToken) =
        ValueTask(
            task {
                do! before ()
                this.Write buffer.Span
            }
        )

let tests =
    testList "Recorder" [
        testCase "a run over sockets is replayed to the same effects"
        <| fun () ->
            let result = replay run.Value
            Expect.isNull result.Difference "no difference"
            Expect.isTrue result.IsComplete "to the end"
            Expect.isGreaterThan result.Steps 15L "every input"

        testCase "its packets are in it, garbage too, for whoever draws them"
        <| fun () ->
            use stream = new MemoryStream(run.Value)

            let packets =
                task {
                    let all = ResizeArray<WirePacket>()
                    let reading = Recording.ReadAsync(stream).GetAsyncEnumerator()

                    while! reading.MoveNextAsync() do
                        all.Add reading.Current

                    return List.ofSeq all
                }
                |> wait

            let words =
                packets
                |> List.map (fun packet ->
                    (Encoding.UTF8.GetString packet.Bytes.Span).Split(' ')[0])

            Expect.containsAll words [ "OPTIONS"; "INVITE"; "ACK"; "MESSAGE"; "garbage" ] "all"
            Expect.equal packets.Head.Direction PacketDirection.Sent "the first was ours"

        testCase "it says first that it is secret"
        <| fun () -> Expect.stringContains (Array.head (lines run.Value)) "\"secret\":true" "marked"

        testCase "the first step whose effects differ is told, with both"
        <| fun () ->
            let mutable changed = 0

            let other =
                lines run.Value
                |> Array.map (fun line ->
                    if changed = 0 && line.Contains "Transmit" then
                        changed <- changed + 1
                        line.Replace("Transmit", "Shout")
                    else
                        line)

            match (replay (bytesOf other)).Difference with
            | null -> failtest "not seen"
            | difference ->
                Expect.exists difference.Expected _.Contains("Shout") "as recorded"
                Expect.exists difference.Got _.Contains("Transmit") "as replayed"
                Expect.stringContains (string difference) $"step {difference.Step}, " "in words"

        testCase "a step that is missing is a difference later, or none that matters"
        <| fun () ->
            let all = lines run.Value
            let steps = all |> Array.filter _.Contains("\"kind\":\"step\"")
            let answered = steps |> Array.find _.Contains("\"input\":\"Answered\"")
            let result = replay (bytesOf (all |> Array.filter ((<>) answered)))
            Expect.isNotNull result.Difference "seen"

        testCase "cut off anywhere it is replayed to where it is whole, or refused in words"
        <| fun () ->
            let all = run.Value

            for length in 0..97 .. all.Length - 1 do
                survives (Array.truncate length all)

            let half = lines all |> Array.truncate 20 |> bytesOf
            let cut = Array.truncate (half.Length - 7) half
            Expect.isFalse (replay cut).IsComplete "the cut line is left out"

        testCase "changed anywhere it is replayed or refused in words"
        <| fun () ->
            let random = Random 11

            for _ in 1..300 do
                let octets = Array.copy run.Value
                octets[random.Next octets.Length] <- byte (random.Next 256)
                survives octets

        testCase "what cannot be replayed says why"
        <| fun () ->
            let all = lines run.Value
            let packets = all |> Array.filter (fun line -> not (line.Contains "\"kind\""))
            let started = all[0]

            for octets, word in
                [
                    bytesOf packets, "packets"
                    [||], "packets"
                    bytesOf [ "hello" ], "line 1"
                    bytesOf [ started; "{\"version\":2}" ], "version is 2"
                    bytesOf [ started; started ], "second recording"
                    bytesOf all[1..], "before the start"
                    [| 0xffuy; 10uy |], "UTF-8"
                    bytesOf [ "{\"version\":1,\"kind\":\"start\",\"settings\":\"AAAA\"}" ],
                    "cut off"
                    bytesOf [ "{\"version\":1,\"flow\":\"udp\",\"instant\":0}" ], "flow"
                ] do
                Expect.stringContains (complaint octets) word "in words"

        testCase "kinds of lines that later programs write are left out"
        <| fun () ->
            let later = "{\"version\":1,\"kind\":\"mood\"}"
            let result = lines run.Value |> Array.insertAt 1 later |> bytesOf |> replay
            Expect.isNull result.Difference "no difference"

        testCase "a stream that cannot be written, or read, is refused"
        <| fun () ->
            use closed = new MemoryStream()
            closed.Dispose()

            for options in
                [ DispatcherOptions(Recorder = closed); DispatcherOptions(Restore = closed) ] do
                Expect.throwsT<ArgumentException>
                    (fun () -> start options |> finish)
                    "before anything is bound"

        testCase "a stream that throws ends the recording, and nothing else"
        <| fun () ->
            use stream = new Stubborn(fun () -> Task.FromException(IOException "full"))
            use peer = new Peer()
            let dispatcher = start (options stream)
            answered dispatcher peer SipMethod.Options 200
            Expect.equal (waitForCounter dispatcher "recording_ended" 1L) 1L "counted"
            answered dispatcher peer SipMethod.Options 200
            finish dispatcher

        testCase "a stream that is too slow ends the recording, which says so"
        <| fun () ->
            let gate = TaskCompletionSource()
            use stream = new Stubborn(fun () -> gate.Task)
            use peer = new Peer()

            let few = options stream

            let dispatcher =
                start (
                    DispatcherOptions(
                        Legs = few.Legs,
                        Recorder = stream,
                        Resolver = resolver,
                        Limits = Limits(RecorderQueue = 3)
                    )
                )

            answered dispatcher peer SipMethod.Options 200
            Expect.equal (waitForCounter dispatcher "recording_ended" 1L) 1L "counted"
            gate.SetResult()
            finish dispatcher
            let result = replay (stream.ToArray())
            Expect.isFalse result.IsComplete "not to the end"
            Expect.isNull result.Difference "what there is, is right"
    ]
