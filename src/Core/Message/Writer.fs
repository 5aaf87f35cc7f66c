// A message on its way out: its own bytes with at most four edits spliced in, into a buffer of the
// caller's, without allocating (RFC 3261, 16.6, 16.7 and 18.1.1). All else leaves as it came.
namespace SipFun.Core

open System
open SipFun

/// What happens to the top Via.
type ViaEdit =
    | Keep = 0
    /// Ours above all others.
    | Push = 1
    /// Ours in the place of the topmost.
    | Replace = 2
    /// Without the topmost.
    | Pop = 3

/// What differs between the message that came and the one that goes.
[<Struct; NoEquality; NoComparison>]
type Rewrite = {
    Via: ViaEdit
    /// The Via value, without "Via: " and CRLF.
    ViaValue: ReadOnlyMemory<byte>
    /// Another Request-URI; empty: the same.
    RequestUri: ReadOnlyMemory<byte>
    /// Another Max-Forwards, 0 to 255; negative: the same.
    MaxForwards: int
}

/// Copies a source to an output and replaces ranges on the way, in rising order.
[<Struct; NoEquality; NoComparison; System.Runtime.CompilerServices.IsByRefLike>]
type private Splicer =
    val Source: ReadOnlySpan<byte>
    val Output: Span<byte>
    val mutable Read: int
    val mutable Written: int

    new(source, output) = { Source = source; Output = output; Read = 0; Written = 0 }

    member this.Insert(octets: ReadOnlySpan<byte>) =
        octets.CopyTo(this.Output.Slice this.Written)
        this.Written <- this.Written + octets.Length

    /// The source up to `start` as it is; the source goes on at `stop`.
    member this.CopyTo(start, stop) =
        this.Insert(this.Source.Slice(this.Read, start - this.Read))
        this.Read <- stop

    member this.Number(value: int) =
        let mutable written = 0
        value.TryFormat(this.Output.Slice this.Written, &written) |> ignore
        this.Written <- this.Written + written

/// The mirror of Parser.
[<RequireQualifiedAccess>]
module Writer =
    let private viaName = Octets.ofText "Via: "
    let private maxForwardsName = Octets.ofText "Max-Forwards: "
    let private lineEnd = Octets.ofText "\r\n"

    /// Nothing differs.
    let asItCame = {
        Via = ViaEdit.Keep
        ViaValue = ReadOnlyMemory<byte>.Empty
        RequestUri = ReadOnlyMemory<byte>.Empty
        MaxForwards = -1
    }

    /// An output that is surely long enough.
    let bound (message: SipMessage) (rewrite: Rewrite) =
        Checked.(+)
            message.Bytes.Length
            (Checked.(+) rewrite.ViaValue.Length rewrite.RequestUri.Length)
        + 32

    let private via (index: MessageIndex) (rewrite: inref<Rewrite>) (to': byref<Splicer>) =
        let top = index.TopVia

        match rewrite.Via with
        | ViaEdit.Replace ->
            to'.CopyTo(top.Start, top.End)
            to'.Insert rewrite.ViaValue.Span
        | ViaEdit.Pop ->
            let line = index.Lines[index.ViaLine]

            if top.End >= line.ValueEnd then
                to'.CopyTo(line.Start, index.LineEnd index.ViaLine)
            else
                let next = Grammar.skipBlanks to'.Source (top.End + 1) line.ValueEnd
                to'.CopyTo(line.ValueStart, next)
        | _ -> ()

    let private maxForwards (index: MessageIndex) (value: int) (to': byref<Splicer>) =
        if index.MaxForwards >= 0 then
            to'.CopyTo(index.MaxForwardsStart, index.MaxForwardsEnd)
            to'.Number value
        else
            to'.CopyTo(index.HeadersEnd, index.HeadersEnd)
            to'.Insert(ReadOnlySpan<byte> maxForwardsName)
            to'.Number value
            to'.Insert(ReadOnlySpan<byte> lineEnd)

    let private head (index: MessageIndex) (rewrite: inref<Rewrite>) (to': byref<Splicer>) =
        if index.IsRequest && not rewrite.RequestUri.IsEmpty then
            to'.CopyTo(index.MiddleStart, index.MiddleEnd)
            to'.Insert rewrite.RequestUri.Span

        if rewrite.Via = ViaEdit.Push then
            to'.CopyTo(index.HeadersStart, index.HeadersStart)
            to'.Insert(ReadOnlySpan<byte> viaName)
            to'.Insert rewrite.ViaValue.Span
            to'.Insert(ReadOnlySpan<byte> lineEnd)

    /// The message with the edits into `output`: how many bytes it took. The output must be at
    /// least `bound` long.
    let write (message: SipMessage) (rewrite: inref<Rewrite>) (output: Span<byte>) : int =
        let index = message.Index
        let mutable to' = Splicer(message.Bytes.Span, output)

        let isViaFirst =
            index.MaxForwards < 0 || index.TopVia.Start < index.MaxForwardsStart

        head index &rewrite &to'

        if isViaFirst && index.ViaLine >= 0 then
            via index &rewrite &to'

        if rewrite.MaxForwards >= 0 then
            maxForwards index rewrite.MaxForwards &to'

        if not isViaFirst && index.ViaLine >= 0 then
            via index &rewrite &to'

        to'.CopyTo(message.Bytes.Length, message.Bytes.Length)
        to'.Written

    /// The same as an array of its own.
    let toArray (message: SipMessage) (rewrite: Rewrite) : byte[] =
        let output = Array.zeroCreate (bound message rewrite)
        let length = write message &rewrite (output.AsSpan())
        output.AsSpan(0, length).ToArray()
