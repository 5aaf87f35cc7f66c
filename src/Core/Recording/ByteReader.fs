// Where values are read from: total, whatever the bytes are. The first fault stays, and all that is read
// after it is empty; whoever began looks at `Fault` at the end and at nothing else before it.
namespace SipFun.Core

open System

/// Bytes, and how far they are read.
[<Sealed>]
type internal ByteReader(bytes: ReadOnlyMemory<byte>) =
    let mutable at = 0
    let mutable fault: string | null = null

    /// What is wrong, first; null as long as nothing is.
    member _.Fault = fault

    member _.Fail(why: string) =
        if isNull fault then
            fault <- $"{why}, at byte {at}"

    member _.Left = if isNull fault then bytes.Length - at else 0

    member this.Byte() : byte =
        if this.Left < 1 then
            this.Fail "the end is missing"
            0uy
        else
            at <- at + 1
            bytes.Span[at - 1]

    member this.Unsigned() : uint64 =
        let mutable number = 0UL
        let mutable shift = 0
        let mutable octet = this.Byte()

        while octet > 127uy && shift < 63 do
            number <- number ||| (uint64 (octet &&& 127uy) <<< shift)
            shift <- shift + 7
            octet <- this.Byte()

        if shift = 63 && octet > 1uy then
            this.Fail "a number has more than 64 bits"

        number ||| (uint64 octet <<< shift)

    member this.Number() : int64 =
        let number = this.Unsigned()
        int64 (number >>> 1) ^^^ -(int64 (number &&& 1UL))

    /// How many of something follow: each takes a byte at least.
    member this.Count() : int =
        let count = this.Unsigned()

        if count > uint64 this.Left then
            this.Fail "there is less than it says"
            0
        else
            int count

    member this.Octets() : ReadOnlyMemory<byte> =
        let count = this.Count()
        at <- at + count
        bytes.Slice(at - count, count)

    member this.Text() : string =
        let words = Array.zeroCreate<char>(this.Count())

        for index in 0 .. words.Length - 1 do
            words[index] <- char (uint16 (this.Unsigned()))

        String words

    member this.Case() : int = int (min (this.Unsigned()) 1000UL)

    /// No case of this union has this number.
    member this.Unknown<'T>(union: string) : 'T =
        this.Fail $"an unknown {union}"
        Unchecked.defaultof<'T>
