// What was wrong with a peer's bytes: a reason from a list, where, and what should have been there.
// Never holds the bytes themselves, so that it can be logged (RFC 3261, 7 and 25; V-15).
namespace SipFun

open System

/// <summary>Why bytes are not a SIP message, or a value not what its field asks for.</summary>
type ParseFault =
    /// <summary>The start line is neither a Request-Line nor a Status-Line (RFC 3261, 7.1,
    /// 7.2).</summary>
    | StartLine = 1
    /// <summary>The version is not SIP/2.0; a request is answered 505 (RFC 3261, 21.5.6).</summary>
    | Version = 2
    /// <summary>The method is not a token (RFC 3261, 7.1).</summary>
    | Method = 3
    /// <summary>A URI breaks the grammar of RFC 3261, 19.1.1 (RFC 3966 for tel).</summary>
    | Uri = 4
    /// <summary>The status code is not three digits from 100 to 699 (RFC 3261, 7.2).</summary>
    | StatusCode = 5
    /// <summary>A bare CR, a bare LF or a NUL in the header section (RFC 3261, 7.3.1).</summary>
    | LineEnd = 6
    /// <summary>A header line without a colon, or whose name is not a token (RFC 3261,
    /// 7.3.1).</summary>
    | HeaderName = 7
    /// <summary>The bytes end before the empty line that ends the header section.</summary>
    | Incomplete = 8
    /// <summary>A mandatory header field is missing (RFC 3261, 8.1.1).</summary>
    | Missing = 9
    /// <summary>A header field that may come once comes again (RFC 3261, 7.3.1).</summary>
    | Duplicate = 10
    /// <summary>A Via value breaks its grammar (RFC 3261, 20.42).</summary>
    | Via = 11
    /// <summary>A From, To, Contact, Route or similar value breaks its grammar.</summary>
    | NameAddr = 12
    /// <summary>A Call-ID breaks its grammar (RFC 3261, 20.8).</summary>
    | CallId = 13
    /// <summary>A CSeq breaks its grammar or is 2**31 or more (RFC 3261, 8.1.1.5).</summary>
    | CSeq = 14
    /// <summary>The CSeq method differs from the method of the request (RFC 3261,
    /// 8.1.1.5).</summary>
    | MethodMismatch = 15
    /// <summary>Max-Forwards is not a number from 0 to 255 (RFC 3261, 20.22).</summary>
    | MaxForwards = 16
    /// <summary>Content-Length is no number, two of them differ, or bytes are missing
    /// (RFC 3261, 18.3, 20.14).</summary>
    | ContentLength = 17
    /// <summary>Longer, or more of something, than <c>ParseLimits</c> allows.</summary>
    | TooLarge = 18
    /// <summary>The value of another header field breaks its grammar.</summary>
    | HeaderValue = 19
    /// <summary>A parameter breaks its grammar, or comes twice (RFC 3261, 7.3.1).</summary>
    | Parameter = 20

/// <summary>Where and why a peer's bytes are wrong. Safe to log: it holds none of them.</summary>
[<Sealed>]
type ParseError(reason: ParseFault, offset: int, expected: string) =
    /// <summary>What kind of fault it is.</summary>
    member _.Reason = reason

    /// <summary>Where, in bytes from the start of what was parsed; at most its length.</summary>
    member _.Offset = offset

    /// <summary>What should have been there.</summary>
    member _.Expected = expected

    /// <summary>What a server answers a request with this fault: 505 for the version, 513 for size,
    /// otherwise 400 (RFC 3261, 21).</summary>
    member _.SuggestedStatus =
        match reason with
        | ParseFault.Version -> 505
        | ParseFault.TooLarge -> 513
        | _ -> 400

    /// <summary>One printable line.</summary>
    override _.ToString() =
        SipFun.Core.Sanitizer.text $"{reason} at byte {offset}: expected {expected}"

/// <summary>Thrown by the <c>Parse</c> methods; <c>TryParse</c> returns the same error.</summary>
[<Sealed>]
type SipParseException(error: ParseError) =
    inherit FormatException(error.ToString())

    /// <summary>Where and why.</summary>
    member _.Error = error

namespace SipFun.Core

open SipFun

/// A fault while scanning: set by whoever saw it first, boxed into a ParseError at the door.
[<Struct; NoEquality; NoComparison>]
type Fault =
    val mutable Reason: ParseFault
    val mutable Offset: int
    val mutable Expected: string | null

    /// Remembers the fault and gives the position that means failure.
    member this.At(reason, offset, expected: string) =
        this.Reason <- reason
        this.Offset <- offset
        this.Expected <- expected
        -1

    /// The same as a value for callers, at most at the end of the input.
    member this.ToError(length: int) =
        let expected =
            match this.Expected with
            | null -> "something else"
            | some -> some

        ParseError(this.Reason, max 0 (min length this.Offset), expected)
