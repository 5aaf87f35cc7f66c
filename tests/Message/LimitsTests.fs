module SipFun.Tests.Message.LimitsTests

open System
open Expecto
open SipFun
open SipFun.Core

let private read limits (text: string) =
    Parser.parse limits (ReadOnlyMemory<byte>(Corpus.octets text))

let private message limits text =
    read limits text |> Result.defaultWith (fun error -> failwithf "%O" error)

let private most = Int32.MaxValue

let private construction =
    testList "ParseLimits" [
        for bad in [ -1; 0; Int32.MinValue ] do
            testCase $"{bad} is refused when said, not when parsed"
            <| fun () ->
                for make in
                    [
                        fun () -> ParseLimits(datagram = bad)
                        fun () -> ParseLimits(streamMessage = bad)
                        fun () -> ParseLimits(headerLines = bad)
                        fun () -> ParseLimits(lineLength = bad)
                        fun () -> ParseLimits(valuesPerField = bad)
                        fun () -> ParseLimits(vias = bad)
                    ] do
                    let run () = make () |> ignore
                    Expect.throwsT<ArgumentOutOfRangeException> run "refused"

        testCase "the greatest of everything reads a message"
        <| fun () ->
            let limits = ParseLimits(most, most, most, most, most, most)
            Expect.isOk (read limits Corpus.invite) "datagram"
    ]

let private contacts count =
    let values = String.Join(", ", List.replicate count "<sip:a>")
    Corpus.invite.Replace("<sip:alice@pc33.atlanta.com>", values)

let private typed =
    testList "V-06: the limits of a message hold on typed access" [
        for limit, count, expected in [ 3, 3, 3; 3, 4, 0; 200, 150, 150; 128, 129, 0 ] do
            testCase $"{count} values of at most {limit}"
            <| fun () ->
                let message = message (ParseLimits(valuesPerField = limit)) (contacts count)
                Expect.equal message.Contacts.Count expected "Contact"
                let edited = message.WithAddedHeader("X", "y")
                Expect.equal edited.Contacts.Count expected "and after an edit"

        testCase "as many Vias as are let in can be read"
        <| fun () ->
            let more = String.replicate 198 "Via: SIP/2.0/UDP a;branch=z9hG4bK1\n"
            let text = Corpus.invite.Replace("Max-Forwards", more + "Max-Forwards")
            let message = message (ParseLimits(vias = 200)) text
            Expect.equal message.Vias.Count 200 "Vias"
    ]

let private offsets =
    testList "P-10: where it went wrong" [
        testCase "leading CRLFs count"
        <| fun () ->
            let bad = Corpus.invite.Replace("CSeq: 314159", "CSeq: x")

            match read ParseLimits.Default bad, read ParseLimits.Default ("\n\n" + bad) with
            | Error plain, Error behind ->
                Expect.equal behind.Offset (plain.Offset + 4) "four bytes on"
            | _ -> failtest "accepted"

        testCase
            "a fault in a typed value is at its byte of the message, not where the value starts"
        <| fun () ->
            let good = "<sip:a>, "
            let text = Corpus.invite.Replace("<sip:alice@pc33.atlanta.com>", good + "<sip:a>;;")
            let message = message ParseLimits.Default text
            let mutable found = Unchecked.defaultof<_>
            let mutable error = null
            Expect.isFalse (message.TryGet(HeaderFields.Contact, &found, &error)) "malformed"
            let start = message.ToString().IndexOf(good, StringComparison.Ordinal)
            Expect.equal (nonNull error).Offset (start + good.Length + "<sip:a>;".Length) "offset"
    ]

let private start = Framing.start StreamSide.Accepted

let private streams =
    testList "V-06: the limit of a stream is inclusive" [
        let text = Corpus.octets Corpus.invite

        for less, expected in [ 0, true; 1, false ] do
            testCase $"a message of the limit and {less} bytes"
            <| fun () ->
                let limits = ParseLimits(streamMessage = text.Length - less)
                let struct (frames, state) = Framing.push limits (ReadOnlySpan text) start
                Expect.equal (frames.Count = 1) expected "one frame"
                Expect.equal (Framing.failure state).IsNone expected "and no failure"

        testCase "a header section without an end"
        <| fun () ->
            let limits = ParseLimits(streamMessage = 100)

            let failed length =
                let chunk = Array.create length 97uy
                let struct (_, state) = Framing.push limits (ReadOnlySpan chunk) start
                (Framing.failure state).IsSome

            Expect.isFalse (failed 100) "100 bytes"
            Expect.isTrue (failed 101) "101 bytes"
    ]

let tests = testList "limits" [ construction; typed; offsets; streams ]
