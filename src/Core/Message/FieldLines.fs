// The lines of one header field in one message, and what reads a typed value out of them
// (RFC 3261, 7.3.1: lines of one name are one list).
namespace SipFun.Core

open System
open System.Collections.Generic
open SipFun

/// One field of one message: its lines in order.
[<Struct; NoEquality; NoComparison>]
type FieldLines(bytes: ReadOnlyMemory<byte>, index: MessageIndex, id: HeaderId) =
    /// The first line at or after `from` with this field; -1 when there is none.
    member _.Next(from: int) =
        let isOver = if from = 0 then not (index.Has id) else not (index.HasTwo id)
        let mutable i = if isOver then index.Count else from

        while i < index.Count && index.Lines[i].Id <> id do
            i <- i + 1

        if i < index.Count then i else -1

    /// The most values that one field may have; of Via as many as were let in.
    member _.Most =
        if id = HeaderId.Via then
            max index.ValuesPerField index.ViaCount
        else
            index.ValuesPerField

    /// Whether the topmost Via was scanned when the message came.
    member _.HasTopVia = index.ViaLine >= 0

    member _.ViaCount = index.ViaCount

    member _.TopVia = Via.OfScanned(bytes, index.TopVia)

    /// Where the topmost Via ends, in the value of its line.
    member _.TopViaEnd = index.TopVia.End - index.Lines[index.ViaLine].ValueStart

    member _.Offset(line: int) = index.Lines[line].ValueStart

    member _.Value(line: int) =
        let at = index.Lines[line]
        bytes.Slice(at.ValueStart, at.ValueEnd - at.ValueStart)

/// What came of reading a field once; the message keeps them in a chain.
[<AbstractClass>]
type ReadField(error: ParseError | null) =
    /// Null when there is a value.
    member _.Error = error

    [<DefaultValue>]
    val mutable Id: HeaderId

    [<DefaultValue>]
    val mutable Older: ReadField | null

/// The value with its type: no cast and no box when it is asked for again.
[<Sealed>]
type ReadField<'T>(value: 'T, error: ParseError | null) =
    inherit ReadField(error)
    member _.Value = value

