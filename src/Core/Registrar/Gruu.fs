// Names of one device of a user (RFC 5627): the public one is the address-of-record with the
// instance in it; the temporary one is sealed, says whom it names only to who has the secret, and
// holds as long as the Call-ID that its device registers with (5.1, 5.3). Nothing is remembered.
[<RequireQualifiedAccess>]
module SipFun.Core.Gruu

open System
open System.Buffers.Binary
open System.Buffers.Text
open System.Security.Cryptography
open System.Text
open SipFun

[<Literal>]
let private Prefix = "tgruu."

/// What is sealed is of one length for all users, so that its length tells nothing: a byte for the
/// user's length, the user, hashes of instance and Call-ID, the CSeq (5.4, 5.1).
[<Literal>]
let private UserRoom = 47

[<Literal>]
let private PlainLength = 68

[<Literal>]
let private TagLength = 16

let private keyOf (struct (key0: uint64, key1: uint64)) =
    let key = Array.zeroCreate<byte> 16
    BinaryPrimitives.WriteUInt64LittleEndian(Span key, key0)
    BinaryPrimitives.WriteUInt64LittleEndian(Span(key, 8, 8), key1)
    key

let private mac secret (purpose: byte) (data: byte[]) =
    HMACSHA256.HashData(keyOf secret, Array.append [| purpose |] data)

/// As many bytes as are sealed, out of a tag that no two plain texts share.
let private stream secret tag =
    [| 0uy .. 2uy |] |> Array.collect (fun block -> mac secret 2uy (Array.append tag [| block |]))

let private masked secret tag (data: byte[]) =
    Array.map2 (^^^) data (Array.truncate data.Length (stream secret tag))

let private tagOf secret plain = Array.truncate TagLength (mac secret 1uy plain)

let private seal secret plain =
    let tag = tagOf secret plain
    Array.append tag (masked secret tag plain)

let private tryOpen secret (sealedBytes: byte[]) =
    if sealedBytes.Length <> TagLength + PlainLength then
        ValueNone
    else
        let tag = Array.truncate TagLength sealedBytes
        let plain = masked secret tag (Array.skip TagLength sealedBytes)
        let isOurs = CryptographicOperations.FixedTimeEquals(tag, tagOf secret plain)
        if isOurs then ValueSome plain else ValueNone

let private hash secret (text: string) =
    let bytes = Array.zeroCreate<byte> 8
    BinaryPrimitives.WriteUInt64LittleEndian(Span bytes, SipHash.ofText secret text)
    bytes

/// The user as it stands in the canonical name; empty without one.
let private userOf (address: AddressOfRecord) =
    let text = string address
    let at = text.LastIndexOf '@'
    if at < 0 then "" else text.Substring(4, at - 4)

/// The URI in the scheme of the Contact (RFC 5630, 5.2.1).
let private uri (contact: SipUri) (rest: string) =
    SipUri.Parse((if contact.IsSips then "sips:" else "sip:") + rest)

/// The public one of an instance (5.4, A.1).
let publicOf (address: AddressOfRecord) (contact: SipUri) (instance: string) =
    (uri contact ((string address).Substring 4)).WithParameter("gr", instance)

/// The temporary one that belongs to this REGISTER of an instance (5.4, A.2); none for a very long
/// user.
let temporary secret (address: AddressOfRecord) (contact: SipUri) instance (callId: CallId) cseq =
    let user = Encoding.ASCII.GetBytes(userOf address)

    if user.Length > UserRoom then
        ValueNone
    else
        let number = Array.zeroCreate<byte> 4
        BinaryPrimitives.WriteUInt32LittleEndian(Span number, cseq)

        let plain =
            Array.concat [
                [| byte user.Length |]
                user
                Array.zeroCreate (UserRoom - user.Length)
                hash secret instance
                hash secret callId.Value
                number
            ]

        let text = Base64Url.EncodeToString(ReadOnlySpan(seal secret plain))
        ValueSome((uri contact $"{Prefix}{text}@{address.Host}").WithParameter "gr")

/// What a URI of our domain names: everything of a user, one device of it, or what a device was.
[<RequireQualifiedAccess; NoComparison>]
type Target =
    | Address of AddressOfRecord
    | Instance of AddressOfRecord * instance: string
    | Temporary of AddressOfRecord * instanceHash: byte[] * callIdHash: byte[]

let private decoded (text: string) =
    if
        text.StartsWith(Prefix, StringComparison.Ordinal)
        && Base64Url.IsValid(text.AsSpan Prefix.Length)
    then
        Base64Url.DecodeFromChars(text.AsSpan Prefix.Length)
    else
        Array.empty

let private readTemporary secret (address: AddressOfRecord) =
    tryOpen secret (decoded (userOf address))
    |> ValueOption.map (fun plain ->
        let user = Encoding.ASCII.GetString(plain, 1, int plain[0])
        let whom = if user = "" then address.Host else $"{user}@{address.Host}"
        Target.Temporary(AddressOfRecord.Parse $"sip:{whom}", plain[48..55], plain[56..63]))

/// Whether an address is one that we gave out: nobody may register it as his own (5.4).
let isTemporary secret (address: AddressOfRecord) =
    (tryOpen secret (decoded (userOf address))).IsSome

/// What a URI names; none when it is a GRUU that we never gave out, or no SIP URI (6.1).
let tryRead secret (uri: SipUri) =
    let mutable address: AddressOfRecord | null = null

    match AddressOfRecord.TryCreate(uri, &address), address with
    | true, NonNull address ->
        match uri.GetParameter "gr" with
        | NonNull instance -> ValueSome(Target.Instance(address, instance))
        | _ when uri.HasParameter "gr" -> readTemporary secret address
        | _ -> ValueSome(Target.Address address)
    | _ -> ValueNone

/// Whose bindings are to be looked at.
let addressOf target =
    match target with
    | Target.Address address
    | Target.Instance(address, _)
    | Target.Temporary(address, _, _) -> address

/// The latest binding of each flow of an instance: its device may have registered anew (5.1).
let private latest (bindings: Binding list) =
    bindings
    |> List.groupBy (fun binding -> binding.RegId)
    |> List.map (fun (_, of1) -> of1 |> List.maxBy (fun binding -> binding.Since))

let private isHash secret (expected: byte[]) (text: string) = hash secret text = expected

/// The bindings of a target among those of its address: of a device the latest registered first
/// (6.1). None: it is no name any more.
let select secret target (bindings: Binding list) =
    let ofInstance isInstance =
        bindings
        |> List.filter (fun binding -> ValueOption.exists isInstance binding.Instance)
        |> List.sortByDescending (fun binding -> binding.Since)

    match target with
    | Target.Address _ -> ValueSome bindings
    | Target.Instance(_, instance) -> ValueSome(ofInstance ((=) instance))
    | Target.Temporary(_, instance, callId) ->
        let ofIt = ofInstance (isHash secret instance)

        if
            latest ofIt |> List.exists (fun binding -> isHash secret callId binding.CallId.Value)
        then
            ValueSome ofIt
        else
            ValueNone
