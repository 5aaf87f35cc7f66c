module SipFun.Tests.Message.WriterTests

open System
open System.Text
open Expecto
open SipFun
open SipFun.Core

let private invite = Corpus.request Corpus.invite

let private written rewrite = Encoding.UTF8.GetString(Writer.toArray invite rewrite)

let private original = invite.ToString()

let private via =
    ReadOnlyMemory<byte>(Encoding.ASCII.GetBytes "SIP/2.0/TCP a;branch=z9hG4bKx")

/// The answer to what did not parse, its top Via as it came.
let private refusal packet (error: ParseError) =
    match Refusal.tryRead packet with
    | ValueSome wreck -> Some(Refusal.create error.SuggestedStatus wreck.TopVia "t" wreck)
    | ValueNone -> None

let tests =
    testList "Writer" [
        testCase "nothing changed, nothing changes"
        <| fun () -> Expect.equal (written Writer.asItCame) original "the bytes"

        testCase "push, replace and pop of the top Via agree with the message's own edits"
        <| fun () ->
            let rewrite edit = { Writer.asItCame with Via = edit; ViaValue = via }
            let mine = Via.Parse(Encoding.ASCII.GetString via.Span)
            Expect.equal (written (rewrite ViaEdit.Push)) (invite.PushVia(mine).ToString()) "push"

            Expect.equal
                (written (rewrite ViaEdit.Replace))
                (invite.WithTopVia(mine).ToString())
                "replace"

            Expect.equal (written (rewrite ViaEdit.Pop)) (invite.WithoutTopVia().ToString()) "pop"

        testCase "pop takes the first of two Vias on a line, not the line (7.3.1)"
        <| fun () ->
            let joined = Corpus.invite.Replace("z9hG4bK776asdhds\nVia: ", "z9hG4bK776asdhds , ")
            let pop = { Writer.asItCame with Via = ViaEdit.Pop }
            let text = Encoding.UTF8.GetString(Writer.toArray (Corpus.message joined) pop)

            Expect.equal text ((Corpus.message joined).WithoutTopVia().ToString()) "as the edit"
            Expect.stringContains text "\r\nVia: SIP/2.0/UDP 192.0.2.7:5070" "the second stays"

        testCase "Max-Forwards before and after the Via, Request-URI, and none of it before (16.6)"
        <| fun () ->
            let rewrite = {
                Via = ViaEdit.Replace
                ViaValue = via
                RequestUri = ReadOnlyMemory<byte>(Encoding.ASCII.GetBytes "sip:next")
                MaxForwards = 9
            }

            let after = written rewrite

            Expect.stringStarts
                after
                "INVITE sip:next SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKx\r\n"
                "start"

            Expect.stringContains after "Max-Forwards: 9\r\n" "count"

            let early =
                Corpus.invite
                    .Replace("Max-Forwards: 70\n", "")
                    .Replace(
                        "SIP/2.0\nVia: SIP/2.0/UDP pc33",
                        "SIP/2.0\nMax-Forwards: 70\nVia: SIP/2.0/UDP pc33"
                    )

            let text = Encoding.UTF8.GetString(Writer.toArray (Corpus.message early) rewrite)

            Expect.stringStarts
                text
                "INVITE sip:next SIP/2.0\r\nMax-Forwards: 9\r\nVia: SIP/2.0/TCP a;"
                "rising order"

            let none = Corpus.invite.Replace("Max-Forwards: 70\n", "")
            let text = Encoding.UTF8.GetString(Writer.toArray (Corpus.message none) rewrite)

            Expect.stringContains
                text
                "Content-Length: 4\r\nMax-Forwards: 9\r\n\r\nbody"
                "added (16.6, 3)"

        testCase "no allocation beyond the output"
        <| fun () ->
            let rewrite = {
                Writer.asItCame with
                    Via = ViaEdit.Push
                    ViaValue = via
                    MaxForwards = 69
            }

            let output = Array.zeroCreate<byte> 2000
            let write () = Writer.write invite &rewrite (output.AsSpan()) |> ignore
            write ()
            let before = GC.GetAllocatedBytesForCurrentThread()
            write ()
            Expect.equal (GC.GetAllocatedBytesForCurrentThread() - before) 0L "bytes"

        testCase "insuf: a 400 without To, From and Call-ID (RFC 4475, 3.3.1)"
        <| fun () ->
            let packet = ReadOnlyMemory<byte>((dict Corpus.rfc4475.Value)["insuf.dat"])

            match Parser.parse ParseLimits.Default packet with
            | Ok _ -> failtest "accepted"
            | Error error ->
                let answer = refusal packet error |> Option.get |> Encoding.UTF8.GetString

                Expect.stringStarts
                    answer
                    "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP 192.0.2.95"
                    "answer"

        testCase "a wrong version is answered 505, a response and an ACK not at all (21.5.6, 8.2.6)"
        <| fun () ->
            let answer (packet: byte[]) =
                match Corpus.parse packet with
                | Ok _ -> None
                | Error error -> refusal (ReadOnlyMemory<byte> packet) error

            let messages = dict Corpus.rfc4475.Value
            let text = Encoding.UTF8.GetString(Option.get (answer messages["badvers.dat"]))
            Expect.stringStarts text "SIP/2.0 505 " "505"
            Expect.isNone (answer messages["bigcode.dat"]) "response"

            let ack =
                Corpus.octets (Corpus.invite.Replace("INVITE", "ACK").Replace("To: ", "Nobody: "))

            Expect.isNone (answer ack) "ACK"
    ]
