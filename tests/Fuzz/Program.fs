// Fuzz targets: one datagram; one stream with its cutting in the first byte. Each checks what the
// properties check (P-02, P-03, P-10, P-11, P-15), so that a broken law is a crash.
module SipFun.Fuzz.Program

open System
open System.IO
open SharpFuzz
open SipFun
open SipFun.Core

/// Not a value: nothing of the instrumented library may run before the fuzzer has mapped its memory.
let private limits () = ParseLimits.Default

let private touch (message: SipMessage) =
    for role in [ SipRole.Parser; SipRole.UserAgent; SipRole.Proxy; SipRole.Registrar ] do
        message.Validate role |> ignore

    for address in [ message.From; message.To; yield! message.Contacts; yield! message.Routes ] do
        (address.DisplayName, address.Parameters, address.Q, address.Uri.User) |> ignore
        address.Uri.Equals(address.Uri) |> ignore

    for via in message.Vias do
        (via.SentBy, via.Parameters, via.ReceivedAddress) |> ignore

let private datagram (bytes: byte[]) =
    match Parser.parse (limits ()) (ReadOnlyMemory<byte> bytes) with
    | Ok message ->
        touch message

        match
            Parser.parse (limits ()) (ReadOnlyMemory<byte>(Writer.toArray message Writer.asItCame))
        with
        | Ok again when again.Bytes.Span.SequenceEqual message.Bytes.Span -> ()
        | _ -> failwith "P-02: not a fixpoint"
    | Error error ->
        if error.Offset < 0 || error.Offset > bytes.Length then
            failwith "P-10: offset"

        Refusal.tryCreate (ReadOnlyMemory<byte> bytes) error |> ignore

/// The frames as comparable text, and why the stream ended.
let private feed (stream: byte[]) size =
    let mutable state = Framing.start StreamSide.Accepted
    let frames = ResizeArray<string>()

    for chunk in Array.chunkBySize size stream do
        let struct (found, next) = Framing.push (limits ()) (ReadOnlySpan<byte> chunk) state

        for frame in found do
            match frame with
            | Frame.Message message -> frames.Add(Convert.ToHexString message.Bytes.Span)
            | Frame.Malformed(error, octets) -> frames.Add $"{error.Reason} {octets.Length}"
            | Frame.Ping -> frames.Add "ping"
            | Frame.Pong -> frames.Add "pong"

        state <- next

    List.ofSeq frames, (Framing.failure state).IsSome

let private stream (bytes: byte[]) =
    if bytes.Length > 1 then
        let content = bytes[1..]
        let whole = feed content content.Length
        let cut = feed content (1 + int bytes[0])

        if fst whole <> fst cut then
            failwith "P-11: the cutting matters"

let private run (target: byte[] -> unit) (input: Stream) =
    use copy = new MemoryStream()
    input.CopyTo copy
    target (copy.ToArray())

[<EntryPoint>]
let main argv =
    match argv with
    | [| "datagram" |] -> Fuzzer.OutOfProcess.Run(run datagram)
    | [| "stream" |] -> Fuzzer.OutOfProcess.Run(run stream)
    | [| "datagram"; file |] -> datagram (File.ReadAllBytes file)
    | [| "stream"; file |] -> stream (File.ReadAllBytes file)
    | _ -> eprintfn "usage: SipFun.Fuzz datagram|stream [FILE]"

    0
