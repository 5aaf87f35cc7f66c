// A request's place in its dialog: a number and the method again (RFC 3261, 8.1.1.5 and 20.16).
namespace SipFun

open System
open System.Diagnostics.CodeAnalysis
open System.Runtime.InteropServices
open SipFun.Core

/// <summary>The value of a CSeq header field.</summary>
/// <param name="number">Below 2**31 (RFC 3261, 8.1.1.5).</param>
/// <param name="method">The method of the request.</param>
/// <exception cref="T:System.ArgumentOutOfRangeException">The number is too large.</exception>
[<Sealed>]
type CSeq(number: uint32, method: SipMethod) =
    inherit SipValue()

    do
        ArgumentNullException.ThrowIfNull(method, nameof method)

        if number >= 0x8000_0000u then
            raise (ArgumentOutOfRangeException(nameof number, "must be below 2**31"))

    /// Number, blanks, method in s[at..stop): the number, and where the method stands; or -1.
    static member internal Scan(s: ReadOnlySpan<byte>, at, stop, method: byref<int>) : int64 =
        let mutable digits = at
        let mutable number = 0L

        while digits < stop && Grammar.isDigit s[digits] do
            number <- min 0x8000_0000L (number * 10L + int64 (s[digits] - 48uy))
            digits <- digits + 1

        method <- Grammar.skipBlanks s digits stop
        let isToken = method < stop && Grammar.token s method stop = stop

        let isNumber = digits > at && number < 0x8000_0000L
        if isNumber && method > digits && isToken then number else -1L

    /// <summary>The sequence number, below 2**31.</summary>
    member _.Number = number

    /// <summary>The method, equal to that of the request.</summary>
    member _.Method = method

    /// <summary>Reads a CSeq such as <c>314159 INVITE</c>.</summary>
    static member TryParse
        (text: string | null, [<Out; NotNullWhen true>] result: byref<CSeq | null>)
        : bool =
        let octets =
            match text with
            | null -> Array.empty
            | text -> Octets.ofText text

        let span = ReadOnlySpan<byte> octets
        let mutable at = 0
        let number = CSeq.Scan(span, 0, span.Length, &at)

        if number >= 0L && span.IndexOfAny(13uy, 10uy) < 0 then
            result <- CSeq(uint32 number, SipMethod.OfScanned(span.Slice at))
            true
        else
            result <- null
            false

    /// <summary>Reads a CSeq such as <c>314159 INVITE</c>.</summary>
    /// <exception cref="T:SipFun.SipParseException">It breaks RFC 3261, 20.16.</exception>
    static member Parse(text: string) : CSeq =
        let mutable result: CSeq | null = null

        match CSeq.TryParse(text, &result), result with
        | true, NonNull found -> found
        | _ -> raise (SipParseException(ParseError(ParseFault.CSeq, 0, "number and method")))

    /// <summary>As on the wire.</summary>
    override _.ToString() = System.String.Concat(string number, " ", method.Name)

    override _.Equals(other: obj | null) =
        match other with
        | :? CSeq as other -> number = other.Number && method = other.Method
        | _ -> false

    override _.GetHashCode() = HashCode.Combine(number, method)

    interface IEquatable<CSeq> with
        member this.Equals(other) = this.Equals(box other)

    interface IUtf8SpanParsable<CSeq> with
        static member Parse(utf8Text, _) = CSeq.Parse(Octets.toText utf8Text)

        static member TryParse(utf8Text, _, result) = CSeq.TryParse(Octets.toText utf8Text, &result)

    /// <summary>Same number and method.</summary>
    static member op_Equality(left: CSeq | null, right: CSeq | null) = Object.Equals(left, right)

    /// <summary>Another number or method.</summary>
    static member op_Inequality(left: CSeq | null, right: CSeq | null) =
        not (Object.Equals(left, right))
