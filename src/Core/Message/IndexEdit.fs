// The index of a message whose Vias were edited, from the index it had: every position behind the edit
// moves, and only the Via that is the topmost now is read (RFC 3261, 16.6 and 16.7: each element does
// this to each message). What these give is what Indexer would have found.
namespace SipFun.Core

open System
open SipFun

[<RequireQualifiedAccess>]
module IndexEdit =
    /// A position at or behind `from` is `by` bytes further on.
    [<Struct>]
    type private Move = {
        From: int
        By: int
    } with

        member this.Position at = if at >= this.From then at + this.By else at

        member this.Line(line: inref<HeaderLine>) =
            HeaderLine(
                line.Id,
                this.Position line.Start,
                this.Position line.NameEnd,
                this.Position line.ValueStart,
                this.Position line.ValueEnd
            )

    /// `lines` are moved already; the number of a line at or behind `fromLine` changes by `byLine`.
    let private moved (old: MessageIndex) (lines: HeaderLine[]) (move: Move) fromLine byLine =
        let number line = if line >= fromLine then line + byLine else line
        let index = MessageIndex lines
        index.Count <- lines.Length
        index.IsRequest <- old.IsRequest
        index.MethodEndOrStatus <- old.MethodEndOrStatus
        index.MiddleStart <- old.MiddleStart
        index.MiddleEnd <- old.MiddleEnd
        index.HeadersStart <- old.HeadersStart
        index.HeadersEnd <- move.Position old.HeadersEnd
        index.BodyStart <- move.Position old.BodyStart
        index.End <- move.Position old.End
        index.FromLine <- number old.FromLine
        index.ToLine <- number old.ToLine
        index.CallIdLine <- number old.CallIdLine
        index.CSeqLine <- number old.CSeqLine
        index.FromTagStart <- move.Position old.FromTagStart
        index.FromTagEnd <- move.Position old.FromTagEnd
        index.ToTagStart <- move.Position old.ToTagStart
        index.ToTagEnd <- move.Position old.ToTagEnd
        index.CSeqNumber <- old.CSeqNumber
        index.CSeqMethodStart <- move.Position old.CSeqMethodStart
        index.MaxForwards <- old.MaxForwards
        index.MaxForwardsStart <- move.Position old.MaxForwardsStart
        index.MaxForwardsEnd <- move.Position old.MaxForwardsEnd
        index.ContentLength <- old.ContentLength
        index.IsPlain <- old.IsPlain
        index.ValuesPerField <- old.ValuesPerField
        index

    /// Reads the topmost Via at `at` in this line; false when it is none.
    let private read (bytes: ReadOnlySpan<byte>) line at (index: MessageIndex) =
        let mutable fault = Fault()
        index.ViaLine <- line
        ViaScan.scan bytes at index.Lines[line].ValueEnd &index.TopVia &fault >= 0

    /// After a line with one Via was put above all others; null when it is no such line.
    let pushed (old: MessageIndex) (bytes: byte[]) nameLength length : MessageIndex | null =
        let start = old.HeadersStart
        let move = { From = start; By = length }
        let lines = Array.zeroCreate (old.Count + 1)
        let valueStart = start + nameLength + 2

        lines[0] <-
            HeaderLine(HeaderId.Via, start, start + nameLength, valueStart, start + length - 2)

        for i in 0 .. old.Count - 1 do
            lines[i + 1] <- move.Line &old.Lines[i]

        let index = moved old lines move 0 1
        index.ViaCount <- old.ViaCount + 1
        let isOne = read (ReadOnlySpan<byte> bytes) 0 valueStart index
        if isOne && index.TopVia.End = lines[0].ValueEnd then index else null

    /// After the topmost Via became another, `by` bytes longer; null when it is none.
    let replaced (old: MessageIndex) (bytes: byte[]) by : MessageIndex | null =
        let move = { From = old.TopVia.End; By = by }
        let lines = Array.zeroCreate old.Count

        for i in 0 .. old.Count - 1 do
            lines[i] <- move.Line &old.Lines[i]

        let index = moved old lines move 0 0
        index.ViaCount <- old.ViaCount
        let isOne = read (ReadOnlySpan<byte> bytes) old.ViaLine old.TopVia.Start index

        if isOne && index.TopVia.End = old.TopVia.End + by then
            index
        else
            null

    let private nextVia (lines: HeaderLine[]) from =
        let mutable i = from

        while i < lines.Length && lines[i].Id <> HeaderId.Via do
            i <- i + 1

        i

    /// After the line of the topmost Via, its only value, was taken out.
    let private withoutLine (old: MessageIndex) (bytes: byte[]) : MessageIndex | null =
        let gone = old.ViaLine
        let start = old.Lines[gone].Start
        let move = { From = old.LineEnd gone; By = start - old.LineEnd gone }
        let lines = Array.zeroCreate (old.Count - 1)

        for i in 0 .. gone - 1 do
            lines[i] <- old.Lines[i]

        for i in gone + 1 .. old.Count - 1 do
            lines[i - 1] <- move.Line &old.Lines[i]

        let index = moved old lines move (gone + 1) -1
        index.ViaCount <- old.ViaCount - 1
        let next = nextVia lines gone

        if next = lines.Length then
            index.ViaLine <- -1
            index
        elif read (ReadOnlySpan<byte> bytes) next lines[next].ValueStart index then
            index
        else
            null

    /// After the first of several values of the topmost Via's line was taken out.
    let private withoutValue (old: MessageIndex) (bytes: byte[]) : MessageIndex | null =
        let line = old.Lines[old.ViaLine]
        let by = bytes.Length - old.End
        let move = { From = old.TopVia.End; By = by }
        let lines = Array.zeroCreate old.Count

        for i in 0 .. old.Count - 1 do
            lines[i] <- move.Line &old.Lines[i]

        let index = moved old lines move 0 0
        index.ViaCount <- old.ViaCount - 1

        if read (ReadOnlySpan<byte> bytes) old.ViaLine line.ValueStart index then
            index
        else
            null

    /// After the topmost Via was taken out; null when it cannot be told from the old index.
    let popped (old: MessageIndex) (bytes: byte[]) : MessageIndex | null =
        if old.ViaLine < 0 then
            null
        elif old.TopVia.End >= old.Lines[old.ViaLine].ValueEnd then
            withoutLine old bytes
        else
            withoutValue old bytes
