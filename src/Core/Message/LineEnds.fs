// Where the lines of a header section end, 64 bytes at a glance (RFC 3261, 7). Only for sections in
// which every CR and LF is half of a CRLF and no byte is NUL; HeaderLines reads all others.
namespace SipFun.Core

open System
open System.Numerics
open System.Runtime.CompilerServices
open System.Runtime.Intrinsics

/// The line ends of one section, in order.
[<Struct; NoEquality; NoComparison>]
type LineEnds =
    /// The first byte of those the bits stand for.
    val mutable private window: int
    val mutable private bits: uint64

    /// The next LF of a message of 64 bytes or more; there must be one.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member this.Next(s: ReadOnlySpan<byte>) =
        while this.bits = 0UL do
            let from = min this.window (s.Length - 64)
            let bytes = Vector512.Create<byte>(s.Slice(from, 64))
            let found = Vector512.Equals(bytes, Vector512.Create 10uy)
            this.bits <- found.ExtractMostSignificantBits() >>> (this.window - from)
            this.window <- this.window + 64

        let found = this.window - 64 + BitOperations.TrailingZeroCount this.bits
        this.bits <- this.bits &&& (this.bits - 1UL)
        found

/// Looks for the end of a plain section.
[<Struct; NoEquality; NoComparison>]
type SectionEnd =
    /// How many lines there are, the start line among them, the empty one not.
    val mutable Lines: int
    /// Where the CRLF CRLF is; -1 while it was not found.
    val mutable Last: int
    /// Where the CRLF of the start line is.
    val mutable First: int
    val mutable private isStrange: bool
    // The CR and LF at the end of the 64 bytes before.
    val mutable private cr: uint64
    val mutable private lf: uint64

    /// Looks at 64 bytes, of which the first `before` were looked at; `at` is the next one's place.
    member inline private this.Look(bytes: Vector512<byte>, before: int, at: int) =
        let inline bits (octet: byte) =
            (Vector512.Equals(bytes, Vector512.Create octet)).ExtractMostSignificantBits()
            >>> before

        let cr = bits 13uy
        let lf = bits 10uy
        let empty = lf &&& ((lf <<< 2) ||| this.lf)
        let head = empty ^^^ (empty - 1UL)
        let strange = (((cr <<< 1) ||| this.cr) ^^^ lf) ||| bits 0uy
        this.isStrange <- strange &&& head <> 0UL

        if this.Lines = 0 then
            this.First <- at + BitOperations.TrailingZeroCount lf - 1

        this.Lines <- this.Lines + BitOperations.PopCount(lf &&& head)
        this.cr <- cr >>> 63
        this.lf <- lf >>> 62

        if empty <> 0UL then
            this.Lines <- this.Lines - 1
            this.Last <- at + BitOperations.TrailingZeroCount empty - 3

    /// Finds the end of the section that begins at s[0]; not of one that is not plain.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    member this.Find(s: ReadOnlySpan<byte>) =
        let mutable at = 0
        this.Last <- -1

        while this.Last < 0 && not this.isStrange && at + 64 <= s.Length do
            this.Look(Vector512.Create<byte>(s.Slice(at, 64)), 0, at)
            at <- at + 64

        if this.Last < 0 && not this.isStrange && at < s.Length && at > 0 then
            let from = s.Length - 64
            this.Look(Vector512.Create<byte>(s.Slice(from, 64)), at - from, at)

        this.Last >= 0 && not this.isStrange
