// Where the parts of one name-addr or addr-spec with parameters are: From, To, Contact, Route ...
// (RFC 3261, 20.10, 20.20 and 25.1). Liberal in one thing: bytes above 0x7F in a bare display name.
namespace SipFun.Core

open System
open SipFun

/// Positions in a scanned value. DisplayStart and TagStart are -1 when there is none.
[<Struct; NoEquality; NoComparison>]
type NameAddrParts =
    val mutable DisplayStart: int
    val mutable DisplayEnd: int
    val mutable UriStart: int
    val mutable UriEnd: int
    val mutable ParametersStart: int
    val mutable End: int
    val mutable TagStart: int
    val mutable TagEnd: int

/// Reads one value; the next delimiter is a comma or the end.
[<RequireQualifiedAccess>]
module NameAddrScan =
    /// *(token LWS): where something else stands.
    let private bareName (s: ReadOnlySpan<byte>) at stop =
        let mutable i = at

        while i < stop && (Grammar.isToken s[i] || s[i] >= 128uy || Grammar.isBlank s[i]) do
            i <- i + 1

        i

    /// An addr-spec outside brackets ends at the first blank or delimiter (RFC 3261, 20.10).
    let private addrSpecEnd (s: ReadOnlySpan<byte>) at stop =
        let length = s.Slice(at, stop - at).IndexOfAny(ScanSets.addrSpecEnd)
        if length < 0 then stop else at + length

    /// "tag" as ParameterNames.word gives it.
    [<Literal>]
    let private Tag = 0x6761742020202020UL

    let private tag (p: inref<ParameterParts>) (parts: byref<NameAddrParts>) (fault: byref<Fault>) =
        if parts.TagStart >= 0 then
            fault.At(ParseFault.Parameter, p.NameStart, "only one tag")
        elif not p.IsToken then
            fault.At(ParseFault.Parameter, p.NameStart, "tag=token")
        else
            parts.TagStart <- p.ValueStart
            parts.TagEnd <- p.ValueEnd
            0

    let private parameters
        (s: ReadOnlySpan<byte>)
        at
        stop
        (parts: byref<NameAddrParts>)
        (fault: byref<Fault>)
        =
        let mutable p = ParameterParts()
        let mutable seen = NamesSeen()
        let mutable next = Grammar.skipBlanks s at stop
        parts.ParametersStart <- next

        while next >= 0 && next < stop && s[next] = 59uy do
            next <- ParameterScan.read s (next + 1) stop &p &fault

            let word = ParameterScan.word s &p
            seen.Add word

            if next >= 0 && word = Tag && tag &p &parts &fault < 0 then
                next <- -1

        parts.End <- next

        if next >= 0 && next < stop && s[next] <> 44uy then
            fault.At(ParseFault.NameAddr, next, "';' or ','")
        else
            ParameterScan.once s parts.ParametersStart next &seen &fault

    let private bracketed
        s
        at
        stop
        (parts: byref<NameAddrParts>)
        (uri: byref<UriParts>)
        (fault: byref<Fault>)
        =
        let last = Grammar.indexOf 62uy s at stop

        if s[at] <> 60uy || last < 0 then
            fault.At(ParseFault.NameAddr, at, "<URI>")
        else
            parts.UriStart <- at + 1
            parts.UriEnd <- last

            if UriScan.scan s (at + 1) last &uri &fault < 0 then
                -1
            else
                parameters s (parts.UriEnd + 1) stop &parts &fault

    let private addrSpec
        s
        at
        stop
        (parts: byref<NameAddrParts>)
        (uri: byref<UriParts>)
        (fault: byref<Fault>)
        =
        parts.DisplayStart <- -1
        parts.UriStart <- at
        parts.UriEnd <- addrSpecEnd s at stop

        if parts.UriEnd < stop && s[parts.UriEnd] = 63uy then
            fault.At(ParseFault.NameAddr, parts.UriEnd, "brackets around a URI with '?'")
        elif UriScan.scan s at parts.UriEnd &uri &fault < 0 then
            -1
        else
            parameters s parts.UriEnd stop &parts &fault

    let private quotedName
        s
        at
        stop
        (parts: byref<NameAddrParts>)
        (uri: byref<UriParts>)
        (fault: byref<Fault>)
        =
        parts.DisplayEnd <- Grammar.quoted s at stop

        if parts.DisplayEnd < 0 then
            fault.At(ParseFault.NameAddr, at, "closing quote")
        else
            let next = Grammar.skipBlanks s parts.DisplayEnd stop

            if next < stop then
                bracketed s next stop &parts &uri &fault
            else
                fault.At(ParseFault.NameAddr, next, "<URI>")

    /// The value at `at` (no blank there): the position of the comma after it, or `stop`; or -1.
    let scan
        (s: ReadOnlySpan<byte>)
        at
        stop
        (parts: byref<NameAddrParts>)
        (uri: byref<UriParts>)
        (fault: byref<Fault>)
        =
        parts.TagStart <- -1
        parts.DisplayStart <- at

        if at < stop && s[at] = 34uy then
            quotedName s at stop &parts &uri &fault
        else
            let next = bareName s at stop

            if next < stop && s[next] = 60uy then
                parts.DisplayEnd <- Grammar.trimEnd s at next

                if parts.DisplayEnd = at then
                    parts.DisplayStart <- -1

                bracketed s next stop &parts &uri &fault
            elif at < stop then
                addrSpec s at stop &parts &uri &fault
            else
                fault.At(ParseFault.NameAddr, at, "an address")
