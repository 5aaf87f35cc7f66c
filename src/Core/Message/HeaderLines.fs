// Cuts the header section into lines: name, colon, value, with folds joined (RFC 3261, 7.3.1).
// One tokenizer for everybody (V-05): a bare CR or LF, a NUL, a name that is no token end it all.
namespace SipFun.Core

open System
open System.Runtime.CompilerServices
open SipFun

/// Reads header lines.
[<RequireQualifiedAccess>]
module HeaderLines =
    /// The CRLF that ends the line at `at`, folds included; or -1. `section` is s up to and with
    /// the CRLF of the last line.
    let private lineEnd (section: ReadOnlySpan<byte>) at (fault: byref<Fault>) =
        let mutable from = at
        let mutable ended = 0

        while ended = 0 do
            let found = from + section.Slice(from).IndexOfAny(13uy, 10uy)
            let next = found + 2

            if
                found < from
                || section[found] <> 13uy
                || found + 1 >= section.Length
                || section[found + 1] <> 10uy
            then
                let offset = if found < from then section.Length else found
                ended <- fault.At(ParseFault.LineEnd, offset, "CRLF, no CR or LF alone")
            elif next < section.Length && (section[next] = 32uy || section[next] = 9uy) then
                from <- next
            else
                ended <- found

        ended

    /// The same in a section that is known to be plain.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let private plainLineEnd (s: ReadOnlySpan<byte>) stop (ends: byref<LineEnds>) =
        let mutable lf = -1

        while lf < 0 || lf + 1 < stop && (s[lf + 1] = 32uy || s[lf + 1] = 9uy) do
            lf <- ends.Next s

        lf - 1

    /// Every NUL of s[at..stop) must be escaped inside a quoted string (RFC 3261, 25.1).
    let private strayNul (s: ReadOnlySpan<byte>) at stop =
        let mutable i = at
        let mutable isInside = false
        let mutable isEscaped = false
        let mutable stray = -1

        while stray < 0 && i < stop do
            if isEscaped then
                isEscaped <- false
            elif s[i] = 0uy then
                stray <- i
            elif isInside && s[i] = 92uy then
                isEscaped <- true
            elif s[i] = 34uy then
                isInside <- not isInside

            i <- i + 1

        stray

    /// The colon after the name, blanks before it skipped; or what stands there instead.
    let private colon (s: ReadOnlySpan<byte>) nameEnd stop =
        let mutable i = nameEnd

        while i < stop && (s[i] = 32uy || s[i] = 9uy) do
            i <- i + 1

        i

    let private add (s: ReadOnlySpan<byte>) id at nameEnd colon stop (slot: byref<HeaderLine>) =
        let isUsual = colon + 2 < stop && s[colon + 1] = 32uy && s[colon + 2] > 32uy
        let value = if isUsual then colon + 2 else Grammar.skipBlanks s (colon + 1) stop
        slot <- HeaderLine(id, at, nameEnd, value, Grammar.trimEnd s value stop)
        stop + 2

    /// Any line: an unknown name, a compact form, blanks before the colon.
    let private anyLine
        (s: ReadOnlySpan<byte>)
        at
        stop
        (slot: byref<HeaderLine>)
        (fault: byref<Fault>)
        =
        let nameEnd = Grammar.token s at stop
        let colon = colon s nameEnd stop

        if nameEnd = at || s[colon] <> 58uy then
            fault.At(ParseFault.HeaderName, at, "header name and colon")
        else
            add s (HeaderName.identify s at nameEnd) at nameEnd colon stop &slot

    /// The line s[at..stop) into its slot: where the next begins, or -1.
    let private line
        (s: ReadOnlySpan<byte>)
        at
        stop
        (slot: byref<HeaderLine>)
        (fault: byref<Fault>)
        =
        let mutable nameEnd = 0
        let isShort = stop - at < 16

        let id = if isShort then HeaderId.Unknown else HeaderName.glance s at &nameEnd

        if id = HeaderId.Unknown then
            anyLine s at stop &slot &fault
        else
            add s id at nameEnd nameEnd stop &slot

    let private checkNuls (s: ReadOnlySpan<byte>) (index: MessageIndex) (fault: byref<Fault>) =
        let mutable i = 0
        let mutable stray = -1

        while stray < 0 && i < index.Count do
            stray <- strayNul s index.Lines[i].ValueStart index.Lines[i].ValueEnd
            i <- i + 1

        if stray < 0 then 0 else fault.At(ParseFault.LineEnd, stray, "no NUL")

    let private tooMany at (fault: byref<Fault>) =
        fault.At(ParseFault.TooLarge, at, "fewer or shorter header lines")

    /// The lines of a section in which every CR and LF is half of a CRLF. Not inlined, so that what
    /// it calls for each line is.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let private plain most (s: ReadOnlySpan<byte>) (index: MessageIndex) (fault: byref<Fault>) =
        let lines = index.Lines
        let section = index.HeadersEnd
        let mutable ends = LineEnds()
        let mutable at = index.HeadersStart
        let mutable i = 0
        ends.Next s |> ignore

        while at >= 0 && at < section do
            let stop = plainLineEnd s section &ends

            if i >= lines.Length || stop - at > most then
                at <- tooMany at &fault
            else
                at <- line s at stop &lines[i] &fault
                i <- i + 1

        index.Count <- i
        min at 0

    let private strange most (s: ReadOnlySpan<byte>) (index: MessageIndex) (fault: byref<Fault>) =
        let section = s.Slice(0, index.HeadersEnd)
        let mutable at = index.HeadersStart

        while at >= 0 && at < section.Length do
            let stop = lineEnd section at &fault

            if stop < 0 then
                at <- -1
            elif index.Count >= index.Lines.Length || stop - at > most then
                at <- tooMany at &fault
            else
                at <- line s at stop &index.Lines[index.Count] &fault
                index.Count <- index.Count + 1

        if at >= 0 && section.IndexOf 0uy >= 0 then
            checkNuls s index &fault
        else
            min at 0

    /// All lines from HeadersStart to HeadersEnd: 0, or -1 and the fault.
    let read
        (limits: ParseLimits)
        (s: ReadOnlySpan<byte>)
        (index: MessageIndex)
        (fault: byref<Fault>)
        =
        if index.IsPlain then
            plain limits.LineLength s index &fault
        else
            strange limits.LineLength s index &fault
