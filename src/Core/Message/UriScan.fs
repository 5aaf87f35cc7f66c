// Where the parts of a URI are: sip and sips (RFC 3261, 19.1.1), tel (RFC 3966, 3), any other
// scheme as one opaque run. Liberal in one thing: a bare # in a user part, which phones send.
namespace SipFun.Core

open System
open System.Runtime.CompilerServices
open SipFun

/// Reads URIs.
[<RequireQualifiedAccess>]
module UriScan =
    let private parametersAndHeaders
        (s: ReadOnlySpan<byte>)
        at
        stop
        (parts: byref<UriParts>)
        (fault: byref<Fault>)
        =
        let hasEscapes = s.Slice(at, stop - at).Contains 37uy
        let mutable next = UriParameterScan.parameters s at stop hasEscapes &fault
        parts.ParametersEnd <- next

        if next >= 0 && next < stop && s[next] = 63uy && parts.Kind <> SchemeKind.Tel then
            parts.HeadersStart <- next + 1
            next <- UriParameterScan.headers s next stop &fault

        if next >= 0 && next < stop then
            fault.At(ParseFault.Uri, next, "end of URI")
        elif next >= 0 && hasEscapes && not (Grammar.escapesAreWhole s at stop) then
            fault.At(ParseFault.Uri, at, "two hexadecimal digits after %")
        else
            next

    /// What follows host and port; nothing does in most addresses.
    let private tail s at stop (parts: byref<UriParts>) (fault: byref<Fault>) =
        parts.ParametersStart <- at
        parts.ParametersEnd <- at

        if at = stop then
            stop
        else
            parametersAndHeaders s at stop &parts &fault

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

    /// What may stand in a user part, but escapes.
    [<Literal>]
    let private PlainUserLow = 0xABFFFFDA00000000UL

    let private sip (s: ReadOnlySpan<byte>) at stop (parts: byref<UriParts>) (fault: byref<Fault>) =
        let plain = Grammar.run PlainUserLow Grammar.UserHigh s at stop
        let isPlain = plain > at && plain < stop && s[plain] = 64uy
        let sign = if isPlain then plain else at + s.Slice(at, stop - at).IndexOf 64uy

        if isPlain then
            parts.UserStart <- at
            parts.UserEnd <- plain
            hostPort s (plain + 1) stop &parts &fault
        elif sign < at then
            hostPort s at stop &parts &fault
        elif not (userInfo s at sign &parts) || parts.UserEnd = at then
            fault.At(ParseFault.Uri, at, "user")
        else
            hostPort s (sign + 1) stop &parts &fault

    /// "+" and digits, or digits, letters to F, * and #; among them visual separators, and not
    /// these alone (RFC 3966, 3).
    let private isNumber (s: ReadOnlySpan<byte>) at stop =
        let isGlobal = s[at] = 43uy
        let mutable digits = 0
        let mutable isGood = true

        for i in (if isGlobal then at + 1 else at) .. stop - 1 do
            let c = s[i]
            let isSeparator = c = 45uy || c = 46uy || c = 40uy || c = 41uy
            let isSign = Grammar.isHex c || c = 42uy || c = 35uy
            isGood <- isGood && (isSeparator || Grammar.isDigit c || (not isGlobal && isSign))
            digits <- if isSeparator then digits else digits + 1

        isGood && digits > 0

    let private context = "phone-context"B

    /// Whether there is a phone-context=... (RFC 3966, 3: local numbers MUST have one).
    let private hasContext (s: ReadOnlySpan<byte>) at stop =
        let mutable fault = Fault()
        let mutable nameEnd = 0
        let mutable next = at
        let mutable isFound = false

        while not isFound && next < stop do
            let name = next + 1
            next <- UriParameterScan.parameter s name stop &nameEnd &fault
            let text = s.Slice(name, nameEnd - name)
            isFound <- next > nameEnd && Octets.sameText text (ReadOnlySpan<byte> context)

        isFound

    let private tel (s: ReadOnlySpan<byte>) at stop (parts: byref<UriParts>) (fault: byref<Fault>) =
        parts.HostStart <- at
        parts.HostEnd <- Grammar.run Grammar.PhoneLow Grammar.PhoneHigh s at stop

        if parts.HostEnd = at || not (isNumber s at parts.HostEnd) then
            fault.At(ParseFault.Uri, at, "telephone number")
        else
            let ended = tail s parts.HostEnd stop &parts &fault

            if ended >= 0 && s[at] <> 43uy && not (hasContext s parts.HostEnd stop) then
                fault.At(ParseFault.Uri, parts.HostEnd, "phone-context")
            else
                ended

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
    [<MethodImpl(MethodImplOptions.NoInlining)>]
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
