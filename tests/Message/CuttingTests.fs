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

let private sameFrames (a: Frame[]) (b: Frame[]) =
    obj.ReferenceEquals(a, b) || a.Length = b.Length && Array.forall2 same a b

let private framesTo message at =
    let struct (found, _) = push message 0 at start
    Array.ofSeq found

/// One push from a state: the frames so far, and the state.
let private pushOn message from stop (before: Frame[]) state =
    let struct (more, next) = push message from stop state

    (if more.Count = 0 then
         before
     else
         Array.append before (Array.ofSeq more)),
    next

/// Every cutting at any of these places. A state that was reached before at a place is not gone on
/// from again: so all cuttings, 2 to the number of places, cost one push for each two places. How
/// many states there are, and at how many places.
let private everyCutting name (message: byte[]) (between: int[]) =
    let places = Array.concat [ [| 0 |]; between; [| message.Length |] ]
    let frames = places |> Array.map (framesTo message)
    let states = places |> Array.map (fun _ -> ResizeArray())
    states[0].Add start

    for i in 0 .. places.Length - 2 do
        for state in states[i] do
            for k in i + 1 .. places.Length - 1 do
                let all, next = pushOn message places[i] places[k] frames[i] state

                if not (sameFrames all frames[k]) then
                    failtestf "%s cut at %d and %d" name places[i] places[k]

                if not (Seq.exists (Framing.isSame next) states[k]) then
                    states[k].Add next

    Seq.sumBy Seq.length states, places.Length

/// Where cuts can matter: beside a line end, a colon, a quote.
let private isNearMark (message: byte[]) at =
    let isMark i = i < message.Length && "\r\n\"".Contains(char message[i])
    isMark (at - 1) || isMark at

let private everywhere =
    if SipFun.Tests.Suite.long then
        "every cutting of every torture message, into any number of parts"
    else
        "every cutting of every torture message beside line ends and quotes (all with --long)"

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

        testCase everywhere
        <| fun () ->
            for name, message in Corpus.rfc4475.Value do
                let states, places =
                    everyCutting name message [|
                        for at in 1 .. message.Length - 1 do
                            if SipFun.Tests.Suite.long || isNearMark message at then
                                at
                    |]

                Expect.isLessThanOrEqual states (2 * places) $"{name}: few states a place"

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
