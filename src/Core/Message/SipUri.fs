// A URI as SIP uses them: sip, sips and tel taken apart, other schemes opaque
// (RFC 3261, 19.1; RFC 3966). Kept as its bytes and where the parts are; strings made when asked.
namespace SipFun

open System
open System.Diagnostics.CodeAnalysis
open System.Runtime.InteropServices
open System.Collections.Generic
open System.Net
open SipFun.Core

/// <summary>A URI. Immutable; the <c>With</c> methods give a new one. They throw an
/// <c>ArgumentException</c> for what makes no URI, and, unless they take away, an
/// <c>InvalidOperationException</c> for a scheme that is not sip, sips or tel.</summary>
[<Sealed>]
type SipUri internal (octets: ReadOnlyMemory<byte>, parts: UriParts) =
    inherit SipValue()
    let mutable host: string | null = null
    let mutable parameters: IReadOnlyList<SipParameter> | null = null
    let mutable key: UriKey | null = null

    let slice start stop = octets.Span.Slice(start, stop - start)

    let parameterList () =
        match parameters with
        | null ->
            let found = UriText.parameters (slice parts.ParametersStart parts.ParametersEnd)
            parameters <- found
            found
        | found -> found

    let find name =
        match Parameters.find (parameterList ()) name with
        | ValueSome found -> found.Value
        | ValueNone -> null

    member internal _.Octets = octets
    member internal _.Kind = parts.Kind
    member internal _.Parts = parts

    /// The bytes of the user part, escapes and all.
    member internal _.UserOctets =
        if parts.UserStart < 0 then
            ReadOnlyMemory<byte>.Empty
        else
            octets.Slice(parts.UserStart, parts.UserEnd - parts.UserStart)

    /// <summary>The scheme in lower case: sip, sips, tel, or another.</summary>
    member _.Scheme =
        match parts.Kind with
        | SchemeKind.Sip -> "sip"
        | SchemeKind.Sips -> "sips"
        | SchemeKind.Tel -> "tel"
        | _ -> (Octets.toText (slice 0 parts.SchemeEnd)).ToLowerInvariant()

    /// <summary>Whether the scheme is sips (RFC 3261, 19.1).</summary>
    member _.IsSips = parts.Kind = SchemeKind.Sips

    /// <summary>Whether the scheme is tel (RFC 3966).</summary>
    member _.IsTel = parts.Kind = SchemeKind.Tel

    /// <summary>Whether the scheme is sip or sips: what an element can route by.</summary>
    member _.IsSip = parts.Kind = SchemeKind.Sip || parts.Kind = SchemeKind.Sips

    /// <summary>The user part, escapes decoded once; null without one.</summary>
    member _.User: string | null =
        if parts.UserStart < 0 then
            null
        else
            Octets.unescaped (slice parts.UserStart parts.UserEnd)

    /// <summary>The password, escapes decoded; null without one. Deprecated by RFC 3261.</summary>
    member _.Password: string | null =
        if parts.PasswordStart < 0 then
            null
        else
            Octets.unescaped (slice parts.PasswordStart parts.PasswordEnd)

    /// <summary>The host as written, an IPv6 address in brackets; for tel the number; empty for
    /// other schemes.</summary>
    member _.Host: string =
        match host with
        | null ->
            let text = Octets.toText (slice parts.HostStart parts.HostEnd)
            host <- text
            text
        | text -> text

    /// <summary>What follows the scheme's colon, as written.</summary>
    member _.SchemeSpecificPart = Octets.toText (slice (parts.SchemeEnd + 1) octets.Length)

    /// <summary>The port as written; null without one.</summary>
    member _.Port: Nullable<int> =
        if parts.Port < 0 then Nullable() else Nullable parts.Port

    /// <summary>The host as an address; null when it is a name (RFC 3261, 19.1.1).</summary>
    member this.Address: IPAddress | null =
        if this.IsSip then HostAddress.tryParse this.Host else null

    /// <summary>The URI's parameters, escapes decoded once.</summary>
    member _.Parameters: IReadOnlyList<SipParameter> = parameterList ()

    /// <summary>The header fields after the question mark, escapes decoded once.</summary>
    member _.Headers: IReadOnlyList<SipParameter> =
        if parts.HeadersStart < 0 then
            Array.Empty<SipParameter>()
        else
            UriText.headers (slice parts.HeadersStart octets.Length)

    /// <summary>The value of a parameter; null when it is absent or has none.</summary>
    member _.GetParameter(name: string) : string | null = find name

    /// <summary>Whether there is a parameter of that name.</summary>
    member _.HasParameter(name: string) = (Parameters.find (parameterList ()) name).IsSome

    /// <summary>The transport parameter in lower case; null without one.</summary>
    member _.Transport: string | null =
        match find "transport" with
        | null -> null
        | value -> value.ToLowerInvariant()

    /// <summary>The maddr parameter: the address to send to instead of the host; or null.</summary>
    member _.Maddr: string | null = find "maddr"

    /// <summary>Whether there is an lr parameter: a loose router (RFC 3261, 16.12).</summary>
    member this.IsLooseRouter = this.HasParameter "lr"

    /// Of a scheme we cannot take apart nothing can be exchanged.
    member private this.With
        (user: string, host: string, port: string, parameters: string, headers)
        =
        if parts.Kind = SchemeKind.Other then
            invalidOp $"A {this.Scheme} URI has no parts that could be changed."

        let scheme = Octets.toText (slice 0 parts.SchemeEnd)
        let mutable error: ParseError | null = null
        let mutable result: SipUri | null = null
        let text = scheme + ":" + user + host + port + parameters + headers

        match SipUri.TryParse(text, &result, &error), result with
        | true, NonNull uri -> uri
        | _ -> raise (ArgumentException $"Not a URI (RFC 3261, 19.1.1): {error}")

    member private _.UserText =
        if parts.UserStart < 0 then
            ""
        else
            Octets.toText (slice parts.UserStart (parts.HostStart - 1)) + "@"

    member private _.PortText = if parts.Port < 0 then "" else ":" + string parts.Port

    member private _.ParameterText =
        Octets.toText (slice parts.ParametersStart parts.ParametersEnd)

    member private _.HeaderText =
        if parts.HeadersStart < 0 then
            ""
        else
            "?" + Octets.toText (slice parts.HeadersStart octets.Length)

    /// <summary>With another user part, or none; escaped where needed.</summary>
    member this.WithUser(user: string | null) : SipUri =
        let text =
            match user with
            | null -> ""
            | user -> UriText.user user + "@"

        this.With(text, this.Host, this.PortText, this.ParameterText, this.HeaderText)

    /// <summary>With another host: a name, an IPv4 address, an IPv6 address in brackets.</summary>
    /// <exception cref="T:System.ArgumentException">It is no host.</exception>
    member this.WithHost(host: string) : SipUri =
        ArgumentNullException.ThrowIfNull(host, nameof host)

        if this.IsSip && not (UriText.isHost host) then
            raise (ArgumentException("Not a host (RFC 3261, 25.1).", nameof host))

        let moved =
            this.With(this.UserText, host, this.PortText, this.ParameterText, this.HeaderText)

        if moved.Host <> host then
            raise (ArgumentException("Not a telephone number (RFC 3966, 3).", nameof host))

        moved

    /// <summary>With another port, or none.</summary>
    member this.WithPort(port: Nullable<int>) : SipUri =
        let text = if port.HasValue then ":" + string port.Value else ""
        this.With(this.UserText, this.Host, text, this.ParameterText, this.HeaderText)

    /// <summary>With the parameter set; in its old place when it was there.</summary>
    member this.WithParameter(name: string, value: string | null) : SipUri =
        ArgumentNullException.ThrowIfNull(name, nameof name)

        let set = UriText.parameter (SipParameter(name, value))
        let text = UriText.replace this.ParameterText name set
        this.With(this.UserText, this.Host, this.PortText, text, this.HeaderText)

    /// <summary>Without the parameter.</summary>
    member this.WithoutParameter(name: string) : SipUri =
        if not (this.HasParameter name) then
            this
        else
            let text = UriText.replace this.ParameterText name ""
            this.With(this.UserText, this.Host, this.PortText, text, this.HeaderText)

    /// <summary>Without any parameters.</summary>
    member this.WithoutParameters() : SipUri =
        if parts.ParametersStart = parts.ParametersEnd then
            this
        else
            this.With(this.UserText, this.Host, this.PortText, "", this.HeaderText)

    /// <summary>Without the header fields after the question mark.</summary>
    member this.WithoutHeaders() : SipUri =
        if parts.HeadersStart < 0 then
            this
        else
            this.With(this.UserText, this.Host, this.PortText, this.ParameterText, "")

    /// Without what may not stand in a Request-URI (RFC 3261, 19.1.1, table 1).
    member internal this.ForRequest() : SipUri = this.WithoutHeaders().WithoutParameter "method"

    /// <summary>With the parameter set, without a value; such as <c>lr</c>.</summary>
    member this.WithParameter(name: string) : SipUri = this.WithParameter(name, null)

    member internal _.Key =
        match key with
        | null ->
            let found = UriComparison.key octets.Span parts
            key <- found
            found
        | found -> found

    /// <summary>Equal by the rules of RFC 3261, 19.1.4 (RFC 3966, 4 for tel). Not transitive: a
    /// URI without a parameter may match two that differ in it.</summary>
    member this.IsEquivalentTo(other: SipUri) = UriComparison.areEquivalent this.Key other.Key

    static member internal Read(octets: ReadOnlyMemory<byte>, error: byref<ParseError | null>) =
        let mutable parts = UriParts()
        let mutable fault = Fault()
        let stop = octets.Length

        if UriScan.scan octets.Span 0 stop &parts &fault < 0 then
            error <- fault.ToError stop
            null
        else
            error <- null
            SipUri(octets, parts)

    /// <summary>Reads a URI; says why not.</summary>
    static member TryParse
        (
            text: string | null,
            [<Out; NotNullWhen true>] result: byref<SipUri | null>,
            [<Out; NotNullWhen false>] error: byref<ParseError | null>
        ) : bool =
        let octets =
            match text with
            | null -> Array.empty
            | text -> Octets.ofText text

        result <- SipUri.Read(ReadOnlyMemory<byte> octets, &error)
        not (isNull result)

    /// <summary>Reads a URI.</summary>
    static member TryParse
        (text: string | null, [<Out; NotNullWhen true>] result: byref<SipUri | null>)
        : bool =
        let mutable error: ParseError | null = null
        SipUri.TryParse(text, &result, &error)

    /// <summary>Reads a URI from UTF-8, which is copied.</summary>
    static member TryParse
        (utf8: ReadOnlySpan<byte>, [<Out; NotNullWhen true>] result: byref<SipUri | null>)
        : bool =
        let mutable error: ParseError | null = null
        result <- SipUri.Read(ReadOnlyMemory<byte>(utf8.ToArray()), &error)
        not (isNull result)

    /// <summary>Reads a URI.</summary>
    /// <exception cref="T:SipFun.SipParseException">It breaks RFC 3261, 19.1.1.</exception>
    static member Parse(text: string) : SipUri =
        let mutable error: ParseError | null = null
        let mutable result: SipUri | null = null

        match SipUri.TryParse(text, &result, &error), result, error with
        | true, NonNull uri, _ -> uri
        | _, _, NonNull error -> raise (SipParseException error)
        | _ -> raise (SipParseException(ParseError(ParseFault.Uri, 0, "URI")))

    /// <summary>As it was written.</summary>
    override _.ToString() = Octets.toText octets.Span

    /// <summary>The same in everything but what never matters: order of parameters, case where it
    /// is free, needless escapes. Implies <see cref="M:SipFun.SipUri.IsEquivalentTo"/>; unlike it,
    /// an equivalence.</summary>
    override this.Equals(other: obj | null) =
        match other with
        | :? SipUri as other -> this.Key = other.Key
        | _ -> false

    override this.GetHashCode() = UriComparison.hash this.Key

    interface IEquatable<SipUri> with
        member this.Equals(other) = this.Equals(box other)

    interface IUtf8SpanParsable<SipUri> with
        static member Parse(utf8Text, _) = SipUri.Parse(Octets.toText utf8Text)

        static member TryParse(utf8Text, _, result) =
            SipUri.TryParse(Octets.toText utf8Text, &result)

    /// <summary>As <c>Equals</c>.</summary>
    static member op_Equality(left: SipUri | null, right: SipUri | null) =
        Object.Equals(left, right)

    /// <summary>Not <c>Equals</c>.</summary>
    static member op_Inequality(left: SipUri | null, right: SipUri | null) =
        not (Object.Equals(left, right))
