// An address with an optional name and parameters: the value of From, To, Contact, Route and kin
// (RFC 3261, 20.10, 20.20). Kept as its bytes; strings made when asked.
namespace SipFun

open System
open System.Diagnostics.CodeAnalysis
open System.Runtime.InteropServices
open System.Collections.Generic
open System.Globalization
open SipFun.Core

/// <summary>A URI with a display name and parameters. Immutable.</summary>
[<Sealed>]
type NameAddr private (octets: ReadOnlyMemory<byte>, parts: NameAddrParts, scanned: SipUri | null) =
    inherit SipValue()
    let mutable uri = scanned
    let mutable parameters: IReadOnlyList<SipParameter> | null = null

    let slice start stop = octets.Span.Slice(start, stop - start)

    let parameterList () =
        match parameters with
        | null ->
            let found = Parameters.list octets.Span parts.ParametersStart parts.End
            parameters <- found
            found
        | found -> found

    let uriOctets () = octets.Slice(parts.UriStart, parts.UriEnd - parts.UriStart)

    /// Scanned once before: it is a URI.
    let readUri () : SipUri =
        let mutable error: ParseError | null = null

        match SipUri.Read(uriOctets (), &error), error with
        | null, NonNull error -> raise (SipParseException error)
        | null, _ -> invalidOp "unreachable"
        | found, _ -> found

    /// The first value in `octets`, and where the comma after it is. Of a list the URIs are made
    /// when they are asked for (P-09).
    static member internal ReadFirst
        (octets: ReadOnlyMemory<byte>, next: byref<int>, fault: byref<Fault>)
        : NameAddr | null =
        let mutable parts = NameAddrParts()
        let mutable uri = UriParts()
        next <- NameAddrScan.scan octets.Span 0 octets.Length &parts &uri &fault

        if next < 0 then
            null
        else
            NameAddr(octets.Slice(0, next), parts, null)

    /// The same with its URI made at once: of From and To nearly everybody asks for it.
    static member internal ReadWhole
        (octets: ReadOnlyMemory<byte>, next: byref<int>, fault: byref<Fault>)
        : NameAddr | null =
        let mutable parts = NameAddrParts()
        let mutable uri = UriParts()
        next <- NameAddrScan.scan octets.Span 0 octets.Length &parts &uri &fault

        if next < 0 then
            null
        else
            uri.Shift parts.UriStart
            let uriOctets = octets.Slice(parts.UriStart, parts.UriEnd - parts.UriStart)
            NameAddr(octets.Slice(0, next), parts, SipUri(uriOctets, uri))

    static member private OfText(text: string) : NameAddr =
        let mutable error: ParseError | null = null

        match NameAddr.Read(text, &error), error with
        | NonNull found, _ -> found
        | _, NonNull error -> raise (SipParseException error)
        | _ -> raise (SipParseException(ParseError(ParseFault.NameAddr, 0, "an address")))

    /// What an edit gave: what is wrong with it the caller did.
    static member private Edited(text: string) : NameAddr =
        let mutable error: ParseError | null = null

        match NameAddr.Read(text, &error) with
        | null -> raise (ArgumentException $"Not an address (RFC 3261, 20.10): {error}")
        | found -> found

    static member private Read
        (text: string | null, error: byref<ParseError | null>)
        : NameAddr | null =
        let reader =
            ValueReader<_>(fun octets next fault -> NameAddr.ReadFirst(octets, &next, &fault))

        OneValue.read ParseFault.NameAddr reader text &error

    static member private Text(displayName: string | null, uri: SipUri, parameters: string) =
        match displayName with
        | null -> String.Concat("<", uri.ToString(), ">", parameters)
        | name -> String.Concat([ Octets.quote name; " <"; uri.ToString(); ">"; parameters ])

    /// <summary>An address in brackets, without a display name.</summary>
    static member Create(uri: SipUri) : NameAddr =
        NameAddr.Edited(String.Concat("<", uri.ToString(), ">"))

    /// <summary>An address in brackets with a display name, which is quoted.</summary>
    /// <exception cref="T:System.ArgumentException">The name holds CR, LF or NUL.</exception>
    static member Create(uri: SipUri, displayName: string | null) : NameAddr =
        NameAddr.Edited(NameAddr.Text(displayName, uri, ""))

    member internal _.Octets = octets.Slice(0, parts.End)

    member internal _.HasBrackets =
        parts.UriStart > 0 && octets.Span[parts.UriStart - 1] = 60uy

    /// <summary>The name before the brackets, without quotes; null without one.</summary>
    member _.DisplayName: string | null =
        if parts.DisplayStart < 0 then
            null
        else
            Octets.unquoted (slice parts.DisplayStart parts.DisplayEnd)

    /// <summary>The URI.</summary>
    member _.Uri: SipUri =
        match uri with
        | null ->
            let found = readUri ()
            uri <- found
            found
        | found -> found

    /// <summary>The parameters after the URI (not inside the brackets).</summary>
    member _.Parameters: IReadOnlyList<SipParameter> = parameterList ()

    /// <summary>The tag parameter; null without one (RFC 3261, 19.3).</summary>
    member _.Tag: string | null =
        if parts.TagStart < 0 then
            null
        else
            Octets.toText (slice parts.TagStart parts.TagEnd)

    /// <summary>The value of a parameter; null when it is absent or has none.</summary>
    member _.GetParameter(name: string) : string | null =
        match Parameters.find (parameterList ()) name with
        | ValueSome found -> found.Value
        | ValueNone -> null

    /// <summary>Whether there is a parameter of that name.</summary>
    member _.HasParameter(name: string) = (Parameters.find (parameterList ()) name).IsSome

    /// <summary>The q parameter, 0 to 1; null when absent or malformed (RFC 3261, 20.10).</summary>
    member this.Q: Nullable<decimal> =
        let mutable value = 0m
        let style = NumberStyles.AllowDecimalPoint

        match
            Decimal.TryParse(this.GetParameter "q", style, CultureInfo.InvariantCulture, &value)
        with
        | true when value <= 1m -> Nullable value
        | _ -> Nullable()

    /// <summary>The expires parameter in seconds, below 2**32; null when absent or malformed, which
    /// a registrar reads as 3600 (RFC 3261, 20.10).</summary>
    member this.Expires: Nullable<uint32> =
        let mutable value = 0u
        let style = NumberStyles.None

        match
            UInt32.TryParse(
                this.GetParameter "expires",
                style,
                CultureInfo.InvariantCulture,
                &value
            )
        with
        | true -> Nullable value
        | _ -> Nullable()

    member private this.With(parameters: string) =
        NameAddr.Edited(NameAddr.Text(this.DisplayName, this.Uri, parameters))

    member private _.ParametersWith(name: string, insert: string) =
        Parameters.edited octets.Span parts.ParametersStart parts.End name insert

    /// <summary>With the parameter set; in its old place when it was there.</summary>
    member this.WithParameter(name: string, value: string | null) : NameAddr =
        this.With(this.ParametersWith(name, ";" + (Parameters.named name value).ToString()))

    /// <summary>Without the parameter.</summary>
    member this.WithoutParameter(name: string) : NameAddr = this.With(this.ParametersWith(name, ""))

    /// <summary>With another tag, or none (RFC 3261, 19.3).</summary>
    member this.WithTag(tag: string | null) : NameAddr =
        match tag with
        | null -> this.WithoutParameter "tag"
        | tag -> this.WithParameter("tag", tag)

    /// <summary>With another URI; name and parameters stay.</summary>
    member this.WithUri(uri: SipUri) : NameAddr =
        let parameters = Octets.unfolded (slice parts.ParametersStart parts.End)
        NameAddr.Edited(NameAddr.Text(this.DisplayName, uri, parameters))

    /// <summary>Reads an address; says why not.</summary>
    static member TryParse
        (
            text: string | null,
            [<Out; NotNullWhen true>] result: byref<NameAddr | null>,
            [<Out; NotNullWhen false>] error: byref<ParseError | null>
        ) : bool =
        result <- NameAddr.Read(text, &error)
        not (isNull result)

    /// <summary>Reads an address.</summary>
    static member TryParse
        (text: string | null, [<Out; NotNullWhen true>] result: byref<NameAddr | null>)
        : bool =
        let mutable error: ParseError | null = null
        NameAddr.TryParse(text, &result, &error)

    /// <summary>Reads an address.</summary>
    /// <exception cref="T:SipFun.SipParseException">It breaks RFC 3261, 20.10.</exception>
    static member Parse(text: string) : NameAddr = NameAddr.OfText text

    /// <summary>As it was written, folds as one blank.</summary>
    override _.ToString() = Octets.unfolded (slice 0 parts.End)

    /// <summary>Same URI and parameters; the display name does not count (RFC 3261,
    /// 20.20).</summary>
    override this.Equals(other: obj | null) =
        match other with
        | :? NameAddr as other ->
            this.Uri = other.Uri && Parameters.areSame (parameterList ()) other.Parameters
        | _ -> false

    override this.GetHashCode() = HashCode.Combine(this.Uri, Parameters.hashOf (parameterList ()))

    interface IEquatable<NameAddr> with
        member this.Equals(other) = this.Equals(box other)

    interface IUtf8SpanParsable<NameAddr> with
        static member Parse(utf8Text, _) = NameAddr.Parse(Octets.toText utf8Text)

        static member TryParse(utf8Text, _, result) =
            NameAddr.TryParse(Octets.toText utf8Text, &result)

    /// <summary>As <c>Equals</c>.</summary>
    static member op_Equality(left: NameAddr | null, right: NameAddr | null) =
        Object.Equals(left, right)

    /// <summary>Not <c>Equals</c>.</summary>
    static member op_Inequality(left: NameAddr | null, right: NameAddr | null) =
        not (Object.Equals(left, right))
