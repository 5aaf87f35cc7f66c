module SipFun.Tests.Message.OctetsTests

open System
open System.Text
open Expecto
open SipFun
open SipFun.Core

let private span (text: string) = ReadOnlySpan<byte>(Encoding.UTF8.GetBytes text)

let tests =
    testList "Octets" [
        for folded, expected in
            [
                "a\r\n b", "a b"
                "a \t\r\n\t  b", "a b"
                "a\r\n \r\n b", "a b"
                "a  b", "a  b"
                "\"x\r\n y\"", "\"x y\""
            ] do
            // RFC 3261, 7.3.1: "any amount of whitespace ... is equivalent to a single SP"
            testCase $"a fold is one blank: {Sanitizer.text folded}"
            <| fun () -> Expect.equal (Octets.unfolded (span folded)) expected "unfolded"

        testCase "a folded subject reads with a blank"
        <| fun () ->
            let subject = (Corpus.withLines "Subject: I know\r\n you're there").Subject
            Expect.equal subject "I know you're there" "RFC 3261, 7.3.1's own example"

        testCase "escapes: decoded once, or only those that do not matter"
        <| fun () ->
            Expect.equal
                (Octets.unescaped (span "a%41%2541%zz%4g%g4%4"))
                "aA%41%zz%4g%g4%4"
                "unescaped"

            Expect.equal (Octets.comparable (span "%41%3b%2F%25x")) "A%3B%2F%25x" "comparable"

        testCase "24: unescaping allocates a small multiple of the input"
        <| fun () ->
            let text = Encoding.ASCII.GetBytes(String.replicate 4000 "%41x")
            Octets.unescaped (ReadOnlySpan<byte> text) |> ignore
            let before = GC.GetAllocatedBytesForCurrentThread()
            Octets.unescaped (ReadOnlySpan<byte> text) |> ignore
            Octets.comparable (ReadOnlySpan<byte> text) |> ignore
            let used = GC.GetAllocatedBytesForCurrentThread() - before
            Expect.isLessThan used (int64 (6 * text.Length)) "bytes"
    ]
