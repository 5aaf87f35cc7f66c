module SipFun.Tests.Message.DifferentialTests

open System
open System.Text
open Expecto
open SipFun
open SipFun.Core

let private limits = ParseLimits(streamMessage = 2000)

/// Where our framer finds messages, well formed or not, and how it leaves the stream.
let private ours (stream: byte[]) =
    let struct (frames, state) =
        Framing.push limits (ReadOnlySpan<byte> stream) (Framing.start StreamSide.Accepted)

    let sizes = [
        for frame in frames do
            match frame with
            | Frame.Message message -> message.Bytes.Length
            | Frame.Malformed(_, octets) -> octets.Length
            | _ -> ()
    ]

    let isClosed = (Framing.failure state).IsSome
    sizes, (if isClosed then ReferenceFramer.Closed else ReferenceFramer.Waiting)

let private lengths = [|
    "l: 3"
    "L:3"
    "Content-Length: 3"
    "content-length :\t3 "
    "l:\r\n 3"
    "l: 003"
    "l: 3\r\nl: 3"
    "l: 3\r\nContent-Length: 4"
    "l: 0"
    "l: 2"
    "l: 4"
    "l: -3"
    "l: +3"
    "l: 3 3"
    "l: 4294967299"
    "l: 18446744073709551619"
    "l: 1995"
    "l: 1900"
    "l:"
    "X: 3"
    "Content_Length: 3"
    "Content-Length\000: 3"
    " l: 3"
    "l: 3\r\nX: \"\\\000\""
    "l: 3\r\nX: \"\000\""
    "l: 3\r\nX: \"open"
    "l: 3\nl: 4"
    "l: 3\rl: 4"
    "l; 3"
|]

let private splinters = [|
    "\r\n"
    "\r"
    "\n"
    "\r\n\r\n"
    " "
    "\t"
    ":"
    "\000"
    "\""
    "\\"
    "l: 1\r\n"
|]

let private pick (random: Random) (items: string[]) = items[random.Next items.Length]

let private message (random: Random) =
    let mandatory =
        "v: SIP/2.0/TCP a;branch=z9hG4bK1\r\nf: <sip:a>;tag=1\r\nt: <sip:b>\r\ni: c\r\nCSeq: 1 OPTIONS\r\n"

    let lines = if random.Next 4 = 0 then "" else mandatory

    let length =
        if random.Next 4 = 0 then
            pick random lengths
        else
            lengths[random.Next 7]

    $"OPTIONS sip:a SIP/2.0\r\n{lines}{length}\r\n\r\nabc"

/// Up to four messages, in half of the streams with something torn out or thrown in.
let private stream (random: Random) =
    let gap () = String.replicate (random.Next 3) "\r\n"

    let whole =
        String.concat "" [ for _ in 0 .. random.Next 4 -> gap () + message random ]

    let at = random.Next whole.Length

    match random.Next 4 with
    | 0 -> whole.Insert(at, pick random splinters)
    | 1 -> whole.Remove(at, min (random.Next 4) (whole.Length - at))
    | _ -> whole

let private count = if SipFun.Tests.Suite.long then 1_000_000 else 20_000

let tests =
    testList "Differential" [
        testCase $"V-04: {count} streams framed as by the reference, none otherwise"
        <| fun () ->
            let random = Random 20261124
            let mutable closed = 0
            let mutable frames = 0

            for i in 1..count do
                let text = stream random
                let sizes, ending = ours (Encoding.Latin1.GetBytes text)
                let places, expected = ReferenceFramer.frames limits.StreamMessage text
                closed <- if ending = ReferenceFramer.Closed then closed + 1 else closed
                frames <- frames + sizes.Length

                if (sizes, ending) <> (List.map snd places, expected) then
                    failtestf
                        "%d: %s: %A, not %A"
                        i
                        (Sanitizer.text text)
                        (sizes, ending)
                        (places, expected)

            Expect.isGreaterThan closed (count / 5) "many end the stream"
            Expect.isGreaterThan (count - closed) (count / 5) "many do not"
            Expect.isGreaterThan frames count "frames on average more than one"
    ]
