// Frames as bytes (RFC 6455, 5.2), written here once more and independently of the framework; and
// what a pipe makes of them.
module SipFun.Tests.CSharpApi.WebSocket.Frames

open System
open System.Buffers.Binary
open System.IO
open System.Net.WebSockets
open System.Text
open System.Threading
open SipFun
open SipFun.Shell
open SipFun.Tests.CSharpApi

let ascii (text: string) = Encoding.UTF8.GetBytes text

type Frame = {
    Fin: bool
    /// RSV1 to RSV3 as 0x40, 0x20, 0x10.
    Reserved: int
    Opcode: int
    Masked: bool
    Payload: byte array
}

let frame opcode payload = {
    Fin = true
    Reserved = 0
    Opcode = opcode
    Masked = true
    Payload = payload
}

let text (payload: string) = frame 1 (ascii payload)
let binary payload = frame 2 payload
let ping payload = frame 9 payload
let unfinished frame = { frame with Fin = false }

/// With the status code that a number is, and perhaps a reason.
let closing (code: int) (reason: byte array) =
    frame 8 (Array.append [| byte (code >>> 8); byte code |] reason)

let goodbye = closing 1000 [||]

let private length (masked: bool) (n: int) =
    let mask = if masked then 0x80uy else 0uy

    if n < 126 then
        [| mask ||| byte n |]
    elif n < 65536 then
        [| mask ||| 126uy; byte (n >>> 8); byte n |]
    else
        let bytes = Array.zeroCreate 9
        bytes[0] <- mask ||| 127uy
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan 1, int64 n)
        bytes

let private key = [| 0x5Auy; 0x01uy; 0xFFuy; 0x80uy |]

let bytes (frame: Frame) = [|
    (if frame.Fin then 0x80uy else 0uy) ||| byte frame.Reserved ||| byte frame.Opcode
    yield! length frame.Masked frame.Payload.Length
    if frame.Masked then
        yield! key
        yield! frame.Payload |> Array.mapi (fun i octet -> octet ^^^ key[i % 4])
    else
        yield! frame.Payload
|]

/// One frame from the start, unmasked, and the rest.
let private readOne (octets: byte array) =
    let isMasked = octets[1] &&& 0x80uy <> 0uy

    let length, start =
        match int octets[1] &&& 0x7F with
        | 126 -> (int octets[2] <<< 8) ||| int octets[3], 4
        | 127 -> int (BinaryPrimitives.ReadInt64BigEndian(ReadOnlySpan(octets, 2, 8))), 10
        | n -> n, 2

    let mask =
        if isMasked then
            octets[start .. start + 3]
        else
            [| 0uy; 0uy; 0uy; 0uy |]

    let start = if isMasked then start + 4 else start
    let payload = octets[start .. start + length - 1]

    {
        Fin = octets[0] &&& 0x80uy <> 0uy
        Reserved = int octets[0] &&& 0x70
        Opcode = int octets[0] &&& 0x0F
        Masked = isMasked
        Payload = payload |> Array.mapi (fun i octet -> octet ^^^ mask[i % 4])
    },
    octets[start + length ..]

/// All frames that were written.
let rec read (octets: byte array) =
    if octets.Length < 2 then
        []
    else
        let frame, rest = readOne octets
        frame :: read rest

/// What a pipe reported, as words, in order.
type Sink() =
    let reports = ResizeArray<string>()
    member _.Reports = List.ofSeq reports
    member val LastMessage: SipMessage | null = null with get, set
    member val LastProgress = struct (0, false) with get, set

    interface IPipeSink with
        member this.Message message =
            this.LastMessage <- message

            match message with
            | :? SipRequest as request -> reports.Add request.Method.Name
            | :? SipResponse as response -> reports.Add $"{response.StatusCode}"
            | _ -> reports.Add "?"

        member _.Malformed(_, error) = reports.Add $"no message: {error.Reason}"
        member _.Ping() = reports.Add "ping"
        member _.Pong() = reports.Add "pong"

        member this.Progress(waiting, headersComplete) =
            this.LastProgress <- struct (waiting, headersComplete)

/// How a pipe ended.
type Ending =
    /// The peer closed in good order.
    | Closed
    /// We closed, with this code.
    | Refused of int
    /// The stream ended, or broke.
    | Broken

type Seen = {
    Reports: string list
    Ending: Ending
    /// Payloads of the pong frames sent.
    Pongs: byte array list
}

let private closeCode (frames: Frame list) =
    frames
    |> List.tryFind (fun frame -> frame.Opcode = 8)
    |> Option.map (fun frame ->
        match frame.Payload with
        | [||] -> 1005
        | code -> (int code[0] <<< 8) ||| int code[1])

let rec private readAll (pipe: IPipe) sink =
    if pipe.ReadAsync(sink, CancellationToken.None).AsTask().GetAwaiter().GetResult() then
        readAll pipe sink

/// Has a server's pipe read these bytes, so many at a time.
let seen (limits: WebSocketLimits) cut (octets: byte array) =
    let stream = new Scripted(cut, octets)
    let sink = Sink()
    let pipe = WebSocketPipe.Over(stream, ReadOnlyMemory.Empty, true, limits)

    let isClosed =
        try
            readAll pipe sink
            true
        with
        | :? IOException
        | :? WebSocketException -> false

    let frames = read stream.Written

    {
        Reports = sink.Reports
        Ending =
            match isClosed, closeCode frames with
            | true, _ -> Closed
            | false, Some code -> Refused code
            | false, None -> Broken
        Pongs = [
            for frame in frames do
                if frame.Opcode = 10 then
                    frame.Payload
        ]
    }

/// A request without a body, whose method is "OPTIONS".
let options =
    let lines = [
        "OPTIONS sip:us@example.com SIP/2.0"
        "Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKasudf"
        "From: <sip:alice@example.com>;tag=65bnmj"
        "To: <sip:us@example.com>"
        "Call-ID: aiuy7k9njasd"
        "CSeq: 1 OPTIONS"
        "Max-Forwards: 70"
    ]

    String.Join("\r\n", lines @ [ ""; "" ])
