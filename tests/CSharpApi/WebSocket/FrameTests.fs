/// V-14: what a server makes of frames, good and bad (RFC 6455, 5; RFC 7118, 4.2 and 5). One table;
/// each case in three cuttings of the stream.
module SipFun.Tests.CSharpApi.WebSocket.FrameTests

open System
open System.IO
open System.IO.Compression
open System.Text
open Expecto
open SipFun
open SipFun.Shell
open SipFun.Tests.CSharpApi.WebSocket.Frames

type private Case = {
    Name: string
    Bytes: byte array
    Reports: string list
    Ending: Ending
    Pongs: byte array list
}

let private case name (frames: Frame list) reports ending = {
    Name = name
    Bytes = frames |> List.map bytes |> Array.concat
    Reports = reports
    Ending = ending
    Pongs = []
}

/// Goes on after it: the goodbye behind is heard.
let private taken name frames reports = case name (frames @ [ goodbye ]) reports Closed

let private refused name frames code = case name (frames @ [ goodbye ]) [] (Refused code)

let private ponged pongs (case: Case) : Case = { case with Pongs = pongs }

let private limit = 65_536

/// Nonsense of this many bytes: never a message, so that only its frame is looked at.
let private nonsense length = String.replicate length "x"

let private noMessage = [ "no message: Incomplete" ]

/// A request with a body of `octets` and the Content-Length given.
let private withBody (contentLength: int) (octets: byte array) =
    let head =
        options.Insert(options.Length - 2, $"Content-Length: {contentLength}\r\n")

    Array.append (ascii head) octets

/// The message in as many frames as it has parts.
let private inParts (parts: string list) =
    let last = parts.Length - 1

    parts
    |> List.mapi (fun i part -> {
        frame (if i = 0 then 1 else 0) (ascii part) with
            Fin = (i = last)
    })

let private messages =
    let e = ascii "é"

    [
        taken "text" [ text options ] [ "OPTIONS" ]
        taken "binary" [ binary (ascii options) ] [ "OPTIONS" ]
        taken "binary, a body that is no UTF-8" [ binary (withBody 2 [| 0xFFuy; 0xFEuy |]) ] [
            "OPTIONS"
        ]
        taken "text, a body in UTF-8" [ frame 1 (withBody 2 e) ] [ "OPTIONS" ]
        taken "two messages" [ text options; text options ] [ "OPTIONS"; "OPTIONS" ]
        taken "a line end in front" [ text ("\r\n" + options) ] [ "OPTIONS" ]
        taken "Content-Length too small" [ frame 1 (withBody 1 e) ] [ "no message: ContentLength" ]
        taken "Content-Length too large" [ frame 1 (withBody 3 e) ] [ "no message: ContentLength" ]
        taken "two requests in one" [ frame 1 (withBody 0 (ascii options)) ] [
            "no message: ContentLength"
        ]
        taken "empty text" [ text "" ] noMessage
        taken "empty binary" [ binary [||] ] noMessage
        taken "no SIP, and the next is" [ text "hello"; text options ] (noMessage @ [ "OPTIONS" ])
        taken "NULs" [ binary [| 0uy; 0uy |] ] noMessage
        taken "CRLFCRLF (RFC 5626, 4.4.1)" [ text "\r\n\r\n" ] [ "ping" ]
        taken "CRLFCRLF, binary" [ binary (ascii "\r\n\r\n") ] [ "ping" ]
        taken "CRLF" [ text "\r\n" ] [ "pong" ]
        taken "three CRLFs" [ text "\r\n\r\n\r\n" ] noMessage
    ]

