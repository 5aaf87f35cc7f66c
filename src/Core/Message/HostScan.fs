// Where a host ends: a name, IPv4, IPv6 in brackets (RFC 3261, 25.1; RFC 5954).
// Liberal in three things: underscores and labels that begin with a digit occur in the wild; one
// colon too many (RFC 5118, 4.10); leading zeros in IPv4.
namespace SipFun.Core

open System
open System.Runtime.CompilerServices

/// Host and port, shared by URIs and Via.
[<RequireQualifiedAccess>]
module HostScan =
    /// Four numbers up to 255 that are all of s[at..stop).
    let private isIpv4 (s: ReadOnlySpan<byte>) at stop =
        let mutable i = at
        let mutable dots = 0
        let mutable digits = 0
        let mutable octet = 0u

        while i < stop do
            let c = s[i]
            let isEnd = c = 46uy && digits > 0
            let isDigit = Grammar.isDigit c && digits < 3
            octet <- if isEnd then 0u else octet * 10u + uint32 (c - 48uy)
            digits <- if isEnd then 0 else digits + 1
            dots <- if isEnd then dots + 1 else dots
            i <- if (isEnd || isDigit) && octet <= 255u then i + 1 else Int32.MaxValue

        i = stop && dots = 3 && digits > 0

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

    let private isNameOrIpv4 (s: ReadOnlySpan<byte>) at stop =
        if stop - at <= HostGlance.Most && at + HostGlance.Most <= s.Length then
            HostGlance.isGood s at (stop - at)
        else
            isName s at stop && (not (endsInNumber s at stop) || isIpv4 s at stop)

    /// The end of the host at `at`, or -1.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let host (s: ReadOnlySpan<byte>) at stop =
        if at < stop && s[at] = 91uy then
            bracketed s at stop
        else
            let last = Grammar.run Grammar.HostLow Grammar.HostHigh s at stop
            if last > at && isNameOrIpv4 s at last then last else -1

    /// The end of the digits at `at`; the port, or -1 when there are none or too large.
    let port (s: ReadOnlySpan<byte>) at stop (value: byref<int>) =
        let mutable i = at
        let mutable sum = 0

        while i < stop && Grammar.isDigit s[i] do
            sum <- min 65_536 (sum * 10 + int (s[i] - 48uy))
            i <- i + 1

        value <- if i = at || sum > 65_535 then -1 else sum
        i
