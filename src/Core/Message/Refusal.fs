// The answer to a request that could not be parsed: as much of 8.2.6 as its bytes allow
// (RFC 4475, 3.3.1: a 400 even without To, From and Call-ID). Nothing for responses and ACK.
namespace SipFun.Core

open System
open SipFun

/// What is left to answer by of a request that could not be parsed.
[<Sealed>]
type Wreck internal (bytes: ReadOnlyMemory<byte>, index: MessageIndex) =
    let mutable next = 0

    let topVia: Via | null =
        let mutable fault = Fault()
        let lines = FieldLines(bytes, index, HeaderId.Via)
        Via.ReadFirst(lines.Value(lines.Next 0), &next, &fault)

    member internal _.Bytes = bytes
    member internal _.Index = index

    /// Where the topmost Via ends in its line.
    member internal _.TopViaEnd = next

    /// Null when it is what could not be parsed.
    member _.TopVia = topVia

/// Answers to nonsense.
[<RequireQualifiedAccess>]
module Refusal =
    let private isAnswerable (s: ReadOnlySpan<byte>) (startEnd: int) =
        let method = s.Slice(0, Grammar.token s 0 startEnd)

        let isResponse =
            method.Length = 3 && Octets.sameText method (ReadOnlySpan<byte> "SIP"B)

        not method.IsEmpty
        && not isResponse
        && not (method.SequenceEqual(ReadOnlySpan<byte> "ACK"B))

    /// A request that `Parser` refused; none when it gets no answer: a response, an ACK, or no lines
    /// or no Via to answer by.
    let tryRead (packet: ReadOnlyMemory<byte>) : Wreck voption =
        let bytes = packet.Slice(Indexer.leadingBlankLines packet.Span)
        let last = Indexer.headerEnd bytes.Span 0
        let mutable fault = Fault()

        if last < 0 then
            ValueNone
        else
            match Indexer.linesOnly ParseLimits.Default bytes.Span last &fault with
            | null -> ValueNone
            | index ->
                let hasVia = (FieldLines(bytes, index, HeaderId.Via)).Next 0 >= 0
                let canAnswer = hasVia && isAnswerable bytes.Span (index.HeadersStart - 2)
                if canAnswer then ValueSome(Wreck(bytes, index)) else ValueNone

    let private first id (wreck: Wreck) =
        let lines = FieldLines(wreck.Bytes, wreck.Index, id)

        match lines.Next 0 with
        | -1 -> ValueNone
        | line -> ValueSome(lines.Value line)

    let private copyFirst id (name: string) (wreck: Wreck) (text: Composition) =
        first id wreck |> ValueOption.iter (fun value -> text.Line(name, value))

    /// The top Via as it is given, and all others as they are.
    let private vias (top: Via) (wreck: Wreck) (text: Composition) =
        let lines = FieldLines(wreck.Bytes, wreck.Index, HeaderId.Via)
        let line = lines.Next 0
        text.Text "Via: "
        text.Octets top.Octets
        text.Octets((lines.Value line).Slice wreck.TopViaEnd)
        text.Text "\r\n"

        for i in line + 1 .. wreck.Index.Count - 1 do
            if wreck.Index.Lines[i].Id = HeaderId.Via then
                text.Line("Via", lines.Value i)

    /// With our tag at its end, where a tag can be put (8.2.6.2).
    let private recipient (tag: string) wreck (text: Composition) =
        match first HeaderId.To wreck with
        | ValueNone -> ()
        | ValueSome value ->
            let mutable next = 0
            let mutable fault = Fault()

            match NameAddr.ReadFirst(value, &next, &fault) with
            | NonNull address when next = value.Length && isNull address.Tag ->
                text.Text "To: "
                text.Octets value
                text.Text(";tag=" + tag + "\r\n")
            | _ -> text.Line("To", value)

    /// The response: its top Via is the one given; null: as it came.
    let create status (top: Via | null) tag (wreck: Wreck) : byte[] =
        let text = Compose.statusLine status (StatusCode.ReasonPhrase status)

        match top with
        | null -> Compose.copy HeaderId.Via wreck.Bytes wreck.Index text
        | top -> vias top wreck text

        copyFirst HeaderId.From "From" wreck text
        recipient tag wreck text
        copyFirst HeaderId.CallId "Call-ID" wreck text
        copyFirst HeaderId.CSeq "CSeq" wreck text
        text.End()
