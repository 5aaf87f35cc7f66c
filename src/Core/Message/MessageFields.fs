// What every message shows: its bytes, its header lines, the fields every element looks at.
// Typed values are made on first use and kept; losing a race only makes one twice (RFC 3261, 7,
// 20).
namespace SipFun

open System
open System.Diagnostics.CodeAnalysis
open System.Text
open System.Runtime.InteropServices
open System.Collections.Generic
open SipFun.Core

/// <summary>The fields of a message, for reading. See <c>SipMessage</c>.</summary>
[<AbstractClass>]
type MessageFields internal (bytes: ReadOnlyMemory<byte>, index: MessageIndex) =
    let mutable from: NameAddr | null = null
    let mutable recipient: NameAddr | null = null
    let mutable callId: CallId | null = null
    let mutable cseq: CSeq | null = null
    let mutable topVia: Via | null = null
    let mutable read: ReadField | null = null

    let slice start stop = bytes.Slice(start, stop - start)
    let value (line: HeaderLine) = slice line.ValueStart line.ValueEnd

    let address line : NameAddr =
        let mutable next = 0
        let mutable fault = Fault()

        match NameAddr.ReadWhole(value index.Lines[line], &next, &fault) with
        | null -> raise (SipParseException(fault.ToError bytes.Length))
        | found -> found

    let firstVia () : Via =
        if index.ViaLine < 0 then
            invalidOp "The message was built here and has no Via yet."

        Via.OfScanned(bytes, index.TopVia)

    let text start stop = Octets.toText (bytes.Span.Slice(start, stop - start))

    member internal _.Index = index

    /// <summary>The message as it came or will go: the start line to the end of the body.</summary>
    member _.Bytes = bytes

    /// <summary>The body; empty when there is none.</summary>
    member _.Body: ReadOnlyMemory<byte> = bytes.Slice index.BodyStart

    /// <summary>Call-ID (RFC 3261, 20.8).</summary>
    member _.CallId: CallId =
        match callId with
        | null ->
            let found = CallId.OfScanned (value index.Lines[index.CallIdLine]).Span
            callId <- found
            found
        | found -> found

    /// <summary>CSeq (RFC 3261, 20.16).</summary>
    member _.CSeq: CSeq =
        match cseq with
        | null ->
            let stop = index.Lines[index.CSeqLine].ValueEnd
            let method = bytes.Span.Slice(index.CSeqMethodStart, stop - index.CSeqMethodStart)
            let found = CSeq(index.CSeqNumber, SipMethod.OfScanned method)
            cseq <- found
            found
        | found -> found

    /// <summary>From (RFC 3261, 20.20).</summary>
    member _.From: NameAddr =
        match from with
        | null ->
            let found = address index.FromLine
            from <- found
            found
        | found -> found

    /// <summary>To (RFC 3261, 20.39).</summary>
    member _.To: NameAddr =
        match recipient with
        | null ->
            let found = address index.ToLine
            recipient <- found
            found
        | found -> found

    /// <summary>The tag of From; null without one, as in RFC 2543.</summary>
    member _.FromTag: string | null =
        if index.FromTagStart < 0 then
            null
        else
            text index.FromTagStart index.FromTagEnd

    /// <summary>The tag of To; null outside a dialog.</summary>
    member _.ToTag: string | null =
        if index.ToTagStart < 0 then
            null
        else
            text index.ToTagStart index.ToTagEnd

    /// <summary>The topmost Via value. A message that came in has one; one that was built has none
    /// until it is delivered, see <c>ViaCount</c>.</summary>
    /// <exception cref="T:System.InvalidOperationException">There is no Via yet.</exception>
    member _.TopVia: Via =
        match topVia with
        | null ->
            let found = firstVia ()
            topVia <- found
            found
        | found -> found

    /// The bytes of the topmost Via's branch; none without one.
    member internal _.TopBranch: ReadOnlyMemory<byte> =
        if index.ViaLine < 0 || index.TopVia.BranchStart < 0 then
            ReadOnlyMemory.Empty
        else
            slice index.TopVia.BranchStart index.TopVia.BranchEnd

    /// Whether the topmost Via has this sent-by, as it is usually written or in any other way.
    member internal this.IsTopSentBy(sentBy: string) =
        index.ViaLine >= 0
        && (let written = slice index.TopVia.HostStart index.TopVia.SentByEnd

            Ascii.EqualsIgnoreCase(written.Span, sentBy.AsSpan())
            || String.Equals(this.TopVia.SentBy, sentBy, StringComparison.OrdinalIgnoreCase))

    /// <summary>How many Via values there are.</summary>
    member _.ViaCount = index.ViaCount

    /// <summary>Max-Forwards; null when absent (RFC 3261, 20.22).</summary>
    member _.MaxForwards: Nullable<int> =
        if index.MaxForwards < 0 then
            Nullable()
        else
            Nullable index.MaxForwards

    /// <summary>Content-Length; null when absent (RFC 3261, 20.14).</summary>
    member _.ContentLength: Nullable<int64> =
        if index.ContentLength < 0L then
            Nullable()
        else
            Nullable index.ContentLength

    member private _.Find(id: HeaderId) : ReadField | null =
        let mutable entry = read

        while not (isNull entry) && (nonNull entry).Id <> id do
            entry <- (nonNull entry).Older

        entry

    /// Null when the field is absent, which one bit tells.
    member private this.ReadOnce(field: HeaderField<'T>) : ReadField<'T> | null =
        if not (index.Has field.Id) then
            null
        else
            match this.Find field.Id with
            | :? ReadField<'T> as found -> found
            | _ ->
                let entry = field.Read(FieldLines(bytes, index, field.Id))
                entry.Id <- field.Id
                entry.Older <- read
                read <- entry
                entry

    /// <summary>The value of a header field. False when it is absent (no error) or
    /// malformed.</summary>
    member this.TryGet
        (
            field: HeaderField<'T>,
            [<Out; MaybeNullWhen false>] result: byref<'T>,
            [<Out>] error: byref<ParseError | null>
        ) : bool =
        match this.ReadOnce field with
        | null ->
            result <- Unchecked.defaultof<'T>
            error <- null
            false
        | entry ->
            error <- entry.Error
            result <- entry.Value
            isNull entry.Error

    /// <summary>The values of a list; empty when absent or malformed.</summary>
    member internal this.ListOf(field: HeaderField<IReadOnlyList<'T>>) : IReadOnlyList<'T> =
        match this.ReadOnce field with
        | null -> Array.Empty<'T>()
        | entry -> if isNull entry.Error then entry.Value else Array.Empty<'T>()

    /// The one value; null when absent or malformed.
    member internal this.ValueOf<'T when 'T: not struct and 'T: not null>
        (field: HeaderField<'T>)
        : 'T | null =
        match this.ReadOnce field with
        | null -> null
        | entry -> if isNull entry.Error then entry.Value else null

    /// The one value; null when absent or malformed.
    member internal this.NumberOf(field: HeaderField<'T>) : Nullable<'T> =
        match this.ReadOnce field with
        | null -> Nullable()
        | entry -> if isNull entry.Error then Nullable entry.Value else Nullable()

    member private _.NamesOf(i: int) =
        let line = index.Lines[i]
        text line.Start line.NameEnd

    member private _.TextOf(i: int) = Octets.unfolded (value index.Lines[i]).Span

    /// <summary>All header lines in order: name as written, value with folds as one
    /// blank.</summary>
    member this.Headers: IReadOnlyList<KeyValuePair<string, string>> =
        Array.init index.Count (fun i -> KeyValuePair(this.NamesOf i, this.TextOf i))
        |> Array.AsReadOnly
        :> _

    /// <summary>The values of all lines of that name (full or compact, any case), in order; a list
    /// on one line is one value.</summary>
    member this.GetHeaders(name: string) : IReadOnlyList<string> =
        MessageEdit.linesNamed bytes index name |> List.map this.TextOf |> Array.ofList :> _

    /// <summary>The value of the first line of that name; null when there is none.</summary>
    member this.GetHeader(name: string) : string | null =
        match MessageEdit.linesNamed bytes index name with
        | [] -> null
        | first :: _ -> this.TextOf first

    /// <summary>The message as text; bytes that are not UTF-8 are replaced.</summary>
    override _.ToString() = Octets.toText bytes.Span
