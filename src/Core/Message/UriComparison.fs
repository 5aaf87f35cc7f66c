// When two URIs are the same: RFC 3261, 19.1.4; RFC 5954, 4.2 for IPv6; RFC 3966, 4 for tel.
// The rule is not transitive; the key itself is, and serves Equals and GetHashCode.
namespace SipFun.Core

open System
open System.Net
open SipFun

/// A URI with everything that never matters taken away; two equal keys are one URI.
[<NoComparison>]
type UriKey = {
    Kind: SchemeKind
    User: string voption
    Password: string voption
    Host: string
    Port: int
    Parameters: struct (string * string)[]
    Headers: struct (string * string)[]
}

/// Keys, and their comparison.
[<RequireQualifiedAccess>]
module UriComparison =
    /// ASCII letters only: the text is bytes.
    let private lower (text: string) =
        String.map (fun c -> if Char.IsAsciiLetterUpper c then char (int c ||| 0x20) else c) text

    let private digitsOnly (text: string) = String.filter (fun c -> not ("-.()".Contains c)) text

    /// A telephone number in a parameter, visual separators taken away (RFC 3966, 4).
    let private telValue name (value: string) =
        match name with
        | "ext" -> digitsOnly value
        | "phone-context" when value.StartsWith '+' -> digitsOnly value
        | _ -> value

    /// Parameter values in lower case; values of header fields as they are: no rule of all fields
    /// makes two of them one (RFC 3261, 19.1.4).
    let private parameterValue kind name value =
        let value = lower value
        if kind = SchemeKind.Tel then telValue name value else value

    let private pairOf valueOf (s: ReadOnlySpan<byte>) =
        let equals = s.IndexOf 61uy

        if equals < 0 then
            struct (lower (Octets.comparable s), "")
        else
            let name = lower (Octets.comparable (s.Slice(0, equals)))
            let value: string = valueOf name (Octets.comparable (s.Slice(equals + 1)))
            struct (name, "=" + value)

    /// The pieces of s[at..stop) between separators, sorted.
    let private pairs (separator: byte) valueOf (s: ReadOnlySpan<byte>) =
        let found = Collections.Generic.List<struct (string * string)>()
        let mutable at = 0

        while at < s.Length do
            let next = s.Slice(at).IndexOf separator
            let stop = if next < 0 then s.Length else at + next

            if stop > at then
                found.Add(pairOf valueOf (s.Slice(at, stop - at)))

            at <- stop + 1

        found.Sort(fun (struct (a, x)) (struct (b, y)) ->
            match String.CompareOrdinal(a, b) with
            | 0 -> String.CompareOrdinal(x, y)
            | order -> order)

        found.ToArray()

    let private hostKey kind (text: string) =
        match kind with
        | SchemeKind.Other -> text
        | SchemeKind.Tel -> lower (digitsOnly text)
        | _ ->
            match HostAddress.tryParse text with
            | null -> lower text
            | address -> address.ToString()

    let private part (s: ReadOnlySpan<byte>) start stop =
        if start < 0 then
            ValueNone
        else
            ValueSome(Octets.comparable (s.Slice(start, stop - start)))

    let private hostText (s: ReadOnlySpan<byte>) (parts: UriParts) =
        if parts.Kind = SchemeKind.Other then
            let scheme = lower (Octets.toText (s.Slice(0, parts.SchemeEnd)))
            scheme + Text.Encoding.Latin1.GetString(s.Slice parts.SchemeEnd)
        else
            Octets.toText (s.Slice(parts.HostStart, parts.HostEnd - parts.HostStart))

    /// The key of a scanned URI.
    let key (s: ReadOnlySpan<byte>) (parts: UriParts) : UriKey =
        let parameters =
            s.Slice(parts.ParametersStart, parts.ParametersEnd - parts.ParametersStart)

        {
            Kind = parts.Kind
            User = part s parts.UserStart parts.UserEnd
            Password = part s parts.PasswordStart parts.PasswordEnd
            Host = hostKey parts.Kind (hostText s parts)
            Port = parts.Port
            Parameters = pairs 59uy (parameterValue parts.Kind) parameters
            Headers =
                if parts.HeadersStart < 0 then
                    Array.empty
                else
                    pairs 38uy (fun _ value -> value) (s.Slice parts.HeadersStart)
        }

    let private mustBeInBoth = [| "user"; "ttl"; "method"; "maddr"; "transport" |]

    let private nameAt (pairs: struct (string * string)[]) i =
        let struct (name, _) = pairs[i]
        name

    let private valueAt (pairs: struct (string * string)[]) i =
        let struct (_, value) = pairs[i]
        value

    /// Each parameter of `a` is equal in `b`, or absent there and of no weight. Both are sorted:
    /// one walk through each (V-17).
    let private parametersMatch strict a (b: struct (string * string)[]) =
        let mutable at = 0
        let mutable i = 0
        let mutable matches = true

        while matches && i < Array.length a do
            let struct (name: string, value: string) = a[i]

            while at < b.Length && String.CompareOrdinal(nameAt b at, name) < 0 do
                at <- at + 1

            matches <-
                if at < b.Length && nameAt b at = name then
                    valueAt b at = value
                else
                    not strict && not (Array.contains name mustBeInBoth)

            i <- i + 1

        matches

    /// The rule. For tel every parameter must be in both (RFC 3966, 4).
    let areEquivalent (a: UriKey) (b: UriKey) =
        let strict = a.Kind = SchemeKind.Tel

        a.Kind = b.Kind
        && a.User = b.User
        && a.Password = b.Password
        && a.Host = b.Host
        && a.Port = b.Port
        && a.Headers = b.Headers
        && parametersMatch strict a.Parameters b.Parameters
        && parametersMatch strict b.Parameters a.Parameters

    /// A hash of all of the key: it is `Equals` that it serves.
    let hash (key: UriKey) =
        let text (part: string voption) = ValueOption.defaultValue "" part
        let mutable hash = HashCode()
        hash.Add(HashCode.Combine(key.Kind, text key.User, text key.Password, key.Host, key.Port))

        for struct (name, value) in key.Parameters do
            hash.Add(struct (name, value))

        for struct (name, value) in key.Headers do
            hash.Add(struct (name, value))

        hash.ToHashCode()
