// Nonces that need no memory to be recognised (RFC 7616, 3.3 and 5.4): when it was issued and its number,
// and a keyed hash of them, of the realm and of the address that it was issued to.
namespace SipFun.Core

open System
open System.Buffers.Binary
open System.Buffers.Text
open System.Security.Cryptography
open System.Text

/// What a nonce of ours says.
[<Struct>]
type Nonce = {
    Issued: Instant
    /// No two of one key have the same.
    Serial: int64
}

[<RequireQualifiedAccess>]
module Nonce =
    [<Literal>]
    let private Words = 16

    /// 128 bits of HMAC-SHA-256.
    [<Literal>]
    let private Seal = 16

    /// Of the words, of the realm, and of the address without its port: a NAT may change that.
    let private seal (key: byte array) realm (address: Address) (words: ReadOnlySpan<byte>) =
        let whom = Encoding.UTF8.GetBytes $"{Address.toString address}\n{realm}"
        let text: byte array = Array.zeroCreate (Words + whom.Length)
        words.CopyTo(Span text)
        whom.CopyTo(Span(text, Words, whom.Length))
        ReadOnlySpan(HMACSHA256.HashData(ReadOnlySpan key, ReadOnlySpan text), 0, Seal).ToArray()

    /// As it is sent: 43 letters, digits, "-" and "_".
    let write key realm address (nonce: Nonce) =
        let octets: byte array = Array.zeroCreate (Words + Seal)
        BinaryPrimitives.WriteInt64BigEndian(Span(octets, 0, 8), int64 nonce.Issued)
        BinaryPrimitives.WriteInt64BigEndian(Span(octets, 8, 8), nonce.Serial)

        (seal key realm address (ReadOnlySpan(octets, 0, Words))).CopyTo(Span(octets, Words, Seal))

        Base64Url.EncodeToString(ReadOnlySpan octets)

    let private unsealed key realm address (octets: byte array) =
        let words = ReadOnlySpan(octets, 0, Words)
        let expected = seal key realm address words

        if CryptographicOperations.FixedTimeEquals(expected, ReadOnlySpan(octets, Words, Seal)) then
            ValueSome {
                Issued = BinaryPrimitives.ReadInt64BigEndian(words) * 1L<ms>
                Serial = BinaryPrimitives.ReadInt64BigEndian(words.Slice 8)
            }
        else
            ValueNone

    /// None: another key's, another realm's, another address's, or nobody's.
    let read key realm address (text: string) : Nonce voption =
        let octets: byte array = Array.zeroCreate (Words + Seal)
        let mutable written = 0

        if
            text.Length = 43
            && Base64Url.IsValid(text.AsSpan())
            && Base64Url.TryDecodeFromChars(text.AsSpan(), Span octets, &written)
            && written = octets.Length
        then
            unsealed key realm address octets
        else
            ValueNone