let private lengths = [
    for n in [ 125; 126; 127; 4096; 65_535; limit ] do
        taken $"{n} bytes" [ text (nonsense n) ] noMessage
    refused "one byte more than a message may have" [ text (nonsense (limit + 1)) ] 1009
    refused
        "fragments that are too long together"
        [ unfinished (text (nonsense 40_000)); frame 0 (ascii (nonsense 40_000)) ]
        1009
    {
        refused "a length of 2^40: nothing of it is kept" [] 1009 with
            Bytes = [|
                0x81uy
                0xFFuy
                0uy
                0uy
                1uy
                0uy
                0uy
                0uy
                0uy
                0uy
                1uy
                2uy
                3uy
                4uy
                5uy
            |]
    }
    taken "two, the second too long: the first counts" [ text options ] [ "OPTIONS" ]
    |> fun case -> {
        case with
            Bytes = Array.append (bytes (text options)) (bytes (text (nonsense (limit + 1))))
            Ending = Refused 1009
    }
]

let private fragments =
    let half = options.Length / 2

    [
        taken "two fragments" (inParts [ options[.. half - 1]; options[half..] ]) [ "OPTIONS" ]
        taken "an empty one between" (inParts [ options[.. half - 1]; ""; options[half..] ]) [
            "OPTIONS"
        ]
        taken "an empty one first" (inParts [ ""; options ]) [ "OPTIONS" ]
        taken "an empty one last" (inParts [ options; "" ]) [ "OPTIONS" ]
        taken "a byte each" (inParts [ for c in options -> string c ]) [ "OPTIONS" ]
        taken "1024 fragments" (inParts (options :: List.replicate 1023 "")) [ "OPTIONS" ]
        refused "1025 fragments" (inParts (options :: List.replicate 1024 "")) 1008
        taken
            "1000 fragments, twice"
            (List.replicate 2 (inParts (options :: List.replicate 999 "")) |> List.concat)
            [ "OPTIONS"; "OPTIONS" ]
        refused "a continuation of nothing" [ frame 0 (ascii options) ] 1002
        refused "a continuation of nothing, unfinished" [ unfinished (frame 0 [||]) ] 1002
        refused "a new message inside one" [ unfinished (text "a"); text "b" ] 1002
        taken "a ping between" [
            unfinished (text options[.. half - 1])
            ping (ascii "?")
            frame 0 (ascii options[half..])
        ] [ "OPTIONS" ]
        |> ponged [ ascii "?" ]
        taken "a close between" [ unfinished (text "a"); goodbye; frame 0 (ascii "b") ] []
    ]

let private controls = [
    taken "an empty ping" [ ping [||] ] [] |> ponged [ [||] ]
    taken "a ping of 125 bytes" [ ping (ascii (nonsense 125)) ] []
    |> ponged [ ascii (nonsense 125) ]
    taken "three pings" [ ping (ascii "1"); ping (ascii "2"); ping (ascii "3") ] []
    |> ponged [ ascii "1"; ascii "2"; ascii "3" ]
    refused "a ping of 126 bytes" [ ping (ascii (nonsense 126)) ] 1002
    refused "a ping in pieces" [ unfinished (ping [||]); frame 0 [||] ] 1002
    refused "a close in pieces" [ unfinished goodbye ] 1002
    taken "a pong nobody asked for" [ frame 10 (ascii "!"); text options ] [ "OPTIONS" ]
]

let private closings = [
    case "a close without a code" [ frame 8 [||] ] [] Closed
    refused "a close of one byte" [ frame 8 [| 3uy |] ] 1002
    for code in [ 1000; 1001; 1002; 1003; 1007; 1008; 1009; 1010; 1011; 3000; 4999 ] do
        case $"close {code}" [ closing code [||] ] [] Closed
    for code in [ 0; 999; 1004; 1005; 1006; 1015; 1016; 2999; 5000; 65535 ] do
        refused $"close {code}, which nobody may send" [ closing code [||] ] 1002
    case "a close with a reason" [ closing 1000 (ascii "done") ] [] Closed
    // 1007 would say it better; the framework says 1002.
    refused "a close with a reason that is no UTF-8" [ closing 1000 [| 0xC0uy; 0x80uy |] ] 1002
    case "what comes behind a close" [ goodbye; text options ] [] Closed
]

