// What all messages of one dialog or registration share (RFC 3261, 8.1.1.4 and 20.8).
namespace SipFun

open System
open System.Diagnostics.CodeAnalysis
open System.Runtime.InteropServices
open SipFun.Core

/// <summary>The value of a Call-ID header field. Compared byte for byte (RFC 3261, 20.8).</summary>
[<Sealed>]
type CallId private (text: string) =
    inherit SipValue()

    /// The end of callid = word [ "@" word ] that begins at `at`, or -1.
    static member internal Scan(s: ReadOnlySpan<byte>, at: int, stop: int) =
        let first = Grammar.word s at stop

        if first = at then
            -1
        elif first < stop && s[first] = 64uy then
            let second = Grammar.word s (first + 1) stop
            if second = first + 1 then -1 else second
        else
            first

    /// A value that was already scanned.
    static member internal OfScanned(octets: ReadOnlySpan<byte>) = CallId(Octets.toText octets)

    /// <summary>The text of the header field.</summary>
    member _.Value = text

    /// <summary>Reads a Call-ID; null when it breaks the grammar.</summary>
    static member TryParse(text: string | null) : CallId | null =
        match text with
        | null -> null
        | text ->
            let octets = ReadOnlySpan<byte>(Octets.ofText text)

            if CallId.Scan(octets, 0, octets.Length) = octets.Length && octets.Length > 0 then
                CallId text
            else
                null

    /// <summary>Reads a Call-ID.</summary>
    static member TryParse
        (text: string | null, [<Out; NotNullWhen true>] result: byref<CallId | null>)
        : bool =
        result <- CallId.TryParse text
        not (isNull result)

    /// <summary>Reads a Call-ID.</summary>
    /// <exception cref="T:SipFun.SipParseException">It breaks RFC 3261, 25.1.</exception>
    static member Parse(text: string) : CallId =
        match CallId.TryParse text with
        | null -> raise (SipParseException(ParseError(ParseFault.CallId, 0, "word [@ word]")))
        | callId -> callId

    /// <summary>The text of the header field.</summary>
    override _.ToString() = text

    override _.Equals(other: obj | null) =
        match other with
        | :? CallId as other -> String.Equals(text, other.Value, StringComparison.Ordinal)
        | _ -> false

    override _.GetHashCode() = text.GetHashCode StringComparison.Ordinal

    interface IEquatable<CallId> with
        member this.Equals(other) = this.Equals(box other)

    interface IUtf8SpanParsable<CallId> with
        static member Parse(utf8Text, _) = CallId.Parse(Octets.toText utf8Text)

        static member TryParse(utf8Text, _, result) =
            CallId.TryParse(Octets.toText utf8Text, &result)

    /// <summary>Byte for byte.</summary>
    static member op_Equality(left: CallId | null, right: CallId | null) =
        Object.Equals(left, right)

    /// <summary>Byte for byte.</summary>
    static member op_Inequality(left: CallId | null, right: CallId | null) =
        not (Object.Equals(left, right))
