module SipFun.Tests.Message.CuttingTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core
open SipFun.Tests.Message.FramingTests

let private limits = ParseLimits.Default
let private start = Framing.start StreamSide.Accepted

/// Message frames only: their bytes, or what is wrong with them.
let private same (a: Frame) (b: Frame) =
    match a, b with
    | Frame.Message a, Frame.Message b -> a.Bytes.Span.SequenceEqual b.Bytes.Span
    | Frame.Malformed(x, a), Frame.Malformed(y, b) ->
        string x = string y && a.Span.SequenceEqual b.Span
    | a, b -> a.Equals b || a.IsPing && b.IsPing || a.IsPong && b.IsPong

let private push (octets: byte[]) from stop state =
    Framing.push limits (ReadOnlySpan<byte>(octets, from, stop - from)) state

let private reason state = Framing.failure state |> ValueOption.map _.Reason

/// Every cutting into three parts at two of these places, each first part pushed once.
let private threeParts name (message: byte[]) (places: int[]) =
    let struct (whole, ended) = push message 0 message.Length start

    for i in 0 .. places.Length - 1 do
        let struct (first, afterFirst) = push message 0 places[i] start

        for j in i + 1 .. places.Length - 1 do
            let struct (second, afterSecond) = push message places[i] places[j] afterFirst
            let struct (third, afterThird) = push message places[j] message.Length afterSecond
            let found = Seq.concat [ first; second; third ] |> Array.ofSeq

            let isSame = found.Length = whole.Count && Seq.forall2 same found whole

            if not isSame || reason afterThird <> reason ended then
                failtestf "%s cut at %d and %d" name places[i] places[j]

/// Where cuts can matter: beside a line end, a colon, a quote.
let private isNearMark (message: byte[]) at =
    let isMark i = i < message.Length && "\r\n\"".Contains(char message[i])
    isMark (at - 1) || isMark at

let private three =
    if SipFun.Tests.Suite.long then
        "all 3-cuts of every torture message"
    else
        "3-cuts of every torture message beside line ends and quotes (all of them with --long)"

let private cutting =
    testList "P-11: the cutting does not matter" [
        testCase "all 2^15 cuttings of 16 bytes around the end of a message"
        <| fun () ->
            let stream = Array.append small (bytes "\r\n\r\n\r\nOPTION")
            let first = stream.Length - 16
            let whole = feed stream []

            for mask in 0 .. (1 <<< 15) - 1 do
                let cuts = [
                    for i in 0..14 do
                        if mask >>> i &&& 1 = 1 then
                            first + i + 1
                ]

                if feed stream cuts <> whole then
                    failtestf "cut at %A" cuts

        testCase "3-cuts of a short message: all pairs, with three places for the third"
        <| fun () ->
            let whole = feed small []

            for a in 1 .. small.Length - 3 do
                for b in a + 1 .. small.Length - 2 do
                    let c = b + 1 + (a * 7 + b) % (small.Length - b - 1)

                    for last in [ b + 1; c; small.Length - 1 ] |> List.distinct do
                        if feed small [ a; b; last ] <> whole then
                            failtestf "cut at %d, %d, %d" a b last

        testCase "all 2-cuts of every torture message, and byte by byte"
        <| fun () ->
            for name, message in Corpus.rfc4475.Value do
                let whole = feed message []

                for cut in 1 .. message.Length - 1 do
                    if feed message [ cut ] <> whole then
                        failtestf "%s cut at %d" name cut

                let bytewise = feed message [ 1 .. message.Length - 1 ]
                Expect.equal bytewise whole name

        testCase three
        <| fun () ->
            for name, message in Corpus.rfc4475.Value do
                let places = [|
                    for at in 1 .. message.Length - 1 do
                        if SipFun.Tests.Suite.long || isNearMark message at then
                            at
                |]

                threeParts name message places

        testPropertyWithConfig Generators.config "long streams, random cuts"
        <| fun (drafts: Generators.Draft list) (cuts: uint16 list) ->
            let stream = drafts |> List.truncate 5 |> List.map Generators.write |> Array.concat
            let places = cuts |> List.map (fun c -> int c % (stream.Length + 1)) |> List.sort
            feed stream places = feed stream []

        testCase "a state is a value: going on twice from it gives the same"
        <| fun () ->
            let push (octets: byte[]) state = Framing.push limits (ReadOnlySpan<byte> octets) state
            let struct (_, half) = push small[..30] start

            let struct (_, other) =
                push (bytes "something else, and longer than the rest of it all") half

            let struct (frames, _) = push small[31..] half

            Expect.equal
                (Seq.map describe frames |> List.ofSeq)
                (fst (feed small []))
                "the first half is intact"

            Expect.isTrue (Framing.buffered other > 0) "the other went its way"
    ]

let tests = testList "Cutting" [ cutting ]