/// Values as they are found: one array, most often of the right length.
[<Struct; NoEquality; NoComparison>]
type private ValueList<'T> =
    val mutable Items: 'T[]
    val mutable Count: int
    new(expected) = { Items = Array.zeroCreate expected; Count = 0 }

    member this.Add(item: 'T) =
        if this.Count = this.Items.Length then
            Array.Resize(&this.Items, 2 * this.Count)

        this.Items[this.Count] <- item
        this.Count <- this.Count + 1

    member this.ToList() : IReadOnlyList<'T> =
        if this.Count < this.Items.Length then
            Array.Resize(&this.Items, this.Count)

        this.Items

/// Readers made of a reader of one value.
[<RequireQualifiedAccess>]
module FieldReader =
    let private failed<'T> (error: ParseError) = ReadField<'T>(Unchecked.defaultof<'T>, error)

    let private shifted (fault: Fault) offset (value: ReadOnlyMemory<byte>) =
        let error = fault.ToError value.Length
        ParseError(error.Reason, offset + error.Offset, error.Expected)

    /// The only value of the only line.
    let single (read: ValueReader<'T>) (lines: FieldLines) : ReadField<'T> =
        let line = lines.Next 0
        let value = lines.Value line
        let mutable fault = Fault()
        let mutable next = 0
        let found = read.Invoke(value, &next, &fault)

        if lines.Next(line + 1) >= 0 then
            let offset = lines.Offset(lines.Next(line + 1))
            failed (ParseError(ParseFault.Duplicate, offset, "this field once"))
        elif next < 0 then
            failed (shifted fault (lines.Offset line) value)
        elif next < value.Length then
            failed (ParseError(ParseFault.HeaderValue, lines.Offset line + next, "one value"))
        else
            ReadField<'T>(found, null)

    /// The next value after the comma, if any, at `comma`.
    let private afterComma (value: ReadOnlyMemory<byte>) comma (fault: byref<Fault>) =
        let next = Grammar.skipBlanks value.Span (min (comma + 1) value.Length) value.Length

        if comma < value.Length && next >= value.Length then
            fault.At(ParseFault.HeaderValue, comma, "a value after the comma")
        else
            next

    let private addValues
        (read: ValueReader<'T>)
        (value: ReadOnlyMemory<byte>)
        start
        (found: byref<ValueList<'T>>)
        (most: int)
        (fault: byref<Fault>)
        =
        let mutable at = start

        while at >= 0 && at < value.Length do
            let mutable next = 0
            let item = read.Invoke(value.Slice at, &next, &fault)

            if next < 0 then
                fault.Offset <- fault.Offset + at
                at <- -1
            elif found.Count >= most then
                at <- fault.At(ParseFault.TooLarge, at, "fewer values")
            else
                found.Add item
                at <- afterComma value (at + next) &fault

        at

    /// All values of all lines, at most as many as the limits allow; the first line from `start`.
    let private valuesFrom
        isNoneAllowed
        (read: ValueReader<'T>)
        (found: byref<ValueList<'T>>)
        start
        (lines: FieldLines)
        =
        let mutable line = lines.Next 0
        let mutable at = start
        let mutable fault = Fault()
        let mutable failure: ParseError | null = null

        while line >= 0 && isNull failure do
            let value = lines.Value line

            let isEmpty = value.IsEmpty && not isNoneAllowed

            if isEmpty then
                fault.At(ParseFault.HeaderValue, 0, "a value") |> ignore

            if isEmpty || addValues read value at &found lines.Most &fault < 0 then
                failure <- shifted fault (lines.Offset line) value

            line <- lines.Next(line + 1)
            at <- 0

        match failure with
        | null -> ReadField<IReadOnlyList<'T>>(found.ToList(), null)
        | error -> failed error

    let private values isNoneAllowed (read: ValueReader<'T>) (lines: FieldLines) =
        let commas = (lines.Value(lines.Next 0)).Span.Count 44uy
        let mutable found = ValueList<'T>(1 + min (lines.Most - 1) commas)
        valuesFrom isNoneAllowed read &found 0 lines

    /// At least one value a line.
    let list (read: ValueReader<'T>) (lines: FieldLines) : ReadField<IReadOnlyList<'T>> =
        values false read lines

    /// The same for Via, whose topmost value was scanned when the message came.
    let vias (lines: FieldLines) : ReadField<IReadOnlyList<Via>> =
        if lines.HasTopVia then
            let mutable found = ValueList<Via> lines.ViaCount
            let mutable fault = Fault()
            found.Add lines.TopVia
            let start = afterComma (lines.Value(lines.Next 0)) lines.TopViaEnd &fault
            valuesFrom false ValueReaders.via &found start lines
        else
            list ValueReaders.via lines

    /// The same, but a line may be empty (RFC 3261, 25.1: Accept*, Allow, Supported).
    let listOrNone (read: ValueReader<'T>) (lines: FieldLines) : ReadField<IReadOnlyList<'T>> =
        values true read lines

    /// One value a line, commas or not (RFC 3261, 7.3.1: WWW-Authenticate and kin).
    let eachLine (read: ValueReader<'T>) (lines: FieldLines) : ReadField<IReadOnlyList<'T>> =
        let found = List<'T>()
        let mutable line = lines.Next 0
        let mutable failure: ParseError | null = null

        while line >= 0 && isNull failure do
            let mutable next = 0
            let mutable fault = Fault()
            found.Add(read.Invoke(lines.Value line, &next, &fault))

            if next >= 0 && found.Count > lines.Most then
                next <- fault.At(ParseFault.TooLarge, 0, "fewer values")

            if next < 0 then
                failure <- shifted fault (lines.Offset line) (lines.Value line)

            line <- lines.Next(line + 1)

        match failure with
        | null -> ReadField<IReadOnlyList<'T>>(found.AsReadOnly(), null)
        | error -> failed error

    /// Addresses, or the one "*" of RFC 3261, 10.2.2.
    let contact (lines: FieldLines) : ReadField<IReadOnlyList<NameAddr>> =
        let first = lines.Next 0
        let isStar = (lines.Value first).Length = 1 && (lines.Value first).Span[0] = 42uy

        if isStar && lines.Next(first + 1) < 0 then
            ReadField<IReadOnlyList<NameAddr>>(Array.Empty<NameAddr>(), null)
        else
            list ValueReaders.address lines
