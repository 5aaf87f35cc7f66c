// What the values of header fields have in common: read from text in one way, and printed into
// spans.
namespace SipFun.Core

open System
open SipFun

/// What a reader of one value gives: where the comma after it is, or -1 and the fault.
type ValueReader<'T> = delegate of ReadOnlyMemory<byte> * byref<int> * byref<Fault> -> 'T

/// A text that is one value and nothing else.
[<RequireQualifiedAccess>]
module OneValue =
    let private scanned reason (octets: byte[]) (read: ValueReader<'T>) (fault: byref<Fault>) =
        let memory = ReadOnlyMemory<byte> octets
        let lineEnd = memory.Span.IndexOfAny ScanSets.lineEnds

        if lineEnd >= 0 then
            fault.At(reason, lineEnd, "one line") |> ignore
            Unchecked.defaultof<'T>
        else
            let mutable next = 0
            let found = read.Invoke(memory, &next, &fault)

            if next >= 0 && next < octets.Length then
                fault.At(reason, next, "one value only") |> ignore
                Unchecked.defaultof<'T>
            else
                found

    /// The value, or null and why there is none.
    let read
        reason
        (read: ValueReader<'T>)
        (text: string | null)
        (error: byref<ParseError | null>)
        =
        let octets =
            match text with
            | null -> Array.empty
            | text -> Octets.ofText (text.Trim ' ')

        let mutable fault = Fault()
        let found = scanned reason octets read &fault
        error <- if isNull fault.Expected then null else fault.ToError octets.Length
        found

namespace SipFun

open System
open System.Text

/// <summary>A value of a header field: prints into spans without a string of its own.</summary>
[<AbstractClass>]
type SipValue internal () =
    member private this.Text =
        match this.ToString() with
        | null -> ""
        | text -> text

    interface ISpanFormattable with
        member this.ToString(_: string | null, _: IFormatProvider | null) = this.Text

        member this.TryFormat(destination: Span<char>, charsWritten, _, _) =
            let text = this.Text
            let fits = text.AsSpan().TryCopyTo destination
            charsWritten <- if fits then text.Length else 0
            fits

    interface IUtf8SpanFormattable with
        member this.TryFormat(destination: Span<byte>, bytesWritten, _, _) =
            Encoding.UTF8.TryGetBytes(this.Text, destination, &bytesWritten)
