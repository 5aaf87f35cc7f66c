// Whether a host of up to 32 bytes is a name or an IPv4 address, all bytes at once, one bit each:
// what HostScan says byte by byte (RFC 3261, 25.1). Bit 0 stands for the first byte.
namespace SipFun.Core

open System
open System.Numerics
open System.Runtime.Intrinsics

[<RequireQualifiedAccess>]
module HostGlance =
    [<Literal>]
    let Most = 32

    let inline private bits (found: Vector256<byte>) = uint64 (found.ExtractMostSignificantBits())

    let inline private equal (bytes: Vector256<byte>) (octet: byte) =
        bits (Vector256.Equals(bytes, Vector256.Create octet))

    let inline private above (bytes: Vector256<byte>) (octet: byte) =
        bits (Vector256.GreaterThan(bytes, Vector256.Create octet))

    /// Labels neither begin nor end with a hyphen, and none but the last is empty.
    let private isName dots hyphens last =
        let starts = (dots <<< 1) ||| 1UL
        let ends = (dots >>> 1) ||| last
        ((starts &&& dots) ||| (starts &&& hyphens) ||| (ends &&& hyphens)) = 0UL

    /// Whether the last label is made of digits: then the whole must be an address.
    let private endsInNumber (dots: uint64) digits all last =
        let others = all &&& ~~~digits &&& ~~~(dots &&& last)
        let top = 63 - BitOperations.LeadingZeroCount others
        others = 0UL || (dots >>> top) &&& 1UL = 1UL

    /// Whether one of the numbers of three digits is above 255.
    let private isAbove255 (bytes: Vector256<byte>) hundreds =
        let twos = hundreds &&& equal bytes 50uy
        let tens = equal bytes 53uy >>> 1
        let large = (above bytes 53uy >>> 1) ||| (tens &&& (above bytes 53uy >>> 2))
        ((hundreds &&& above bytes 50uy) ||| (twos &&& large)) <> 0UL

    /// Four numbers up to 255; no dot stands first, and none beside another.
    let private isIpv4 (bytes: Vector256<byte>) (dots: uint64) digits all last =
        let hundreds = digits &&& (digits >>> 1) &&& (digits >>> 2)
        let isFour = (digits ||| dots) = all && BitOperations.PopCount dots = 3

        isFour
        && dots &&& last = 0UL
        && hundreds &&& (digits >>> 3) = 0UL
        && (hundreds = 0UL || not (isAbove255 bytes hundreds))

    /// Whether the `length` bytes of a host that begin at `at` are one; 32 bytes must be there.
    let isGood (s: ReadOnlySpan<byte>) at length =
        let bytes = Vector256.Create<byte>(s.Slice(at, Most))
        let all = (1UL <<< length) - 1UL
        let last = 1UL <<< (length - 1)
        let dots = equal bytes 46uy &&& all
        let hyphens = equal bytes 45uy &&& all
        let digits = above bytes 47uy &&& ~~~(above bytes 57uy) &&& all

        isName dots hyphens last
        && (not (endsInNumber dots digits all last) || isIpv4 bytes dots digits all last)