let private bits = [
    for bit, name in [ 0x40, "RSV1"; 0x20, "RSV2"; 0x10, "RSV3" ] do
        refused $"{name} set: nothing was negotiated" [ { text options with Reserved = bit } ] 1002
    refused "RSV1 on a ping" [ { ping [||] with Reserved = 0x40 } ] 1002
    for opcode in [ 3; 4; 5; 6; 7; 11; 12; 13; 14; 15 ] do
        refused $"opcode {opcode}" [ frame opcode [||] ] 1002
    refused "no mask" [ { text options with Masked = false } ] 1002
    refused "a close without mask" [ { goodbye with Masked = false } ] 1002
]

/// Broken UTF-8 (RFC 3629), in text.
let private broken = [
    "FF", [| 0xFFuy |]
    "an overlong slash", [| 0xC0uy; 0xAFuy |]
    "an overlong NUL", [| 0xE0uy; 0x80uy; 0x80uy |]
    "a surrogate", [| 0xEDuy; 0xA0uy; 0x80uy |]
    "above U+10FFFF", [| 0xF4uy; 0x90uy; 0x80uy; 0x80uy |]
    "a continuation alone", [| 0x80uy |]
    "cut at the end", [| 0xE2uy; 0x82uy |]
]

let private utf8 = [
    for name, octets in broken do
        refused name [ frame 1 (withBody octets.Length octets) ] 1007
    refused "broken in the second fragment" [ unfinished (text "a"); frame 0 [| 0xFFuy |] ] 1007
    taken
        "a character in two fragments"
        [ unfinished (frame 1 [| 0xC3uy |]); frame 0 [| 0xA9uy |] ]
        noMessage
    taken "broken, but binary" [ binary [| 0xFFuy |] ] noMessage
]

let private ends = [
    case "the end, without a close" [ text options ] [ "OPTIONS" ] Broken
    {
        case "the end within a head" [] [] Broken with
            Bytes = [| 0x81uy |]
    }
    {
        case "the end within a payload" [] [] Broken with
            Bytes = (bytes (text options))[..50]
    }
]

/// A message of 64 MB that compresses to a thousandth, as permessage-deflate would send it.
let private bomb =
    use packed = new MemoryStream()

    do
        use deflate = new DeflateStream(packed, CompressionLevel.Optimal, true)
        let block = Array.zeroCreate<byte> 1_000_000

        for _ in 1..60 do
            deflate.Write block

    packed.ToArray()

let private table =
    messages @ lengths @ fragments @ controls @ closings @ bits @ utf8 @ ends

let private holds (case: Case) () =
    for cut in [ 1; 7; Int32.MaxValue ] do
        let seen = seen WebSocketLimits.Default cut case.Bytes
        Expect.equal seen.Reports case.Reports $"reports, {cut} bytes a read"
        Expect.equal seen.Ending case.Ending $"the end, {cut} bytes a read"
        Expect.equal seen.Pongs case.Pongs $"pongs, {cut} bytes a read"

let private refusesBomb () =
    let octets = bytes { binary bomb with Reserved = 0x40 }
    let before = GC.GetAllocatedBytesForCurrentThread()
    let seen = seen WebSocketLimits.Default 4096 octets
    let used = GC.GetAllocatedBytesForCurrentThread() - before
    Expect.equal seen.Ending (Refused 1002) "compression was not negotiated"
    Expect.isLessThan used (2L * int64 limit) "and nothing was unpacked"

let tests =
    testList "Frames" [
        for case in table do
            testCase $"V-14: {case.Name}" (holds case)
        testCase "V-14: at least 60 cases" (fun () ->
            Expect.isGreaterThan table.Length 60 "so many")
        testCase "V-14: a bomb of 1:1000 is refused unread" refusesBomb
    ]
