// Where values are written to as bytes: numbers in groups of seven bits, texts and lists behind their
// length. It knows no value by name.
namespace SipFun.Core

open System
open System.Buffers

/// Bytes, growing.
[<Sealed>]
type internal ByteWriter() =
    let bytes = ArrayBufferWriter<byte> 256

    member _.Byte(octet: byte) =
        bytes.GetSpan(1)[0] <- octet
        bytes.Advance 1

    /// As many groups of seven bits as it takes, the lowest first.
    member this.Unsigned(number: uint64) =
        let mutable rest = number

        while rest > 127UL do
            this.Byte(byte (rest &&& 127UL) ||| 128uy)
            rest <- rest >>> 7

        this.Byte(byte rest)

    /// The sign in the lowest bit, so that small numbers are short.
    member this.Number(number: int64) = this.Unsigned(uint64 ((number <<< 1) ^^^ (number >>> 63)))

    member this.Octets(octets: ReadOnlySpan<byte>) =
        this.Unsigned(uint64 octets.Length)
        bytes.Write octets

    /// Its UTF-16 words one by one, so that any text comes back as it was.
    member this.Text(text: string) =
        this.Unsigned(uint64 text.Length)

        for word in text do
            this.Unsigned(uint64 word)

    /// Which case of a union follows.
    member this.Case(case: int) = this.Unsigned(uint64 case)

    member _.Written = bytes.WrittenMemory
