// The letters of SIP: which bytes may stand where, and how to skip over a run of them
// (RFC 3261, 25.1). Positions are ints into one span; -1 means failure. Allocates nothing.
namespace SipFun.Core

open System
open System.Numerics
open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open SipFun

/// Character sets as two 64-bit masks each, and the scanners every production is made of.
[<RequireQualifiedAccess>]
module Grammar =
    // Each pair is (bytes 0x00-0x3F, bytes 0x40-0x7F); GrammarTests spells the sets out.
    [<Literal>]
    let TokenLow = 0x03FF6CA200000000UL

    [<Literal>]
    let TokenHigh = 0x47FFFFFF87FFFFFEUL

    [<Literal>]
    let HostLow = 0x03FF600000000000UL

    [<Literal>]
    let HostHigh = 0x07FFFFFE87FFFFFEUL

    [<Literal>]
    let Ipv6Low = 0x07FF400000000000UL

    [<Literal>]
    let Ipv6High = 0x0000007E0000007EUL

    [<Literal>]
    let UserLow = 0xABFFFFFA00000000UL

    [<Literal>]
    let UserHigh = 0x47FFFFFE87FFFFFEUL

    [<Literal>]
    let PasswordLow = 0x23FF7FF200000000UL

    [<Literal>]
    let PasswordHigh = 0x47FFFFFE87FFFFFEUL

    [<Literal>]
    let UriParameterLow = 0x07FFEFF200000000UL

    [<Literal>]
    let UriParameterHigh = 0x47FFFFFEAFFFFFFEUL

    [<Literal>]
    let UriHeaderLow = 0x87FFEFB200000000UL

    [<Literal>]
    let UriHeaderHigh = 0x47FFFFFEAFFFFFFEUL

    /// gen-value without quotes, read generously: visible ASCII but the delimiters.
    [<Literal>]
    let ValueLow = 0xA7FFEFFA00000000UL

    [<Literal>]
    let ValueHigh = 0x7FFFFFFFEFFFFFFFUL

    [<Literal>]
    let WordLow = 0xD7FFEFA600000000UL

    [<Literal>]
    let WordHigh = 0x6FFFFFFFBFFFFFFEUL

    [<Literal>]
    let UricLow = 0xAFFFFFFA00000000UL

    [<Literal>]
    let UricHigh = 0x47FFFFFEAFFFFFFFUL

    [<Literal>]
    let PhoneLow = 0x03FF6F0800000000UL

    [<Literal>]
    let PhoneHigh = 0x0000007E0000007EUL

    [<Literal>]
    let SchemeLow = 0x03FF680000000000UL

    [<Literal>]
    let SchemeHigh = 0x07FFFFFE07FFFFFEUL

    /// Whether the byte is in the set of the two masks. Without branches: digits and letters mix in
    /// tags and branches, and no processor can foresee which comes.
    let inline isIn (low: uint64) (high: uint64) (c: byte) =
        let isHigh = uint64 ((int64 c <<< 57) >>> 63)
        let mask = low ^^^ ((low ^^^ high) &&& isHigh)
        ((mask >>> int (c &&& 63uy)) &&& 1UL) > (uint64 c >>> 7)

    let inline isToken c = isIn TokenLow TokenHigh c
    let inline isDigit (c: byte) = c - 48uy <= 9uy

    let isHex (c: byte) = isDigit c || ((c ||| 0x20uy) - 97uy <= 5uy)

    let isAlpha (c: byte) = (c ||| 0x20uy) - 97uy <= 25uy

    /// SP, HTAB, and the line ends of folds: the line scanner lets no other CR or LF through.
    let inline isBlank (c: byte) = c <= 32uy && ((0x100002600UL >>> int c) &&& 1UL) <> 0UL

    /// Of the 16 bytes at `at`, one bit for each that is not in the set. Bit c of the masks is bit
    /// c % 8 of their byte c / 8: two table look-ups for 16 bytes at once. Bytes above 0x7F look
    /// up 0.
    let inline private outside16 (low: uint64) (high: uint64) (s: ReadOnlySpan<byte>) at =
        let bytes = Vector128.Create<byte>(s.Slice(at, 16))

        let row =
            (bytes >>> 3) &&& Vector128.Create 15uy ||| (bytes &&& Vector128.Create 128uy)

        let column = bytes &&& Vector128.Create 7uy
        let rows = Vector128.ShuffleNative((Vector128.Create(low, high)).AsByte(), row)
        let bits = Vector128.Create(0x8040201008040201UL).AsByte()
        let found = rows &&& Vector128.ShuffleNative(bits, column)
        Vector128.ExtractMostSignificantBits(Vector128.Equals(found, Vector128<byte>.Zero))

    /// The same of 32 bytes.
    let inline private outside32 (low: uint64) (high: uint64) (s: ReadOnlySpan<byte>) at =
        let bytes = Vector256.Create<byte>(s.Slice(at, 32))
        let sets = Vector256.Create(low, high, 0UL, 0UL).AsByte()
        let rows = Vector256.ShuffleNative(sets, bytes >>> 3)
        let bits = Vector256.Create(0x8040201008040201UL).AsByte()
        let found = rows &&& Vector256.ShuffleNative(bits, bytes &&& Vector256.Create 7uy)
        Vector256.ExtractMostSignificantBits(Vector256.Equals(found, Vector256<byte>.Zero))

    let private byteByByte (low: uint64) (high: uint64) (s: ReadOnlySpan<byte>) at stop =
        let mutable i = at

        while i < stop && isIn low high s[i] do
            i <- i + 1

        i

    /// Less than 16 bytes before the end: the last 16, without those before `at`.
    let private lastRun (low: uint64) (high: uint64) (s: ReadOnlySpan<byte>) at stop =
        if at >= stop || s.Length < 16 then
            byteByByte low high s at stop
        else
            let from = s.Length - 16
            let strangers = outside16 low high s from >>> (at - from)
            min stop (at + BitOperations.TrailingZeroCount strangers)

    /// Near the end of the bytes, and of what is longer than most.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let private runOn (low: uint64) (high: uint64) (s: ReadOnlySpan<byte>) at stop =
        let mutable i = at
        let mutable strangers = 0u

        while strangers = 0u && i < stop && i + 16 <= s.Length do
            strangers <- outside16 low high s i
            i <- i + 16

        if strangers = 0u then
            lastRun low high s (min i stop) stop
        else
            min stop (i - 16 + BitOperations.TrailingZeroCount strangers)

    /// The end of the run of bytes in the set that starts at `at`.
    let run (low: uint64) (high: uint64) (s: ReadOnlySpan<byte>) at stop =
        let isWide = Vector256.IsHardwareAccelerated && at + 32 <= s.Length
        let strangers = if isWide then outside32 low high s at else 0u

        if strangers <> 0u then
            min stop (at + BitOperations.TrailingZeroCount strangers)
        else
            runOn low high s (if isWide then at + 32 else at) stop

    /// The first `octet` in s[at..stop), or -1.
    let indexOf (octet: byte) (s: ReadOnlySpan<byte>) at stop =
        let isWide = at + 32 <= s.Length

        let bytes =
            if isWide then
                Vector256.Create<byte>(s.Slice(at, 32))
            else
                Vector256<byte>.Zero

        let found =
            Vector256.Equals(bytes, Vector256.Create octet).ExtractMostSignificantBits()

        if isWide && found <> 0u then
            let first = at + BitOperations.TrailingZeroCount found
            if first < stop then first else -1
        else
            let first = s.Slice(at, stop - at).IndexOf octet
            if first < 0 then -1 else at + first

    /// The end of a word (RFC 3261, 25.1).
    let word (s: ReadOnlySpan<byte>) at stop = run WordLow WordHigh s at stop

    let token (s: ReadOnlySpan<byte>) at stop = run TokenLow TokenHigh s at stop

    let skipBlanks (s: ReadOnlySpan<byte>) at stop =
        let mutable i = at

        while i < stop && isBlank s[i] do
            i <- i + 1

        i

    /// The end of s[at..stop) without the blanks at its end.
    let trimEnd (s: ReadOnlySpan<byte>) at stop =
        let mutable i = stop

        while i > at && isBlank s[i - 1] do
            i <- i - 1

        i

    /// The position after the closing quote of the quoted string that opens at `at`, or -1.
    /// A backslash takes the next byte with it, but no line end (RFC 3261, 25.1 quoted-pair).
    let quoted (s: ReadOnlySpan<byte>) at stop =
        let mutable i = at + 1
        let mutable ended = -1

        while ended < 0 && i < stop do
            match s[i] with
            | 34uy -> ended <- i + 1
            | 92uy when i + 1 >= stop || s[i + 1] = 13uy || s[i + 1] = 10uy -> i <- stop
            | 92uy -> i <- i + 2
            | _ -> i <- i + 1

        ended

    /// Decimal digits of s[at..stop) as a number; -1 for none, another byte, or above `most`.
    /// `most` is below 2**59, so the sum cannot wrap.
    let number (s: ReadOnlySpan<byte>) at stop (most: int64) =
        let mutable i = at
        let mutable value = 0L

        while i < stop && value >= 0L do
            if isDigit s[i] then
                value <- value * 10L + int64 (s[i] - 48uy)

                if value > most then
                    value <- -1L
            else
                value <- -1L

            i <- i + 1

        if at >= stop then -1L else value

    /// Whether every % in s[at..stop) begins an escape of two hexadecimal digits.
    let escapesAreWhole (s: ReadOnlySpan<byte>) at stop =
        let mutable i = at
        let mutable whole = true

        while whole && i < stop do
            let found = s.Slice(i, stop - i).IndexOf 37uy

            if found < 0 then
                i <- stop
            else
                i <- i + found
                whole <- i + 2 < stop && isHex s[i + 1] && isHex s[i + 2]
                i <- i + 3

        whole

    /// Whether s[at..stop) is made of bytes of the set and whole escapes.
    let isAll low high (s: ReadOnlySpan<byte>) at stop =
        run low high s at stop = stop && escapesAreWhole s at stop

/// Sets for vectorised searches.
[<RequireQualifiedAccess>]
module ScanSets =
    /// What ends an addr-spec outside brackets (RFC 3261, 20.10), blanks included.
    let addrSpecEnd =
        System.Buffers.SearchValues.Create(Text.Encoding.ASCII.GetBytes ";,?<>\" \t\r\n")

    /// What no text of a caller may hold: line ends and NUL (V-05).
    let lineEnds =
        System.Buffers.SearchValues.Create(Text.Encoding.ASCII.GetBytes "\r\n\000")
