// The methods of SIP: fourteen we know by name, any other token as it came (RFC 3261, 7.1).
namespace SipFun

open System
open System.Diagnostics.CodeAnalysis
open System.Runtime.InteropServices
open SipFun.Core

/// <summary>A method. Case matters: <c>invite</c> is not <c>INVITE</c> (RFC 3261, 7.1).</summary>
[<Sealed>]
type SipMethod private (name: string, isKnown: bool) =
    inherit SipValue()
    /// Of a known one only: what comes in is compared with it.
    let octets = if isKnown then Octets.ofText name else Array.Empty<byte>()

    static let known =
        "INVITE ACK BYE CANCEL OPTIONS REGISTER MESSAGE INFO PRACK SUBSCRIBE NOTIFY PUBLISH REFER UPDATE"
            .Split
            ' '
        |> Array.map (fun name -> SipMethod(name, true))

    static let slots =
        let slots = Array.zeroCreate<SipMethod | null> 32

        for method in known do
            slots[SipMethod.Slot method.Octets] <- method

        slots

    /// <summary>Opens a session (RFC 3261, 13).</summary>
    static member Invite = known[0]

    /// <summary>Acknowledges a final response to INVITE (RFC 3261, 13.2.2.4, 17.1.1.3).</summary>
    static member Ack = known[1]

    /// <summary>Ends a session (RFC 3261, 15).</summary>
    static member Bye = known[2]

    /// <summary>Asks to give up a pending request (RFC 3261, 9).</summary>
    static member Cancel = known[3]

    /// <summary>Asks what the other side can do (RFC 3261, 11).</summary>
    static member Options = known[4]

    /// <summary>Binds an address (RFC 3261, 10).</summary>
    static member Register = known[5]

    /// <summary>Carries an instant message (RFC 3428).</summary>
    static member Message = known[6]

    /// <summary>Carries application data within a dialog (RFC 6086).</summary>
    static member Info = known[7]

    /// <summary>Acknowledges a reliable provisional response (RFC 3262).</summary>
    static member Prack = known[8]

    /// <summary>Asks for notifications (RFC 6665).</summary>
    static member Subscribe = known[9]

    /// <summary>Carries a notification (RFC 6665).</summary>
    static member Notify = known[10]

    /// <summary>Publishes event state (RFC 3903).</summary>
    static member Publish = known[11]

    /// <summary>Asks the other side to send a request (RFC 3515).</summary>
    static member Refer = known[12]

    /// <summary>Changes a session before it is answered (RFC 3311).</summary>
    static member Update = known[13]

    /// <summary>The fourteen methods above.</summary>
    static member Known: System.Collections.Generic.IReadOnlyList<SipMethod> =
        Array.AsReadOnly known

    /// <summary>The token as on the wire.</summary>
    member _.Name = name

    /// <summary>Whether it is one of <see cref="P:SipFun.SipMethod.Known"/>.</summary>
    member _.IsKnown = isKnown

    member private _.Octets = ReadOnlySpan<byte> octets

    /// A method whose bytes are a token.
    static member internal OfScanned(token: ReadOnlySpan<byte>) : SipMethod =
        let slot = if token.IsEmpty then 0 else SipMethod.Slot token

        match slots[slot] with
        | null -> SipMethod(Octets.toText token, false)
        | found when token.SequenceEqual found.Octets -> found
        | _ -> SipMethod(Octets.toText token, false)

    /// No two known methods share one.
    static member private Slot(token: ReadOnlySpan<byte>) = (token.Length + 3 * int token[0]) &&& 31

    /// <summary>Reads a method.</summary>
    static member TryParse
        (text: string | null, [<Out; NotNullWhen true>] result: byref<SipMethod | null>)
        : bool =
        let octets =
            match text with
            | null -> Array.empty
            | text -> Octets.ofText text

        let span = ReadOnlySpan<byte> octets
        let isToken = octets.Length > 0 && Grammar.token span 0 span.Length = span.Length
        result <- if isToken then SipMethod.OfScanned span else null
        isToken

    /// <summary>Reads a method.</summary>
    /// <exception cref="T:SipFun.SipParseException">It is not a token (RFC 3261, 25.1).</exception>
    static member Parse(text: string) : SipMethod =
        let mutable result: SipMethod | null = null

        match SipMethod.TryParse(text, &result), result with
        | true, NonNull found -> found
        | _ -> raise (SipParseException(ParseError(ParseFault.Method, 0, "a token")))

    /// <summary>The token.</summary>
    override _.ToString() = name

    override _.Equals(other: obj | null) =
        match other with
        | :? SipMethod as other -> String.Equals(name, other.Name, StringComparison.Ordinal)
        | _ -> false

    override _.GetHashCode() = name.GetHashCode StringComparison.Ordinal

    interface IEquatable<SipMethod> with
        member this.Equals(other) = this.Equals(box other)

    interface IUtf8SpanParsable<SipMethod> with
        static member Parse(utf8Text, _) = SipMethod.Parse(Octets.toText utf8Text)

        static member TryParse(utf8Text, _, result) =
            SipMethod.TryParse(Octets.toText utf8Text, &result)

    /// <summary>The same token, in the same case.</summary>
    static member op_Equality(left: SipMethod | null, right: SipMethod | null) =
        Object.Equals(left, right)

    /// <summary>Another token.</summary>
    static member op_Inequality(left: SipMethod | null, right: SipMethod | null) =
        not (Object.Equals(left, right))
