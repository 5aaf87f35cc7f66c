module SipFun.Tests.Message.FramingTests

open System
open System.Text
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core

let private limits = ParseLimits.Default

/// What came out, comparable.
let describe frame =
    match frame with
    | Frame.Message message -> "message " + Convert.ToHexString message.Bytes.Span
    | Frame.Malformed(error, octets) -> $"malformed {error} " + Convert.ToHexString octets.Span
    | Frame.Ping -> "ping"
    | Frame.Pong -> "pong"

/// The stream cut at these places: frames, and the reason of the end.
let feedAs side (stream: byte[]) (cuts: int list) =
    let mutable state = Framing.start side
    let frames = ResizeArray<string>()
    let mutable at = 0

    for cut in cuts @ [ stream.Length ] do
        let struct (found, next) =
            Framing.push limits (ReadOnlySpan<byte>(stream, at, cut - at)) state

        frames.AddRange(Seq.map describe found)
        state <- next
        at <- cut

    let reason = Framing.failure state |> ValueOption.map (fun error -> error.Reason)
    List.ofSeq frames, reason

let feed = feedAs StreamSide.Accepted
let private start = Framing.start StreamSide.Accepted

let bytes (text: string) = Encoding.UTF8.GetBytes text

let small =
    Corpus.octets
        """OPTIONS sip:a SIP/2.0
v: SIP/2.0/TCP a;branch=z9hG4bK1
f: <sip:a>;tag=1
t: <sip:b>
i: c
CSeq: 1 OPTIONS
l: 3

abc"""

let private withLength (lines: string) =
    Encoding.UTF8.GetString(small).Replace("l: 3\r\n", lines) |> bytes

/// V-04 and P-13: the length in every spelling; (lines, length or the stream's end).
let private lengths =
    let big = "1" + String('0', 100)

    testList "V-04, P-13: Content-Length" [
        for lines, accepted in
            [
                "l: 3\r\n", true
                "Content-Length: 0000000003\r\n", true
                "l: 3\r\nContent-Length: 3\r\n", true
                "l: 3\r\nl: 03\r\n", true
                "l: 0\r\n", true
                "", false
                "l:\r\n", false
                "l: +3\r\n", false
                "l: -1\r\n", false
                "l: 3.0\r\n", false
                "l: 0x3\r\n", false
                "l: 3 3\r\n", false
                "l: 3,3\r\n", false
                "l: 3;x\r\n", false
                "l: 2147483648\r\n", false
                "l: 4294967296\r\n", false
                "l: 4294967299\r\n", false
                "l: 18446744073709551619\r\n", false
                $"l: {big}\r\n", false
                "l: 3\r\nContent-Length: 4\r\n", false
                "l: 3\r\nl: 2\r\n", false
            ] do
            testCase (Sanitizer.text $"[{lines}]")
            <| fun () ->
                let frames, reason = feed (withLength lines) []
                Expect.equal (reason = ValueNone) accepted $"%A{reason}"

                if not accepted then
                    Expect.isEmpty frames "nothing is delivered"

        testCase "V-04: a wrapped length does not smuggle (OpenSIPS CVE-2026-45103)"
        <| fun () ->
            let stream = Array.append (withLength "l: 4294967299\r\n") small
            Expect.equal (feed stream []) ([], ValueSome ParseFault.TooLarge) "closed"
    ]

