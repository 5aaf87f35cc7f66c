// Where the parts of a URI are: sip and sips (RFC 3261, 19.1.1), tel (RFC 3966, 3), any other
// scheme as one opaque run. Liberal in one thing: a bare # in a user part, which phones send.
namespace SipFun.Core

open System
open SipFun

/// What the scheme is.
type SchemeKind =
    | Sip = 0uy
    | Sips = 1uy
    | Tel = 2uy
    | Other = 3uy

/// Positions in a scanned URI. A part that is absent has start -1; Port is -1 without one.
[<Struct; NoEquality; NoComparison>]
type UriParts =
    val mutable Kind: SchemeKind
    val mutable SchemeEnd: int
    val mutable UserStart: int
    val mutable UserEnd: int
    val mutable PasswordStart: int
    val mutable PasswordEnd: int
    val mutable HostStart: int
    val mutable HostEnd: int
    val mutable Port: int
    val mutable ParametersStart: int
    val mutable ParametersEnd: int
    val mutable HeadersStart: int

    /// All positions `count` bytes earlier: relative to the URI instead of what it stands in.
    member this.Shift(count: int) =
        let inline earlier position = if position < 0 then position else position - count
        this.SchemeEnd <- this.SchemeEnd - count
        this.UserStart <- earlier this.UserStart
        this.UserEnd <- this.UserEnd - count
        this.PasswordStart <- earlier this.PasswordStart
        this.PasswordEnd <- this.PasswordEnd - count
        this.HostStart <- this.HostStart - count
        this.HostEnd <- this.HostEnd - count
        this.ParametersStart <- this.ParametersStart - count
        this.ParametersEnd <- this.ParametersEnd - count
        this.HeadersStart <- earlier this.HeadersStart

/// Host and port, shared by URIs and Via.
[<RequireQualifiedAccess>]
module HostScan =
    let private bracketed (s: ReadOnlySpan<byte>) at stop =
        let last = Grammar.run Grammar.Ipv6Low Grammar.Ipv6High s (at + 1) stop
        let colons = s.Slice(at + 1, last - at - 1).Count 58uy
        if last < stop && s[last] = 93uy && colons >= 2 then last + 1 else -1

    /// The end of the host at `at`, or -1.
    let host (s: ReadOnlySpan<byte>) at stop =
        if at < stop && s[at] = 91uy then
            bracketed s at stop
        else
            let last = Grammar.run Grammar.HostLow Grammar.HostHigh s at stop
            if last > at && s[at] <> 46uy && s[at] <> 45uy then last else -1

    /// The end of the digits at `at`; the port, or -1 when there are none or too large.
    let port (s: ReadOnlySpan<byte>) at stop (value: byref<int>) =
        let mutable i = at

        while i < stop && Grammar.isDigit s[i] do
            i <- i + 1

        value <- int (Grammar.number s at i 65_535L)
        i

