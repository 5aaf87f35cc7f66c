// Parameters of header values: ;name, ;name=value, ;name="value" (RFC 3261, 7.3.1 and 25.1).
namespace SipFun.Core

open System

/// gen-value = token / host / quoted-string (RFC 3261, 25.1).
[<RequireQualifiedAccess>]
module GenValue =
    let private isAll low high (s: ReadOnlySpan<byte>) =
        s.Length > 0 && Grammar.run low high s 0 s.Length = s.Length

    let private isAddress (s: ReadOnlySpan<byte>) =
        isAll Grammar.Ipv6Low Grammar.Ipv6High s && s.Contains 58uy

    /// Whether a value may stand without quotes: a token, names and IPv4 addresses among them, or
    /// an IPv6 address, in brackets or, as in received, without.
    let isPlain (value: string) =
        let s = ReadOnlySpan<byte>(Octets.ofText value)
        let isBracketed = s.Length > 2 && s[0] = 91uy && s[s.Length - 1] = 93uy

        isAll Grammar.TokenLow Grammar.TokenHigh s
        || isAddress (if isBracketed then s.Slice(1, s.Length - 2) else s)

namespace SipFun

open SipFun.Core

/// <summary>One parameter. <c>Value</c> is null when there is no equals sign; quotes, backslashes
/// and, in URIs, percent-escapes are already taken away.</summary>
[<Struct>]
type SipParameter(name: string, value: string | null) =
    /// <summary>The name as it was written; compare without regard to case.</summary>
    member _.Name = name

    /// <summary>The value, or null.</summary>
    member _.Value = value

    /// <summary>As in a header field; the value is quoted when it has to be.</summary>
    override _.ToString() =
        match value with
        | null -> name
        | value -> name + "=" + (if GenValue.isPlain value then value else Octets.quote value)

namespace SipFun.Core

open System
open System.Runtime.CompilerServices
open System.Buffers.Binary
open System.Collections.Generic
open SipFun

/// Where one parameter stands; ValueStart is -1 when it has no value.
[<Struct; NoEquality; NoComparison>]
type ParameterParts =
    val mutable NameStart: int
    val mutable NameEnd: int
    val mutable ValueStart: int
    val mutable ValueEnd: int
    /// Whether the value is a token, or there is none.
    val mutable IsToken: bool

/// Reads parameters one after the other.
[<RequireQualifiedAccess>]
module ParameterScan =
    /// A value without quotes: a token, most often.
    let private plainValue (s: ReadOnlySpan<byte>) at stop (parts: byref<ParameterParts>) =
        let last = Grammar.token s at stop
        parts.IsToken <- last = stop || s[last] = 59uy || s[last] = 44uy

        if parts.IsToken then
            last
        else
            let last = Grammar.run Grammar.ValueLow Grammar.ValueHigh s last stop
            parts.IsToken <- last = Grammar.token s at stop
            last

    let private value
        (s: ReadOnlySpan<byte>)
        at
        stop
        (parts: byref<ParameterParts>)
        (fault: byref<Fault>)
        =
        let first = Grammar.skipBlanks s at stop

        let last =
            if first < stop && s[first] = 34uy then
                Grammar.quoted s first stop
            else
                plainValue s first stop &parts

        if last <= first then
            fault.At(ParseFault.Parameter, first, "parameter value")
        else
            parts.ValueStart <- first
            parts.ValueEnd <- last
            Grammar.skipBlanks s last stop

    /// The end of a name that nearly every message has, known by its bytes; other names are
    /// scanned.
    let private nameEnd (s: ReadOnlySpan<byte>) at stop =
        let word =
            if at + 8 < stop then
                BinaryPrimitives.ReadUInt64LittleEndian(s.Slice at)
            else
                0UL

        let rport = word &&& 0xFFFFFFFFFFFFUL

        if word &&& 0xFFFFFFFFFFFFFFUL = 0x3D68636E617262UL then
            at + "branch".Length
        elif word &&& 0xFFFFFFFFUL = 0x3D676174UL then
            at + "tag".Length
        elif word = 0x6465766965636572UL && s[at + 8] = 61uy then
            at + "received".Length
        elif rport = 0x3B74726F7072UL || rport = 0x3D74726F7072UL then
            at + "rport".Length
        else
            Grammar.token s at stop

    /// The parameter whose name begins at or after `at`: where the next delimiter is, or -1.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let read (s: ReadOnlySpan<byte>) at stop (parts: byref<ParameterParts>) (fault: byref<Fault>) =
        parts.NameStart <- Grammar.skipBlanks s at stop
        parts.NameEnd <- nameEnd s parts.NameStart stop
        parts.ValueStart <- -1
        parts.ValueEnd <- -1
        parts.IsToken <- false

        if parts.NameEnd = parts.NameStart then
            fault.At(ParseFault.Parameter, parts.NameStart, "parameter name")
        else
            let next = Grammar.skipBlanks s parts.NameEnd stop

            if next < stop && s[next] = 61uy then
                value s (next + 1) stop &parts &fault
            else
                next

    /// The name that was just read as one number.
    let word s (parts: inref<ParameterParts>) = ParameterNames.word s parts.NameStart parts.NameEnd

    let private hashes (s: ReadOnlySpan<byte>) at stop count =
        let found = Array.zeroCreate<uint64> count
        let mutable parts = ParameterParts()
        let mutable fault = Fault()
        let mutable next = at
        let mutable i = 0

        while i < count do
            next <- read s (next + 1) stop &parts &fault
            found[i] <- ParameterNames.hash false s parts.NameStart parts.NameEnd
            i <- i + 1

        found

    /// `next`, or a fault when one of the names seen from the semicolon at `at` came twice.
    let once (s: ReadOnlySpan<byte>) at next (seen: inref<NamesSeen>) (fault: byref<Fault>) =
        let isDoubtful = next >= 0 && seen.IsDoubtful

        if isDoubtful && ParameterNames.hasTwo (hashes s at s.Length seen.Count) then
            fault.At(ParseFault.Parameter, at, "no parameter twice")
        else
            next

    /// All parameters from the semicolon at `at`: the position of the comma after them, or `stop`;
    /// -1 for a fault.
    let skipAll (s: ReadOnlySpan<byte>) at stop (fault: byref<Fault>) =
        let mutable parts = ParameterParts()
        let mutable seen = NamesSeen()
        let mutable next = at

        while next >= 0 && next < stop && s[next] = 59uy do
            next <- read s (next + 1) stop &parts &fault
            seen.Add(word s &parts)

        if next >= 0 && next < stop && s[next] <> 44uy then
            fault.At(ParseFault.Parameter, next, "';' or ','")
        else
            once s at next &seen &fault