let private ends =
    testList "the end of a stream" [
        testPropertyWithConfig Generators.config "P-15: after a fault nothing is delivered"
        <| fun (draft: Generators.Draft) ->
            let fault = bytes "OPTIONS sip:a SIP/2.0\r\nBad header\r\nl: 0\r\n\r\n"
            let good = Generators.write draft
            let frames, reason = feed (Array.concat [ good; fault; good ]) []

            frames = [ "message " + Convert.ToHexString good ]
            && reason = ValueSome ParseFault.HeaderName

        testCase "P-15: what is pushed after a fault is not looked at"
        <| fun () ->
            let fault = bytes "OPTIONS sip:a SIP/2.0\r\nBad header\r\nl: 0\r\n\r\n"
            let struct (_, failed) = Framing.push limits (ReadOnlySpan<byte> fault) start

            for chunk in [ small; bytes "\r\n\r\n"; bytes "x" ] do
                let struct (frames, state) = Framing.push limits (ReadOnlySpan<byte> chunk) failed
                Expect.isEmpty frames "no frame"
                Expect.equal (Framing.buffered state) 0 "nothing waits"
                let reason = (Framing.failure state) |> ValueOption.map _.Reason
                Expect.equal reason (ValueSome ParseFault.HeaderName) "the first fault"

        testCase
            "P-15: the header section that it failed at is left to answer by, however it was cut"
        <| fun () ->
            let fault = bytes "OPTIONS sip:a SIP/2.0\r\nVia: x\r\nl: -1\r\n\r\n"
            let stream = Array.concat [ small; fault; small ]

            for cut in small.Length .. stream.Length do
                let mutable state = start

                for chunk in [ stream[.. cut - 1]; stream[cut..] ] do
                    let struct (_, next) = Framing.push limits (ReadOnlySpan<byte> chunk) state
                    state <- next

                Expect.equal ((Framing.head state).ToArray()) fault $"cut at {cut}"

        testCase "P-15: a section without an end leaves nothing"
        <| fun () ->
            let struct (_, state) =
                Framing.push limits (ReadOnlySpan<byte>(bytes "OPTIONS\rx")) start

            Expect.isTrue (Framing.failure state).IsSome "it failed"
            Expect.equal (Framing.head state).Length 0 "nothing to answer by"

        testCase "P-14: what waits is at most the limit and one read"
        <| fun () ->
            let limits = ParseLimits(streamMessage = 1000)
            let chunk = Encoding.UTF8.GetBytes(String('a', 100))
            let mutable state = start

            for _ in 1..100 do
                let struct (_, next) = Framing.push limits (ReadOnlySpan<byte> chunk) state
                state <- next
                Expect.isTrue (Framing.buffered state <= 1100) "bounded"

            Expect.isTrue (Framing.failure state).IsSome "and closed"

        testCase "a wrong message, well framed, is told and the stream goes on (18.3)"
        <| fun () ->
            let wrong = bytes "OPTIONS sip:a SIP/2.0\r\nl: 1\r\n\r\nx"
            let frames, reason = feed (Array.append wrong small) []
            Expect.equal reason ValueNone "goes on"
            Expect.stringStarts frames[0] "malformed Missing" "told"
            Expect.equal frames[1] ("message " + Convert.ToHexString small) "the next"

        testCase "dblreq: on a stream two messages (RFC 4475, 3.1.1.8)"
        <| fun () ->
            let stream = dict Corpus.rfc4475.Value
            let frames, _ = feed stream["dblreq.dat"] []

            Expect.equal
                [ for frame in frames -> (frame.Split ' ')[0] ]
                [ "message"; "message" ]
                "frames"

        testCase "clerr waits, ncl and mcl01 close the stream (RFC 4475, 3.1.2.2, 3.1.2.3, 3.3.9)"
        <| fun () ->
            let stream = dict Corpus.rfc4475.Value
            Expect.equal (feed stream["clerr.dat"] []) ([], ValueNone) "clerr"
            Expect.equal (feed stream["ncl.dat"] []) ([], ValueSome ParseFault.ContentLength) "ncl"

            Expect.equal
                (feed stream["mcl01.dat"] [])
                ([], ValueSome ParseFault.ContentLength)
                "mcl01"

        for lineEnds, name in [ "\n", "LF"; "\r", "CR"; "\r\n\000", "NUL" ] do
            testCase $"P-17: {name} alone ends stream and datagram alike"
            <| fun () ->
                let text = Encoding.UTF8.GetString small
                let wrong = text.Replace("\r\nCSeq", lineEnds + "CSeq") |> bytes
                let _, reason = feed wrong []
                let datagram = Corpus.parse wrong

                match datagram with
                | Ok _ -> failtest "accepted as a datagram"
                | Error error -> Expect.equal reason (ValueSome error.Reason) "the same reason"

        testCase "P-18: one WebSocket message is one SIP message (RFC 7118, 5)"
        <| fun () ->
            let read (payload: byte[]) = Framing.webSocket limits (ReadOnlyMemory<byte> payload)
            Expect.isOk (read small) "one"
            Expect.isError (read (Array.append small small)) "two"
            Expect.isError (read small[.. small.Length - 2]) "a part"
            Expect.isOk (read (withLength "")) "the length may be left out"
    ]

let tests = testList "Framing" [ lengths; ends ]