/// Reads URIs.
[<RequireQualifiedAccess>]
module UriScan =
    let private parameters (s: ReadOnlySpan<byte>) at stop (fault: byref<Fault>) =
        let mutable next = at

        while next >= 0 && next < stop && s[next] = 59uy do
            let name = next + 1

            let nameEnd =
                Grammar.run Grammar.UriParameterLow Grammar.UriParameterHigh s name stop

            if nameEnd = name then
                next <- fault.At(ParseFault.Uri, name, "URI parameter name")
            elif nameEnd < stop && s[nameEnd] = 61uy then
                let low, high = Grammar.UriParameterLow, Grammar.UriParameterHigh
                next <- Grammar.run low high s (nameEnd + 1) stop

                if next = nameEnd + 1 then
                    next <- fault.At(ParseFault.Uri, next, "URI parameter value")
            else
                next <- nameEnd

        next

    /// header *("&" header), each name=value.
    let private headers (s: ReadOnlySpan<byte>) at stop (fault: byref<Fault>) =
        let mutable next = at

        while next >= 0 && next < stop && (next = at || s[next] = 38uy) do
            let name = next + 1
            let equals = Grammar.run Grammar.UriHeaderLow Grammar.UriHeaderHigh s name stop

            if equals = name || equals >= stop || s[equals] <> 61uy then
                next <- fault.At(ParseFault.Uri, equals, "URI header name=value")
            else
                next <- Grammar.run Grammar.UriHeaderLow Grammar.UriHeaderHigh s (equals + 1) stop

        next

    let private tail
        (s: ReadOnlySpan<byte>)
        at
        stop
        (parts: byref<UriParts>)
        (fault: byref<Fault>)
        =
        parts.ParametersStart <- at
        let mutable next = parameters s at stop &fault
        parts.ParametersEnd <- next

        if next >= 0 && next < stop && s[next] = 63uy && parts.Kind <> SchemeKind.Tel then
            parts.HeadersStart <- next + 1
            next <- headers s next stop &fault

        if next >= 0 && next < stop then
            fault.At(ParseFault.Uri, next, "end of URI")
        elif next >= 0 && not (Grammar.escapesAreWhole s at stop) then
            fault.At(ParseFault.Uri, at, "two hexadecimal digits after %")
        else
            next

    let private hostPort s at stop (parts: byref<UriParts>) (fault: byref<Fault>) =
        parts.HostStart <- at
        parts.HostEnd <- HostScan.host s at stop

        if parts.HostEnd < 0 then
            fault.At(ParseFault.Uri, at, "host")
        elif parts.HostEnd < stop && s[parts.HostEnd] = 58uy then
            let next = HostScan.port s (parts.HostEnd + 1) stop &parts.Port

            if parts.Port < 0 then
                fault.At(ParseFault.Uri, parts.HostEnd + 1, "port")
            else
                tail s next stop &parts &fault
        else
            tail s parts.HostEnd stop &parts &fault

    /// The user part s[at..sign), with the password after a colon.
    let private userInfo (s: ReadOnlySpan<byte>) at sign (parts: byref<UriParts>) =
        let colon = s.Slice(at, sign - at).IndexOf 58uy
        parts.UserStart <- at
        parts.UserEnd <- if colon < 0 then sign else at + colon
        let isUser = Grammar.isAll Grammar.UserLow Grammar.UserHigh s at parts.UserEnd

        if colon >= 0 then
            parts.PasswordStart <- at + colon + 1
            parts.PasswordEnd <- sign
            let first = parts.PasswordStart
            isUser && Grammar.isAll Grammar.PasswordLow Grammar.PasswordHigh s first sign
        else
            isUser

    let private sip (s: ReadOnlySpan<byte>) at stop (parts: byref<UriParts>) (fault: byref<Fault>) =
        let sign = s.Slice(at, stop - at).IndexOf 64uy

        if sign < 0 then
            hostPort s at stop &parts &fault
        elif sign = 0 || not (userInfo s at (at + sign) &parts) || parts.UserEnd = at then
            fault.At(ParseFault.Uri, at, "user")
        else
            hostPort s (at + sign + 1) stop &parts &fault

    let private tel (s: ReadOnlySpan<byte>) at stop (parts: byref<UriParts>) (fault: byref<Fault>) =
        parts.HostStart <- at
        parts.HostEnd <- Grammar.run Grammar.PhoneLow Grammar.PhoneHigh s at stop

        if parts.HostEnd = at then
            fault.At(ParseFault.Uri, at, "telephone number")
        else
            tail s parts.HostEnd stop &parts &fault

    let private other
        (s: ReadOnlySpan<byte>)
        at
        stop
        (parts: byref<UriParts>)
        (fault: byref<Fault>)
        =
        parts.HostStart <- stop
        parts.HostEnd <- stop
        parts.ParametersStart <- stop
        parts.ParametersEnd <- stop

        if at < stop && Grammar.isAll Grammar.UricLow Grammar.UricHigh s at stop then
            stop
        else
            fault.At(ParseFault.Uri, at, "characters of a URI")

    /// A scheme of up to four letters, in lower case, as one number: "sip", "sips", "tel".
    let private kind (s: ReadOnlySpan<byte>) at colon =
        let mutable word = 0u
        let mutable i = at

        while i < colon && colon - at <= 4 do
            word <- (word <<< 8) ||| uint32 (s[i] ||| 0x20uy)
            i <- i + 1

        match word with
        | 0x736970u -> SchemeKind.Sip
        | 0x73697073u -> SchemeKind.Sips
        | 0x74656Cu -> SchemeKind.Tel
        | _ -> SchemeKind.Other

    let private schemeEnd (s: ReadOnlySpan<byte>) at stop =
        let colon = Grammar.run Grammar.SchemeLow Grammar.SchemeHigh s at stop

        if colon > at && colon < stop && s[colon] = 58uy && Grammar.isAlpha s[at] then
            colon
        else
            -1

    /// What nearly all URIs begin with needs no scan.
    let private isPlainSip (s: ReadOnlySpan<byte>) at stop =
        at + 4 <= stop
        && s[at] = 115uy
        && s[at + 1] = 105uy
        && s[at + 2] = 112uy
        && s[at + 3] = 58uy

    /// The URI that is all of s[at..stop): `stop`, or -1 and the fault.
    let scan (s: ReadOnlySpan<byte>) at stop (parts: byref<UriParts>) (fault: byref<Fault>) =
        parts.UserStart <- -1
        parts.PasswordStart <- -1
        parts.HeadersStart <- -1
        parts.Port <- -1
        let isPlain = isPlainSip s at stop
        parts.SchemeEnd <- if isPlain then at + 3 else schemeEnd s at stop

        if parts.SchemeEnd < 0 then
            fault.At(ParseFault.Uri, at, "scheme")
        else
            parts.Kind <- if isPlain then SchemeKind.Sip else kind s at parts.SchemeEnd

            match parts.Kind with
            | SchemeKind.Tel -> tel s (parts.SchemeEnd + 1) stop &parts &fault
            | SchemeKind.Other -> other s (parts.SchemeEnd + 1) stop &parts &fault
            | _ -> sip s (parts.SchemeEnd + 1) stop &parts &fault
