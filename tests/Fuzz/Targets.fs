// Fuzz targets (reliability.md, 4.5): what each does with its bytes, and checks of the outcome what the
// properties check, so that a broken law is a crash. Run by AFL++ through Program.fs, and with mutations
// of its own by every test run (tests/FuzzTests.fs).
module SipFun.Fuzz.Targets

open System
open System.Text
open SipFun
open SipFun.Core
open SipFun.Tests.Message

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

/// F-1: P-02, P-03, P-10.
let datagram (bytes: byte[]) =
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

        match Refusal.tryRead (ReadOnlyMemory<byte> bytes) with
        | ValueSome wreck ->
            let seen: Via | null =
                match wreck.TopVia with
                | null -> null
                | via -> via.WithReceived(Net.IPAddress.Loopback).WithRPort 5060

            Refusal.create error.SuggestedStatus seen "t" wreck |> ignore
        | ValueNone -> ()

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

/// F-2: P-11, P-15; the first byte says how the rest is cut.
let stream (bytes: byte[]) =
    if bytes.Length > 1 then
        let content = bytes[1..]
        let whole = feed content content.Length
        let cut = feed content (1 + int bytes[0])

        if fst whole <> fst cut then
            failwith "P-11: the cutting matters"

let private textOf (bytes: byte[]) = Encoding.UTF8.GetString bytes

/// F-3: what was read is written so that it reads the same; P-07: a URI equals itself.
let uri (bytes: byte[]) =
    let mutable found: SipUri | null = null

    match SipUri.TryParse(textOf bytes, &found), found with
    | true, NonNull uri ->
        let again = SipUri.Parse(uri.ToString())

        if again.ToString() <> uri.ToString() || not (uri.Equals again) then
            failwith "P-07: a URI differs from itself"

        if uri.GetHashCode() <> again.GetHashCode() then
            failwith "P-07: equal URIs, two hashes"
    | _ -> ()

let private fixpoint name (read: string -> string option) text =
    match read text with
    | None -> ()
    | Some once ->
        if read once <> Some once then
            failwith $"P-02: {name} is no fixpoint"

let private via text =
    let mutable found: Via | null = null

    match Via.TryParse(text, &found), found with
    | true, NonNull via ->
        (via.SentBy, via.Parameters, via.ReceivedAddress, via.Port) |> ignore
        Some(via.ToString())
    | _ -> None

let private nameAddr text =
    let mutable found: NameAddr | null = null

    match NameAddr.TryParse(text, &found), found with
    | true, NonNull address ->
        (address.DisplayName, address.Parameters, address.Q, address.Uri.User) |> ignore
        Some(address.ToString())
    | _ -> None

/// F-4: Via, and From, To, Contact and Route, which are all name-addr.
let headers (bytes: byte[]) =
    let text = textOf bytes
    fixpoint "Via" via text
    fixpoint "name-addr" nameAddr text

/// A message around the value of one field, which may bring others along.
let private around name (bytes: byte[]) =
    let head =
        "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\n"
        + "To: <sip:b@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n"

    Array.concat [
        Encoding.ASCII.GetBytes(head + name + ": ")
        bytes
        Encoding.ASCII.GetBytes "\r\n\r\n"
    ]

/// F-5: whatever a challenge says is answered or left alone; and whatever credentials say is read.
let digest (bytes: byte[]) =
    let read name =
        match Parser.parse (limits ()) (ReadOnlyMemory<byte>(around name bytes)) with
        | Ok message -> Some message
        | Error _ -> None

    match read "WWW-Authenticate" with
    | Some message when (message.Validate SipRole.Parser).Count = 0 ->
        for value in message.WwwAuthenticate do
            match Digest.challenge false value with
            | ValueSome challenge ->
                let use': DigestUse = { Count = "00000001"; ClientNonce = "cnonce" }
                let secret = Digest.secret challenge.Algorithm "user" challenge.Realm "password"
                let body = ReadOnlySpan<byte> bytes

                let credentials =
                    Digest.credentials challenge use' "user" secret "REGISTER" "sip:a" body

                if credentials.Contains '\r' || credentials.Contains '\n' then
                    failwith "V-05: a challenge wrote a line of its own"
            | ValueNone -> ()
    | _ -> ()

    match read "Authorization" with
    | Some message when (message.Validate SipRole.Parser).Count = 0 ->
        for value in message.Authorization do
            value.GetParameter "nonce" |> ignore
    | _ -> ()

/// F-12: against the reference framer, which was written from the RFC alone.
let framer (bytes: byte[]) =
    let limits = ParseLimits(streamMessage = 2000)

    let struct (frames, state) =
        Framing.push limits (ReadOnlySpan<byte> bytes) (Framing.start StreamSide.Accepted)

    let sizes = [
        for frame in frames do
            match frame with
            | Frame.Message message -> message.Bytes.Length
            | Frame.Malformed(_, octets) -> octets.Length
            | _ -> ()
    ]

    let isClosed = (Framing.failure state).IsSome
    let ending = if isClosed then ReferenceFramer.Closed else ReferenceFramer.Waiting

    let text = Encoding.Latin1.GetString bytes
    let places, expected = ReferenceFramer.frames limits.StreamMessage text

    if (sizes, ending) <> (List.map snd places, expected) then
        failwith "V-04: framed otherwise than the reference frames it"

/// By name, in the order of reliability.md: F-1 to F-6, and F-12. (F-8 is none of ours: another's
/// library reads DNS messages. F-9 is in tests/CSharpApi/WebSocket/FuzzTests.fs.)
let all: (string * (byte[] -> unit)) list = [
    "datagram", datagram
    "stream", stream
    "uri", uri
    "headers", headers
    "digest", digest
    "script", Script.run
    "framer", framer
]
