module SipFun.Tests.Message.SanitizerTests

open System
open System.Globalization
open System.Text
open Expecto
open FsCheck
open SipFun
open SipFun.Core

let private isSafe (line: string) =
    line.Length <= Sanitizer.MaxLength
    && line.EnumerateRunes()
       |> Seq.forall (fun rune ->
           match Rune.GetUnicodeCategory rune with
           | UnicodeCategory.Control
           | UnicodeCategory.Format
           | UnicodeCategory.LineSeparator
           | UnicodeCategory.ParagraphSeparator -> false
           | _ -> true)

let tests =
    testList "Sanitizer" [
        testPropertyWithConfig
            Generators.config
            "P-41, V-15: any bytes are one printable line of at most 200"
        <| fun (octets: byte[]) -> isSafe (Sanitizer.bytes (ReadOnlySpan<byte> octets))

        testPropertyWithConfig Generators.config "P-41, V-15: any text too"
        <| fun (text: string | null) -> isSafe (Sanitizer.text text)

        testCase "V-15: line ends, escapes and bidi become visible"
        <| fun () ->
            let line = Sanitizer.text "a\r\nb\x1b[31m\u202Ec\u2028ä\\ \000"
            Expect.equal line @"a\x0D\x0Ab\x1B[31m\u{202E}c\u{2028}ä\\ \x00" "escaped"

            Expect.equal
                (Sanitizer.bytes (ReadOnlySpan<byte> [| 0xFFuy; 65uy |]))
                @"\xFFA"
                "no UTF-8"

            Expect.equal (Sanitizer.text (String('x', 500))).Length 200 "cut"

        testCase "V-15: a ParseError never echoes what it read"
        <| fun () ->
            let packet = Encoding.UTF8.GetBytes "EVIL\x1b]0;x\a sip:\u202E SIP/2.0\r\n\r\n"

            match Corpus.parse packet with
            | Ok _ -> failtest "accepted"
            | Error error ->
                Expect.isFalse ((string error).Contains "EVIL") "no echo"
                Expect.isTrue (isSafe (string error)) "safe"
    ]
