// SHA-512/256 (FIPS 180-4, 5.3.6.2 and 6.7), which RFC 7616 and RFC 8760 name and .NET does not have: SHA-512
// from other initial words, its first 256 bits.
module internal SipFun.Core.Sha512T256

open System
open System.Buffers.Binary
open System.Numerics

/// The first 64 bits of the fractional parts of the cube roots of the first eighty primes (4.2.3),
/// computed exactly: floor(cbrt(p) * 2^64) mod 2^64.
let private rounds: uint64 array =
    let cubeRoot (value: BigInteger) =
        let rec narrow (low: BigInteger) (high: BigInteger) =
            if high - low <= BigInteger.One then
                low
            else
                let middle = (low + high) / BigInteger 2

                if middle * middle * middle <= value then
                    narrow middle high
                else
                    narrow low middle

        narrow BigInteger.Zero (BigInteger.One <<< 68)

    let isPrime n = Seq.forall (fun d -> n % d <> 0) (seq { 2 .. int (sqrt (float n)) })

    Seq.initInfinite (fun n -> n + 2)
    |> Seq.filter isPrime
    |> Seq.truncate 80
    |> Seq.map (fun prime ->
        uint64 (cubeRoot (BigInteger prime <<< 192) &&& BigInteger UInt64.MaxValue))
    |> Seq.toArray

/// SHA-512/256's own initial words (5.3.6.2).
let private initial = [|
    0x22312194FC2BF72CUL
    0x9F555FA3C84C64C2UL
    0x2393B86B6F53B151UL
    0x963877195940EABDUL
    0x96283EE2A88EFFE3UL
    0xBE5E1E2553863992UL
    0x2B0199FC2C85B8AAUL
    0x0EB72DDC81C52CA2UL
|]

let inline private turned (x: uint64) by = BitOperations.RotateRight(x, by)

/// The message schedule of one block (6.4.2, step 1).
let private schedule (block: ReadOnlySpan<byte>) =
    let w: uint64 array = Array.zeroCreate 80

    for t in 0..15 do
        w[t] <- BinaryPrimitives.ReadUInt64BigEndian(block.Slice(8 * t))

    for t in 16..79 do
        let a, b = w[t - 15], w[t - 2]
        let s0 = turned a 1 ^^^ turned a 8 ^^^ (a >>> 7)
        let s1 = turned b 19 ^^^ turned b 61 ^^^ (b >>> 6)
        w[t] <- s1 + w[t - 7] + s0 + w[t - 16]

    w

/// One round (6.4.2, step 3) over the eight working words.
let private round (v: uint64 array) k w =
    let e, a = v[4], v[0]
    let s1 = turned e 14 ^^^ turned e 18 ^^^ turned e 41
    let s0 = turned a 28 ^^^ turned a 34 ^^^ turned a 39
    let t1 = v[7] + s1 + ((e &&& v[5]) ^^^ (~~~e &&& v[6])) + k + w
    let t2 = s0 + ((a &&& v[1]) ^^^ (a &&& v[2]) ^^^ (v[1] &&& v[2]))
    Array.Copy(v, 0, v, 1, 7)
    v[4] <- v[4] + t1
    v[0] <- t1 + t2

let private absorb (h: uint64 array) (block: ReadOnlySpan<byte>) =
    let w = schedule block
    let v = Array.copy h

    for t in 0..79 do
        round v rounds[t] w[t]

    for i in 0..7 do
        h[i] <- h[i] + v[i]

/// One bit 1, zeros, and the length in bits in 128 (5.1.2).
let private padded (message: ReadOnlySpan<byte>) =
    let octets: byte array = Array.zeroCreate ((message.Length + 17 + 127) / 128 * 128)
    message.CopyTo(Span octets)
    octets[message.Length] <- 0x80uy

    BinaryPrimitives.WriteUInt64BigEndian(
        Span(octets, octets.Length - 8, 8),
        uint64 message.Length * 8UL
    )

    octets

let hash (message: ReadOnlySpan<byte>) : byte array =
    let octets = padded message
    let h = Array.copy initial

    for start in 0..128 .. octets.Length - 128 do
        absorb h (ReadOnlySpan(octets, start, 128))

    let digest: byte array = Array.zeroCreate 32

    for i in 0..3 do
        BinaryPrimitives.WriteUInt64BigEndian(Span(digest, 8 * i, 8), h[i])

    digest
