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

    member _.Offset(line: int) = index.Lines[line].ValueStart

    member _.Value(line: int) =
        let at = index.Lines[line]
        bytes.Slice(at.ValueStart, at.ValueEnd - at.ValueStart)

/// Values as they are found: one array, most often of the right length.
[<Sealed>]
type private ValueList<'T>(expected: int) =
    let mutable items: 'T[] = Array.zeroCreate expected
    let mutable count = 0

    member _.Count = count

    member _.Add(item: 'T) =
        if count = items.Length then
            Array.Resize(&items, 2 * count)

        items[count] <- item
        count <- count + 1

    member _.ToList() : IReadOnlyList<'T> =
        if count < items.Length then
            Array.Resize(&items, count)

        items

/// Readers made of a reader of one value.
[<RequireQualifiedAccess>]
module FieldReader =
    let private shifted (fault: Fault) offset (value: ReadOnlyMemory<byte>) =
        let error = fault.ToError value.Length
        ParseError(error.Reason, offset + error.Offset, error.Expected)

    /// The only value of the only line.
    let single (read: ValueReader<'T>) (lines: FieldLines) : Result<'T, ParseError> =
        let line = lines.Next 0
        let value = lines.Value line
        let mutable fault = Fault()
        let mutable next = 0
        let found = read.Invoke(value, &next, &fault)

        if lines.Next(line + 1) >= 0 then
            let offset = lines.Offset(lines.Next(line + 1))
            Error(ParseError(ParseFault.Duplicate, offset, "this field once"))
        elif next < 0 then
            Error(shifted fault (lines.Offset line) value)
        elif next < value.Length then
            Error(ParseError(ParseFault.HeaderValue, lines.Offset line + next, "one value"))
        else
            Ok found

    let private addValues
        (read: ValueReader<'T>)
        (value: ReadOnlyMemory<byte>)
        (found: ValueList<'T>)
        (most: int)
        (fault: byref<Fault>)
        =
        let mutable at = 0

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
                let comma = at + next

                let following =
                    Grammar.skipBlanks value.Span (min (comma + 1) value.Length) value.Length

                at <-
                    if comma < value.Length && following >= value.Length then
                        fault.At(ParseFault.HeaderValue, comma, "a value after the comma")
                    else
                        following

        at

    /// All values of all lines, at most as many as the limits allow by default.
    let list (read: ValueReader<'T>) (lines: FieldLines) : Result<IReadOnlyList<'T>, ParseError> =
        let mutable line = lines.Next 0
        let commas = (lines.Value line).Span.Count 44uy
        let found = ValueList<'T>(1 + min 15 commas)
        let mutable fault = Fault()
        let mutable failure: ParseError | null = null

        while line >= 0 && isNull failure do
            let value = lines.Value line

            if addValues read value found ParseLimits.Default.ValuesPerField &fault < 0 then
                let error = fault.ToError value.Length

                failure <-
                    ParseError(error.Reason, lines.Offset line + error.Offset, error.Expected)

            line <- lines.Next(line + 1)

        match failure with
        | null -> Ok(found.ToList())
        | error -> Error error

    /// One value a line, commas or not (RFC 3261, 7.3.1: WWW-Authenticate and kin).
    let eachLine
        (read: ValueReader<'T>)
        (lines: FieldLines)
        : Result<IReadOnlyList<'T>, ParseError> =
        let found = List<'T>()
        let mutable line = lines.Next 0
        let mutable failure: ParseError | null = null

        while line >= 0 && isNull failure do
            let mutable next = 0
            let mutable fault = Fault()
            found.Add(read.Invoke(lines.Value line, &next, &fault))

            if next < 0 then
                failure <- shifted fault (lines.Offset line) (lines.Value line)

            line <- lines.Next(line + 1)

        match failure with
        | null -> Ok(found.AsReadOnly())
        | error -> Error error

    /// Addresses, or the one "*" of RFC 3261, 10.2.2.
    let contact (lines: FieldLines) : Result<IReadOnlyList<NameAddr>, ParseError> =
        let first = lines.Next 0
        let isStar = (lines.Value first).Length = 1 && (lines.Value first).Span[0] = 42uy

        if isStar && lines.Next(first + 1) < 0 then
            Ok(Array.Empty<NameAddr>())
        else
            list ValueReaders.address lines

namespace SipFun

open SipFun.Core

/// <summary>A header field that we can read; see <c>HeaderFields</c>.</summary>
[<AbstractClass>]
type HeaderField internal (id: HeaderId) =
    /// <summary>The name as RFC 3261 spells it.</summary>
    member _.Name = HeaderName.text id

    member internal _.Id = id

    /// What is wrong with the lines of this field; null for nothing.
    abstract Fault: lines: FieldLines -> ParseError | null

/// <summary>A header field and the type of its value; see <c>HeaderFields</c>.</summary>
[<Sealed>]
type HeaderField<'T> internal (id: HeaderId, read: FieldLines -> Result<'T, ParseError>) =
    inherit HeaderField(id)
    member internal _.Read = read

    /// What is wrong with the lines of this field; null for nothing.
    override _.Fault(lines) =
        match read lines with
        | Ok _ -> null
        | Error error -> error
