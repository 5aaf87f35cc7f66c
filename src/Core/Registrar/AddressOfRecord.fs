// The name under which somebody registers, in one spelling: the index of the location service
// (RFC 3261, 10.3, step 5). Knows nothing of who is bound there.
namespace SipFun

open System
open System.Diagnostics.CodeAnalysis
open System.Globalization
open System.Runtime.InteropServices
open System.Text
open SipFun.Core

/// <summary>The name under which somebody registers and is called, such as sip:bob@example.com. A
/// URI in canonical form (RFC 3261, 10.3, step 5): without parameters, header fields, password and
/// port, escapes decoded where a character may stand bare, the host in lower case. sip and sips are
/// the same (RFC 5630, 5.2). Equal when the text is.</summary>
[<Sealed>]
type AddressOfRecord private (text: string, host: string) =
    let mutable uri: SipUri | null = null

    static let piece (octet: byte) =
        if
            octet <> 35uy && octet <> 37uy && Grammar.isIn Grammar.UserLow Grammar.UserHigh octet
        then
            string (char octet)
        else
            "%" + octet.ToString("X2", CultureInfo.InvariantCulture)

    static let isEscape (s: ReadOnlySpan<byte>) at =
        s[at] = 37uy && at + 2 < s.Length && Grammar.isHex s[at + 1] && Grammar.isHex s[at + 2]

    /// Every byte in its one spelling: two users are the same when their bytes are.
    static let user (s: ReadOnlySpan<byte>) =
        let text = StringBuilder()
        let mutable at = 0

        while at < s.Length do
            let escaped = isEscape s at

            let octet =
                if escaped then
                    Convert.FromHexString(Octets.toText (s.Slice(at + 1, 2)))[0]
                else
                    s[at]

            text.Append(piece octet) |> ignore
            at <- if escaped then at + 3 else at + 1

        text.ToString()

    static let hostOf (uri: SipUri) =
        match uri.Address with
        | null -> uri.Key.Host
        | address -> HostAddress.toHost address

    /// <summary>What a URI names.</summary>
    /// <param name="uri">From a To, a Request-URI, or elsewhere.</param>
    /// <param name="result">The address-of-record; null when the scheme is neither sip nor
    /// sips.</param>
    static member TryCreate
        (uri: SipUri, [<Out; NotNullWhen true>] result: byref<AddressOfRecord | null>)
        : bool =
        ArgumentNullException.ThrowIfNull(uri, nameof uri)

        if uri.IsSip then
            let host = hostOf uri
            let user = if isNull uri.User then "" else user uri.UserOctets.Span + "@"
            result <- AddressOfRecord("sip:" + user + host, host)
            true
        else
            result <- null
            false

    /// <summary>What a URI names.</summary>
    /// <exception cref="T:System.ArgumentException">The scheme is neither sip nor
    /// sips.</exception>
    static member Create(uri: SipUri) : AddressOfRecord =
        let mutable result: AddressOfRecord | null = null

        match AddressOfRecord.TryCreate(uri, &result), result with
        | true, NonNull found -> found
        | _ ->
            raise (
                ArgumentException(
                    $"An address-of-record is a sip or sips URI, not {uri.Scheme}.",
                    nameof uri
                )
            )

    /// <summary>Reads a URI and gives what it names.</summary>
    /// <exception cref="T:SipFun.SipParseException">It is no URI.</exception>
    /// <exception cref="T:System.ArgumentException">The scheme is neither sip nor
    /// sips.</exception>
    static member Parse(text: string) : AddressOfRecord = AddressOfRecord.Create(SipUri.Parse text)

    /// <summary>As a URI, always of the scheme sip.</summary>
    member _.Uri: SipUri =
        match uri with
        | null ->
            let found = SipUri.Parse text
            uri <- found
            found
        | found -> found

    /// <summary>The user, escapes decoded; null without one.</summary>
    member this.User: string | null = this.Uri.User

    /// <summary>The host in lower case, an IPv6 address in brackets.</summary>
    member _.Host = host

    /// <summary>"sip:bob@example.com"; plain ASCII, fit to be a key.</summary>
    override _.ToString() = text

    override _.Equals(other: obj | null) =
        match other with
        | :? AddressOfRecord as other -> text = string other
        | _ -> false

    override _.GetHashCode() = text.GetHashCode StringComparison.Ordinal

    interface IEquatable<AddressOfRecord> with
        member this.Equals(other) = this.Equals(box other)

    /// <summary>As <c>Equals</c>.</summary>
    static member op_Equality(left: AddressOfRecord | null, right: AddressOfRecord | null) =
        Object.Equals(left, right)

    /// <summary>Not <c>Equals</c>.</summary>
    static member op_Inequality(left: AddressOfRecord | null, right: AddressOfRecord | null) =
        not (Object.Equals(left, right))
