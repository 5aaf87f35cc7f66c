// A Contact that leads through this proxy: the URI that was there and the place its message came from,
// in the user part of one of ours, sealed (RFC 3261, 16.6, item 5; RFC 5626, 5.2 has the same idea for
// flows). It lasts as long as the key, its connection as long as this run.
module internal SipFun.Core.ContactToken

open System
open System.Buffers
open System.Buffers.Binary
open System.Buffers.Text
open SipFun

/// What a Contact of ours stands for.
[<NoEquality; NoComparison>]
type Named = { Contact: SipUri; Place: Place }

[<Literal>]
let private Mark = '~'

/// Seal, leg, transport, family, port, epoch, connection, address.
[<Literal>]
let private Head = 42

let private seal (own: ProxySettings) (bytes: ReadOnlySpan<byte>) =
    let mutable hash = SipHash.Pieces own.Secret
    hash.Add 4L
    hash.Add bytes
    hash.Finish()

let private put (own: ProxySettings) leg (place: Hop) (bytes: byte[]) =
    BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan 8, uint16 leg)
    bytes[10] <- byte place.Transport
    bytes[11] <- byte place.Address.Family
    BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan 12, uint16 place.Port)
    BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan 14, own.Epoch)
    BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan 18, place.Flow)
    BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan 26, place.Address.High)
    BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan 34, place.Address.Low)

/// The user part for a Contact that came from this place by this leg.
let encode own leg place (contact: SipUri) =
    let uri = contact.Octets
    let bytes = Array.zeroCreate<byte>(Head + uri.Length)
    put own leg place bytes
    uri.Span.CopyTo(bytes.AsSpan Head)

    BinaryPrimitives.WriteUInt64BigEndian(
        bytes.AsSpan(),
        seal own (ReadOnlySpan<byte>(bytes, 8, bytes.Length - 8))
    )

    string Mark + Base64Url.EncodeToString(ReadOnlySpan<byte> bytes)

let private hopOf (own: ProxySettings) (bytes: byte[]) =
    let isThisRun =
        BinaryPrimitives.ReadUInt32BigEndian(ReadOnlySpan<byte>(bytes, 14, 4)) = own.Epoch

    let flow = BinaryPrimitives.ReadInt64BigEndian(ReadOnlySpan<byte>(bytes, 18, 8))

    let address = {
        High = BinaryPrimitives.ReadUInt64BigEndian(ReadOnlySpan<byte>(bytes, 26, 8))
        Low = BinaryPrimitives.ReadUInt64BigEndian(ReadOnlySpan<byte>(bytes, 34, 8))
        Scope = 0u
        Family = enum<Family>(int bytes[11])
    }

    let port =
        int (BinaryPrimitives.ReadUInt16BigEndian(ReadOnlySpan<byte>(bytes, 12, 2)))

    {
        Hop.create (enum<Transport>(int bytes[10])) address port with
            Flow = (if isThisRun then flow else 0L)
    }

let private bytesOf (user: string) =
    let output = Array.zeroCreate<byte>(Base64Url.GetMaxDecodedLength(user.Length - 1))
    let mutable read = 0
    let mutable written = 0

    match Base64Url.DecodeFromChars(user.AsSpan 1, output.AsSpan(), &read, &written) with
    | OperationStatus.Done -> Array.sub output 0 written
    | _ -> Array.Empty()

let private opened own (bytes: byte[]) =
    let mutable uri: SipUri | null = null
    let text = ReadOnlySpan<byte>(bytes, Head, bytes.Length - Head)

    match SipUri.TryParse(text, &uri), uri with
    | true, NonNull contact ->
        let leg =
            int (BinaryPrimitives.ReadUInt16BigEndian(ReadOnlySpan<byte>(bytes, 8, 2)))

        ValueSome { Contact = contact; Place = { Hop = hopOf own bytes; Leg = leg } }
    | _ -> ValueNone

/// What the user part of a URI of ours stands for; none: it is no Contact of ours, or forged.
let tryDecode (own: ProxySettings) (user: string | null) =
    match user with
    | NonNull user when user.Length > Head && user[0] = Mark ->
        let bytes = bytesOf user

        if
            bytes.Length > Head
            && BinaryPrimitives.ReadUInt64BigEndian(ReadOnlySpan<byte> bytes) =
                seal own (ReadOnlySpan<byte>(bytes, 8, bytes.Length - 8))
        then
            opened own bytes
        else
            ValueNone
    | _ -> ValueNone
