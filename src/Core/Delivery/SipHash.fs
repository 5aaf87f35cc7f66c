// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits.
// It keys the tables that a peer's text reaches, so that nobody can choose colliding keys, and To tags
// (RFC 3261, 8.2.7). Deterministic in its key, so that a replay finds what the run found.
module SipFun.Core.SipHash

open System
open System.Buffers.Binary
open System.Numerics
open System.Runtime.InteropServices

[<Struct>]
type private Words = {
    mutable V0: uint64
    mutable V1: uint64
    mutable V2: uint64
    mutable V3: uint64
}

let private round (w: byref<Words>) =
    w.V0 <- w.V0 + w.V1
    w.V1 <- BitOperations.RotateLeft(w.V1, 13) ^^^ w.V0
    w.V0 <- BitOperations.RotateLeft(w.V0, 32)
    w.V2 <- w.V2 + w.V3
    w.V3 <- BitOperations.RotateLeft(w.V3, 16) ^^^ w.V2
    w.V0 <- w.V0 + w.V3
    w.V3 <- BitOperations.RotateLeft(w.V3, 21) ^^^ w.V0
    w.V2 <- w.V2 + w.V1
    w.V1 <- BitOperations.RotateLeft(w.V1, 17) ^^^ w.V2
    w.V2 <- BitOperations.RotateLeft(w.V2, 32)

let private absorb (w: byref<Words>) word =
    w.V3 <- w.V3 ^^^ word
    round &w
    round &w
    w.V0 <- w.V0 ^^^ word

/// The last word: what is left of the bytes, and their count in the top byte.
let private tail (bytes: ReadOnlySpan<byte>) length =
    let mutable word = uint64 (length &&& 0xff) <<< 56

    for index in 0 .. bytes.Length - 1 do
        word <- word ||| (uint64 bytes[index] <<< (8 * index))

    word

let private start key0 key1 = {
    V0 = key0 ^^^ 0x736f6d6570736575UL
    V1 = key1 ^^^ 0x646f72616e646f6dUL
    V2 = key0 ^^^ 0x6c7967656e657261UL
    V3 = key1 ^^^ 0x7465646279746573UL
}

let private finish (w: byref<Words>) =
    w.V2 <- w.V2 ^^^ 0xffUL

    for _ in 1..4 do
        round &w

    w.V0 ^^^ w.V1 ^^^ w.V2 ^^^ w.V3

let ofBytes (struct (key0: uint64, key1: uint64)) (bytes: ReadOnlySpan<byte>) =
    let mutable w = start key0 key1
    let mutable rest = bytes

    while rest.Length >= 8 do
        absorb &w (BinaryPrimitives.ReadUInt64LittleEndian rest)
        rest <- rest.Slice 8

    absorb &w (tail rest bytes.Length)
    finish &w

/// A hash of several pieces, without joining them: before each stands its length, so that what is
/// of one piece is never of two.
[<Struct; NoEquality; NoComparison>]
type internal Pieces =
    val mutable private words: Words

    new(struct (key0: uint64, key1: uint64)) = { words = start key0 key1 }

    member this.Add(number: int64) = absorb &this.words (uint64 number)

    member this.Add(piece: ReadOnlySpan<byte>) =
        absorb &this.words (uint64 piece.Length)
        let mutable rest = piece

        while rest.Length >= 8 do
            absorb &this.words (BinaryPrimitives.ReadUInt64LittleEndian rest)
            rest <- rest.Slice 8

        if not rest.IsEmpty then
            absorb &this.words (tail rest piece.Length)

    member this.Finish() = finish &this.words

/// Of a text's UTF-16 words, as they lie in memory.
let ofText key (text: string) = ofBytes key (MemoryMarshal.AsBytes(text.AsSpan()))
