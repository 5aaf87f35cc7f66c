// An edited message is the old bytes with the edits spliced in; what was not named stays byte for
// byte (P-05, P-40). Pure functions from bytes and index to new bytes (RFC 3261, 7.3).
namespace SipFun.Core

open System
open SipFun

/// Splices.
[<RequireQualifiedAccess>]
module MessageEdit =
    /// The bytes with [start, stop) replaced.
    let replace (bytes: ReadOnlySpan<byte>) start stop (insert: ReadOnlySpan<byte>) : byte[] =
        let output =
            Array.zeroCreate (Checked.(+) (bytes.Length - (stop - start)) insert.Length)

        bytes.Slice(0, start).CopyTo(output.AsSpan())
        insert.CopyTo(output.AsSpan start)
        bytes.Slice(stop).CopyTo(output.AsSpan(start + insert.Length))
        output

    /// The bytes of a name. A caller's misuse is told at once.
    let private nameOctets (name: string) : byte[] =
        ArgumentNullException.ThrowIfNull(name, nameof name)
        let octets = Octets.ofText name
        let span = ReadOnlySpan<byte> octets

        if name = "" || Grammar.token span 0 span.Length < span.Length then
            raise (ArgumentException("A header name is a token (RFC 3261, 7.3.1).", nameof name))

        octets

    /// "Name: value" and CRLF. A caller's misuse is told at once.
    let line (name: string) (value: string) : byte[] =
        let named = nameOctets name
        ArgumentNullException.ThrowIfNull(value, nameof value)
        let valued = Octets.ofText value

        if ReadOnlySpan<byte>(valued).IndexOfAny ScanSets.lineEnds >= 0 then
            raise (ArgumentException("A header value has no CR, LF or NUL.", nameof value))

        let output = Array.zeroCreate (named.Length + valued.Length + 4)
        let valueStart = named.Length + 2
        Array.blit named 0 output 0 named.Length
        output[named.Length] <- 58uy
        output[named.Length + 1] <- 32uy
        Array.blit valued 0 output valueStart valued.Length
        output[output.Length - 2] <- 13uy
        output[output.Length - 1] <- 10uy
        output

    let private isNamed (bytes: ReadOnlySpan<byte>) (line: HeaderLine) id (name: byte[]) =
        if id <> HeaderId.Unknown then
            line.Id = id
        else
            let written = bytes.Slice(line.Start, line.NameEnd - line.Start)
            Octets.sameText written (ReadOnlySpan<byte> name)

    /// The line numbers of a field, by full name or compact form.
    let linesNamed (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) (name: string) =
        ArgumentNullException.ThrowIfNull(name, nameof name)
        let id = HeaderName.ofText name
        let octets = Octets.ofText name

        [
            for i in 0 .. index.Count - 1 do
                if isNamed bytes.Span index.Lines[i] id octets then
                    i
        ]

    /// Without the given lines, which are in rising order, and `insert` where the first was.
    let private without (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) lines insert : byte[] =
        let piece (start, stop) = bytes.Slice(start, stop - start).ToArray()
        let starts = lines |> List.map (fun i -> index.Lines[i].Start)
        let ends = lines |> List.map index.LineEnd
        let kept = List.zip (0 :: ends) (starts @ [ bytes.Length ]) |> List.map piece
        Array.concat (List.head kept :: insert :: List.tail kept)

    /// All lines of that name taken away.
    let remove bytes index name =
        nameOctets name |> ignore

        match linesNamed bytes index name with
        | [] -> bytes.ToArray()
        | lines -> without bytes index lines Array.empty

    /// A line at the end of the header section.
    let add (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) line =
        replace bytes.Span index.HeadersEnd index.HeadersEnd (ReadOnlySpan<byte>(line: byte[]))

    /// A line above all others.
    let push (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) line =
        replace bytes.Span index.HeadersStart index.HeadersStart (ReadOnlySpan<byte>(line: byte[]))

    /// One line of that name instead of all there are, where the first was; else at the end.
    let set bytes index name value =
        let line = line name value

        match linesNamed bytes index name with
        | [] -> add bytes index line
        | lines -> without bytes index lines line

    /// The Request-URI, or the reason phrase.
    let setMiddle (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) (text: ReadOnlySpan<byte>) =
        replace bytes.Span index.MiddleStart index.MiddleEnd text

    let private topLine (index: MessageIndex) = index.Lines[index.ViaLine]

    /// Another top Via in the place of the old one.
    let setTopVia (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) (via: ReadOnlySpan<byte>) =
        replace bytes.Span index.TopVia.Start index.TopVia.End via

    /// Without the top Via: the line, or only the first of its values.
    let popVia (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) =
        let line = topLine index
        let comma = index.TopVia.End

        if comma >= line.ValueEnd then
            replace bytes.Span line.Start (index.LineEnd index.ViaLine) ReadOnlySpan<byte>.Empty
        else
            let next = Grammar.skipBlanks bytes.Span (comma + 1) line.ValueEnd
            replace bytes.Span line.ValueStart next ReadOnlySpan<byte>.Empty

    /// Another body; Content-Length and Content-Type follow.
    let setBody
        (bytes: ReadOnlyMemory<byte>)
        (index: MessageIndex)
        (contentType: string | null)
        (body: ReadOnlySpan<byte>)
        =
        let head = bytes.Slice(0, index.BodyStart)
        let length = string body.Length

        let typed =
            match contentType with
            | null -> remove head index "Content-Type"
            | text -> set head index "Content-Type" text

        let mutable fault = Fault()

        match Indexer.lines Indexer.unlimited (ReadOnlySpan<byte> typed) &fault with
        | null -> typed
        | again ->
            let lengthened = set (ReadOnlyMemory<byte> typed) again "Content-Length" length
            replace (ReadOnlySpan<byte> lengthened) lengthened.Length lengthened.Length body
