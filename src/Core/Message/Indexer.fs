// Bytes to an index, in one pass, without copying: start line, lines, mandatory fields, body
// (RFC 3261, 7 and 18.3). What follows a body of known length is no part of the message.
namespace SipFun.Core

open System
open SipFun

/// Reads one whole message.
[<RequireQualifiedAccess>]
module Indexer =
    let private emptyLine = [| 13uy; 10uy; 13uy; 10uy |]

    /// How many bytes of CRLF stand before the start line (RFC 3261, 7.5).
    let leadingBlankLines (s: ReadOnlySpan<byte>) =
        let mutable i = 0

        while i + 1 < s.Length && s[i] = 13uy && s[i + 1] = 10uy do
            i <- i + 2

        i

    /// The first CR or LF at or after `from` that is not part of CRLF; -1 when there is none. A CR
    /// that is the last byte may still get its LF.
    let strayLineEnd (s: ReadOnlySpan<byte>) from =
        let isSecondHalf =
            from > 0 && from < s.Length && s[from] = 10uy && s[from - 1] = 13uy

        let mutable i = if isSecondHalf then from + 1 else from
        let mutable stray = -1

        while stray < 0 && i < s.Length do
            let next = s.Slice(i).IndexOfAny(13uy, 10uy)
            let at = if next < 0 then s.Length else i + next
            let isWhole = at + 1 >= s.Length || s[at + 1] = 10uy

            if at < s.Length && (s[at] = 10uy || not isWhole) then
                stray <- at

            i <- at + 2

        stray

    /// Without an empty line the section has no end; a stray line end is the better reason.
    let private unfinished (s: ReadOnlySpan<byte>) (fault: byref<Fault>) =
        let stray = strayLineEnd s 0

        if stray >= 0 then
            fault.At(ParseFault.LineEnd, stray, "CRLF, no CR or LF alone")
        else
            fault.At(ParseFault.Incomplete, s.Length, "an empty line after the header section")

    /// The CRLF CRLF that ends the header section, at or after `from`; or -1.
    let headerEnd (s: ReadOnlySpan<byte>) from =
        let found = s.Slice(from).IndexOf(ReadOnlySpan<byte> emptyLine)
        if found < 0 then -1 else from + found

    let private body (s: ReadOnlySpan<byte>) (index: MessageIndex) (fault: byref<Fault>) =
        index.BodyStart <- index.HeadersEnd + 2
        let left = int64 (s.Length - index.BodyStart)

        if index.ContentLength > left then
            fault.At(ParseFault.ContentLength, s.Length, "as many bytes as Content-Length says")
        else
            let length = if index.ContentLength < 0L then left else index.ContentLength
            index.End <- index.BodyStart + int length
            0

    let private create count headersStart headersEnd valuesPerField =
        let index = MessageIndex(Array.zeroCreate count)
        index.ValuesPerField <- valuesPerField
        index.FromLine <- -1
        index.ToLine <- -1
        index.CallIdLine <- -1
        index.CSeqLine <- -1
        index.ViaLine <- -1
        index.MaxForwards <- -1
        index.ContentLength <- -1L
        index.FromTagStart <- -1
        index.ToTagStart <- -1
        index.HeadersStart <- headersStart
        index.HeadersEnd <- headersEnd
        index

    /// The section whose CRLF CRLF is at `last`; Lines is -1 when it is not plain.
    let private sectionTo (s: ReadOnlySpan<byte>) last =
        let mutable section = SectionEnd()

        if not (section.Find(s.Slice(0, last + 4))) then
            section.Lines <- -1
            section.Last <- last

        section

    /// The end of a start line that has one, in a section that is not plain; or -1 and the fault.
    let private strangeStartEnd (s: ReadOnlySpan<byte>) (fault: byref<Fault>) =
        let found = s.IndexOfAny(13uy, 10uy)

        if s[found] = 13uy && s[found + 1] = 10uy then
            found
        else
            fault.At(ParseFault.LineEnd, found, "CRLF, no CR or LF alone")

    /// An empty index, the start line's end found.
    let private prepared
        (limits: ParseLimits)
        (s: ReadOnlySpan<byte>)
        (section: inref<SectionEnd>)
        (fault: byref<Fault>)
        =
        let isPlain = section.Lines >= 0
        let startEnd = if isPlain then section.First else strangeStartEnd s &fault

        if startEnd < 0 then
            null
        elif startEnd > limits.LineLength then
            fault.At(ParseFault.TooLarge, startEnd, "a shorter start line") |> ignore
            null
        else
            let ends =
                if isPlain then
                    section.Lines
                else
                    s.Slice(0, section.Last + 2).Count 10uy

            let lines = min (ends - 1) limits.HeaderLines
            let index = create lines (startEnd + 2) (section.Last + 2) limits.ValuesPerField
            index.IsPlain <- isPlain
            index

    /// Start line and header lines of the section, no field checked.
    let private linesOf
        limits
        (s: ReadOnlySpan<byte>)
        (section: inref<SectionEnd>)
        (fault: byref<Fault>)
        : MessageIndex | null =
        match prepared limits s &section &fault with
        | null -> null
        | index ->
            if StartLine.read s (index.HeadersStart - 2) index &fault < 0 then
                null
            elif HeaderLines.read limits s index &fault < 0 then
                null
            else
                index

    /// Start line and header lines, no field checked; null and a fault.
    let lines limits (s: ReadOnlySpan<byte>) (fault: byref<Fault>) : MessageIndex | null =
        let mutable section = SectionEnd()

        if not (section.Find s) then
            section.Lines <- -1
            section.Last <- headerEnd s 0

        if section.Last < 0 then
            unfinished s &fault |> ignore
            null
        else
            linesOf limits s &section &fault

    /// The lines alone, whatever the start line and the fields are.
    let linesOnly limits (s: ReadOnlySpan<byte>) last (fault: byref<Fault>) : MessageIndex | null =
        let section = sectionTo s last

        match prepared limits s &section &fault with
        | null -> null
        | index -> if HeaderLines.read limits s index &fault < 0 then null else index

    /// The lines with Content-Length, whatever the start line and the other fields are.
    let frame limits (s: ReadOnlySpan<byte>) last (fault: byref<Fault>) : MessageIndex | null =
        match linesOnly limits s last &fault with
        | null -> null
        | index ->
            if Mandatory.checkLength s index &fault < 0 then
                null
            else
                index.BodyStart <- last + 4
                index

    let private whole isComplete limits (s: ReadOnlySpan<byte>) (fault: byref<Fault>) =
        match lines limits s &fault with
        | null -> null
        | index ->
            if Mandatory.checkAll isComplete limits s index &fault < 0 then null
            elif body s index &fault < 0 then null
            else index

    /// The index of a message on a stream, whose header section was found, and its lines counted
    /// or not; the body may not be there yet, and End is 0.
    let readHead
        limits
        (s: ReadOnlySpan<byte>)
        (found: inref<SectionEnd>)
        (fault: byref<Fault>)
        : MessageIndex | null =
        let section = if found.Lines < 0 then sectionTo s found.Last else found

        match linesOf limits s &section &fault with
        | null -> null
        | index ->
            if Mandatory.checkAll true limits s index &fault < 0 then
                null
            else
                index.BodyStart <- section.Last + 4
                index

    /// No bounds but on typed values: for what we wrote ourselves.
    let unlimited =
        let most = Int32.MaxValue - 1
        ParseLimits(most, most, most, most, ParseLimits.Default.ValuesPerField, most)

    /// The index of the message that begins at s[0]; null and a fault.
    let read limits (s: ReadOnlySpan<byte>) (fault: byref<Fault>) : MessageIndex | null =
        whole true limits s &fault

    /// The same for a message that we built or edited: it may still lack its Via.
    let readBuilt (s: ReadOnlySpan<byte>) (fault: byref<Fault>) : MessageIndex | null =
        whole false unlimited s &fault
