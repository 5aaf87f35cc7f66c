// Names of parameters: none may come twice (RFC 3261, 7.3.1 and 19.1.1; V-05). In linear time and,
// as a rule, without allocation: only names that share a bit are looked at again, as hashes.
namespace SipFun.Core

open System
open System.Buffers.Binary

/// The names seen so far, one bit each; doubtful when two share a bit.
[<Struct; NoEquality; NoComparison>]
type NamesSeen =
    val mutable Bits: uint64
    val mutable Count: int
    val mutable IsDoubtful: bool

    /// The factor spreads the names that parameters usually have over different bits.
    member this.Add(word: uint64) =
        let bit = 1UL <<< int ((word * 0xC4647159C324C985UL) >>> 58)
        this.IsDoubtful <- this.IsDoubtful || this.Bits &&& bit <> 0UL
        this.Bits <- this.Bits ||| bit
        this.Count <- this.Count + 1

/// Names as numbers.
[<RequireQualifiedAccess>]
module ParameterNames =
    [<Literal>]
    let private Lower = 0x2020202020202020UL

    let private hex (c: byte) = if c <= 57uy then c - 48uy else (c ||| 0x20uy) - 87uy

    let private isEscape (s: ReadOnlySpan<byte>) i stop =
        s[i] = 37uy && i + 2 < stop && Grammar.isHex s[i + 1] && Grammar.isHex s[i + 2]

    /// FNV-1a over the name in lower case; in URIs, with its escapes decoded. Who forges two names
    /// of one hash only has his own message refused.
    let hash isUri (s: ReadOnlySpan<byte>) start stop =
        let mutable sum = 0xCBF29CE484222325UL
        let mutable i = start

        while i < stop do
            let isEscaped = isUri && isEscape s i stop
            let c = if isEscaped then hex s[i + 1] * 16uy + hex s[i + 2] else s[i]
            let c = if c - 65uy <= 25uy then c ||| 0x20uy else c
            sum <- (sum ^^^ uint64 c) * 0x100000001B3UL
            i <- if isEscaped then i + 3 else i + 1

        sum

    let private eightAt (s: ReadOnlySpan<byte>) at =
        BinaryPrimitives.ReadUInt64LittleEndian(s.Slice at)

    let private byteByByte (s: ReadOnlySpan<byte>) start stop =
        let mutable word = 0UL

        for i in start .. stop - 1 do
            word <- (word >>> 8) ||| (uint64 s[i] <<< 56)

        word ||| Lower

    /// The name in lower case as one number: its last letter in the highest byte, blanks below the
    /// first. Exact for one to eight letters; of a longer name, a mixture of its first and last
    /// eight. (In no set of bytes for names do two differ by 0x20 alone but letters.)
    let word (s: ReadOnlySpan<byte>) start stop =
        let length = stop - start

        if length > 8 then
            ((eightAt s start ||| Lower) * 0x9E3779B97F4A7C15UL)
            ^^^ (eightAt s (stop - 8) ||| Lower)
        elif length > 0 && start + 8 <= s.Length then
            (eightAt s start <<< (8 * (8 - length))) ||| Lower
        else
            byteByByte s start stop

    /// Whether a number comes twice; sorts them.
    let hasTwo (hashes: uint64[]) =
        Array.sortInPlace hashes
        let mutable i = 1

        while i < hashes.Length && hashes[i] <> hashes[i - 1] do
            i <- i + 1

        i < hashes.Length
