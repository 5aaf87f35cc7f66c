// The answer to a request that could not be parsed: as much of 8.2.6 as its bytes allow
// (RFC 4475, 3.3.1: a 400 even without To, From and Call-ID). Nothing for responses and ACK.
namespace SipFun.Core

open System
open SipFun

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

    /// The first line of `id`, if there is one.
    let private copyFirst
        id
        (bytes: ReadOnlyMemory<byte>)
        (index: MessageIndex)
        (text: Composition)
        =
        match (FieldLines(bytes, index, id)).Next 0 with
        | -1 -> ()
        | i ->
            let start = index.Lines[i].Start
            text.Octets(bytes.Slice(start, index.LineEnd i - start))

    let private compose bytes (index: MessageIndex) (error: ParseError) : byte[] =
        let status = error.SuggestedStatus
        let text = Compose.statusLine status (StatusCode.ReasonPhrase status)
        Compose.copy HeaderId.Via bytes index text
        copyFirst HeaderId.From bytes index text
        copyFirst HeaderId.To bytes index text
        copyFirst HeaderId.CallId bytes index text
        copyFirst HeaderId.CSeq bytes index text
        text.End()

    /// The response to a request that `Parser` refused with this error; null when there is to be
    /// none: a response, an ACK, or no lines or no Via to answer by.
    let tryCreate (packet: ReadOnlyMemory<byte>) (error: ParseError) : byte[] | null =
        let bytes = packet.Slice(Indexer.leadingBlankLines packet.Span)
        let last = Indexer.headerEnd bytes.Span 0
        let mutable fault = Fault()

        if last < 0 then
            null
        else
            match Indexer.linesOnly ParseLimits.Default bytes.Span last &fault with
            | null -> null
            | index ->
                let hasVia = (FieldLines(bytes, index, HeaderId.Via)).Next 0 >= 0
                let canAnswer = hasVia && isAnswerable bytes.Span (index.HeadersStart - 2)
                if canAnswer then compose bytes index error else null
