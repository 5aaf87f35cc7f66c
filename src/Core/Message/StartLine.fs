// The first line: Request-Line or Status-Line (RFC 3261, 7.1 and 7.2). Exactly one SP between the
// parts; RFC 4475, 3.1.2.7 to 3.1.2.11 name the sins that are refused here.
namespace SipFun.Core

open System
open System.Buffers.Binary
open SipFun

/// Reads start lines into the index.
[<RequireQualifiedAccess>]
module StartLine =
    /// SIP/2.0 at `at`, in any case (RFC 3261, 7.1).
    let private isVersion (s: ReadOnlySpan<byte>) at =
        (s[at] ||| 0x20uy) = 115uy
        && (s[at + 1] ||| 0x20uy) = 105uy
        && (s[at + 2] ||| 0x20uy) = 112uy
        && s[at + 3] = 47uy
        && s[at + 4] = 50uy
        && s[at + 5] = 46uy
        && s[at + 6] = 48uy

    let private looksLikeVersion (s: ReadOnlySpan<byte>) at stop =
        stop - at >= 4
        && (s[at] ||| 0x20uy) = 115uy
        && (s[at + 1] ||| 0x20uy) = 105uy
        && (s[at + 2] ||| 0x20uy) = 112uy
        && s[at + 3] = 47uy

    let private status (s: ReadOnlySpan<byte>) stop (index: MessageIndex) (fault: byref<Fault>) =
        let code = if stop < 12 then -1L else Grammar.number s 8 11 699L
        index.IsRequest <- false
        index.MethodEndOrStatus <- int code
        index.MiddleStart <- 12
        index.MiddleEnd <- stop

        let isUsual = BinaryPrimitives.ReadUInt64LittleEndian s = 0x20302E322F504953UL

        if not (isUsual || isVersion s 0) then
            fault.At(ParseFault.Version, 0, "SIP/2.0")
        elif s[7] <> 32uy || code < 100L || s[11] <> 32uy then
            fault.At(ParseFault.StatusCode, 8, "three digits between single blanks")
        elif not index.IsPlain && s.Slice(12, stop - 12).IndexOf 0uy >= 0 then
            fault.At(ParseFault.StartLine, 12, "a reason phrase without NUL")
        else
            0

    /// The version after the URI: `stop` must be right behind it.
    let private version (s: ReadOnlySpan<byte>) at stop (fault: byref<Fault>) =
        if stop - at = 7 && isVersion s at then
            0
        elif looksLikeVersion s at stop && Grammar.token s (at + 4) stop = stop then
            fault.At(ParseFault.Version, at, "SIP/2.0")
        else
            fault.At(ParseFault.StartLine, at, "SIP/2.0 and the end of the line")

    let private uri (s: ReadOnlySpan<byte>) at stop (fault: byref<Fault>) =
        let mutable parts = UriParts()

        if UriScan.scan s at stop &parts &fault < 0 then
            -1
        elif parts.HeadersStart >= 0 then
            fault.At(ParseFault.Uri, parts.HeadersStart - 1, "no headers in a Request-URI")
        else
            0

    let private request (s: ReadOnlySpan<byte>) stop (index: MessageIndex) (fault: byref<Fault>) =
        let blank = Grammar.token s 0 stop

        if blank = 0 || blank = stop || s[blank] <> 32uy then
            fault.At(ParseFault.Method, blank, "a method and one blank")
        else
            let length = s.Slice(blank + 1, stop - blank - 1).IndexOf 32uy
            index.IsRequest <- true
            index.MethodEndOrStatus <- blank
            index.MiddleStart <- blank + 1
            index.MiddleEnd <- blank + 1 + length

            if length <= 0 then
                fault.At(ParseFault.StartLine, blank + 1, "Request-URI and version")
            elif version s (index.MiddleEnd + 1) stop &fault < 0 then
                -1
            else
                uri s index.MiddleStart index.MiddleEnd &fault

    /// The line s[0..stop): 0, or -1 and the fault.
    let read (s: ReadOnlySpan<byte>) stop (index: MessageIndex) (fault: byref<Fault>) =
        if looksLikeVersion s 0 stop && stop >= 8 then
            status s stop index &fault
        else
            request s stop index &fault
