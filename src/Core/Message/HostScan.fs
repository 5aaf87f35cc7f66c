// Where a host ends: a name, IPv4, IPv6 in brackets (RFC 3261, 25.1; RFC 5954).
// Liberal in three things: underscores and labels that begin with a digit occur in the wild; one
// colon too many (RFC 5118, 4.10); leading zeros in IPv4.
namespace SipFun.Core

open System

/// Host and port, shared by URIs and Via.
[<RequireQualifiedAccess>]
module HostScan =
    /// Four numbers up to 255 that are all of s[at..stop).
    let private isIpv4 (s: ReadOnlySpan<byte>) at stop =
        let mutable next = at
        let mutable parts = 0

        while next >= at && next < stop do
            let length = s.Slice(next, stop - next).IndexOf 46uy
            let last = if length < 0 then stop else next + length
            parts <- parts + 1
            let isOctet = last - next <= 3 && Grammar.number s next last 255L >= 0L
            next <- if not isOctet || last = stop - 1 then -1 else last + 1

        next > stop && parts = 4

    let private hexEnd (s: ReadOnlySpan<byte>) at stop =
        let mutable i = at

        while i < stop && Grammar.isHex s[i] do
            i <- i + 1

        i

    /// Colons and one group, or two groups as IPv4 at the end: their end, or -1.
    let private group
        (s: ReadOnlySpan<byte>)
        at
        stop
        isFirst
        (count: byref<int>)
        (gaps: byref<int>)
        =
        let start = Grammar.run 0x0400000000000000UL 0UL s at stop
        let last = hexEnd s start stop
        let colons = start - at
        gaps <- if colons >= 2 then gaps + 1 else gaps

        if colons > 3 || (colons = 1 && isFirst) || (colons = 0 && not isFirst) then
            -1
        elif last < stop && s[last] = 46uy then
            count <- count + 2
            if isIpv4 s start stop then stop else -1
        elif last = start then
            if last = stop && colons >= 2 then stop else -1
        else
            count <- count + 1
            if last - start <= 4 then last else -1

    /// Whether s[at..stop) is an IPv6 address (RFC 3986, 3.2.2).
    let private isIpv6 (s: ReadOnlySpan<byte>) at stop =
        let mutable count = 0
        let mutable gaps = 0
        let mutable next = at

        while next >= 0 && next < stop do
            next <- group s next stop (next = at) &count &gaps

        next = stop && (gaps = 0 && count = 8 || gaps = 1 && count <= 7)

    let private bracketed (s: ReadOnlySpan<byte>) at stop =
        let last = Grammar.run Grammar.Ipv6Low Grammar.Ipv6High s (at + 1) stop

        if last < stop && s[last] = 93uy && isIpv6 s (at + 1) last then
            last + 1
        else
            -1

    /// Labels neither begin nor end with a hyphen, and none but the last is empty.
    let private isName (s: ReadOnlySpan<byte>) at stop =
        let mutable isGood = true
        let mutable before = 46uy

        for i in at .. stop - 1 do
            let c = s[i]

            let isEdge =
                (before = 46uy && (c = 46uy || c = 45uy)) || (before = 45uy && c = 46uy)

            isGood <- isGood && not isEdge
            before <- c

        isGood && before <> 45uy

    /// Whether the last label is made of digits: then the whole must be an address.
    let private endsInNumber (s: ReadOnlySpan<byte>) at stop =
        let mutable i = if s[stop - 1] = 46uy then stop - 2 else stop - 1

        while i >= at && Grammar.isDigit s[i] do
            i <- i - 1

        i < at || s[i] = 46uy

    /// The end of the host at `at`, or -1.
    let host (s: ReadOnlySpan<byte>) at stop =
        if at < stop && s[at] = 91uy then
            bracketed s at stop
        else
            let last = Grammar.run Grammar.HostLow Grammar.HostHigh s at stop

            if last = at || not (isName s at last) then -1
            elif endsInNumber s at last && not (isIpv4 s at last) then -1
            else last

    /// The end of the digits at `at`; the port, or -1 when there are none or too large.
    let port (s: ReadOnlySpan<byte>) at stop (value: byref<int>) =
        let mutable i = at

        while i < stop && Grammar.isDigit s[i] do
            i <- i + 1

        value <- int (Grammar.number s at i 65_535L)
        i
