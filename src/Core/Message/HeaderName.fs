// The header fields we know by name, their compact forms, and how a name on the wire is recognised
// (RFC 3261, 7.3.3 and 20, and the extensions of IANA's list that carry structure).
namespace SipFun.Core

open System
open System.Numerics
open System.Runtime.Intrinsics

/// A name of at most 16 bytes, to be compared in one step; of a longer one, what it names.
[<Struct; NoEquality; NoComparison>]
type private WideName =
    val Id: HeaderId
    val private length: int
    /// The name in lower case, then 0xFF.
    val private lower: Vector128<byte>
    /// 0x20 for a letter, which makes it lower case; 0xFF after the end, where anything may stand.
    val private blind: Vector128<byte>

    new(id, name: byte[]) =
        let at i pad fold = if i < name.Length then fold name[i] else pad
        let lower = Array.init 16 (fun i -> at i 0xFFuy (fun c -> c ||| 0x20uy))
        let bit c = if Grammar.isAlpha c then 0x20uy else 0uy

        {
            Id = id
            length = name.Length
            lower = Vector128.Create<byte> lower
            blind = Vector128.Create<byte>(Array.init 16 (fun i -> at i 0xFFuy bit))
        }

    /// Whether the name that stands at `at` is this one; 16 bytes of `s` must be there.
    member this.IsAt(s: ReadOnlySpan<byte>, at, length) =
        let seen = Vector128.Create<byte>(s.Slice(at, 16)) ||| this.blind
        length = this.length && Vector128.EqualsAll(seen ^^^ this.lower, Vector128<byte>.Zero)

/// Names to identifiers and back.
[<RequireQualifiedAccess>]
module HeaderName =
    /// In the order of HeaderId: the name, and the compact form when there is one.
    let private table = [|
        struct ("Via", "v")
        struct ("From", "f")
        struct ("To", "t")
        struct ("Call-ID", "i")
        struct ("CSeq", "")
        struct ("Max-Forwards", "")
        struct ("Content-Length", "l")
        struct ("Content-Type", "c")
        struct ("Contact", "m")
        struct ("Route", "")
        struct ("Record-Route", "")
        struct ("Accept", "")
        struct ("Accept-Contact", "a")
        struct ("Accept-Encoding", "")
        struct ("Accept-Language", "")
        struct ("Alert-Info", "")
        struct ("Allow", "")
        struct ("Allow-Events", "u")
        struct ("Authentication-Info", "")
        struct ("Authorization", "")
        struct ("Call-Info", "")
        struct ("Content-Disposition", "")
        struct ("Content-Encoding", "e")
        struct ("Content-Language", "")
        struct ("Date", "")
        struct ("Error-Info", "")
        struct ("Event", "o")
        struct ("Expires", "")
        struct ("Flow-Timer", "")
        struct ("Identity", "y")
        struct ("Identity-Info", "n")
        struct ("In-Reply-To", "")
        struct ("Min-Expires", "")
        struct ("Min-SE", "")
        struct ("MIME-Version", "")
        struct ("Organization", "")
        struct ("Path", "")
        struct ("Priority", "")
        struct ("Proxy-Authenticate", "")
        struct ("Proxy-Authorization", "")
        struct ("Proxy-Require", "")
        struct ("RAck", "")
        struct ("Reason", "")
        struct ("Refer-To", "r")
        struct ("Referred-By", "b")
        struct ("Reject-Contact", "j")
        struct ("Replaces", "")
        struct ("Reply-To", "")
        struct ("Request-Disposition", "d")
        struct ("Require", "")
        struct ("Retry-After", "")
        struct ("RSeq", "")
        struct ("Server", "")
        struct ("Service-Route", "")
        struct ("Session-Expires", "x")
        struct ("SIP-ETag", "")
        struct ("SIP-If-Match", "")
        struct ("Subject", "s")
        struct ("Subscription-State", "")
        struct ("Supported", "k")
        struct ("Timestamp", "")
        struct ("Unsupported", "")
        struct ("User-Agent", "")
        struct ("Warning", "")
        struct ("WWW-Authenticate", "")
        struct ("Proxy-Authentication-Info", "")
    |]

    let private texts =
        Array.append [| "" |] (table |> Array.map (fun (struct (name, _)) -> name))

    let private octets = texts |> Array.map Octets.ofText

    /// By letter: the field of a compact form.
    let private compact =
        let forms = Array.zeroCreate<HeaderId> 128

        table
        |> Array.iteri (fun i (struct (_, form)) ->
            if form <> "" then
                forms[int form[0]] <- enum (i + 1)
                forms[int (Char.ToUpperInvariant form[0])] <- enum (i + 1))

        forms

    /// No two names share a slot: GrammarTests finds them all.
    let inline private slotOf (s: ReadOnlySpan<byte>) at stop =
        let length = stop - at
        let first = int (s[at] ||| 0x20uy)
        let middle = int (s[at + length / 2] ||| 0x20uy)
        (length * 2 + first * 25 + middle * 19) &&& 255

    let private slots =
        let slots = Array.zeroCreate<WideName> 256

        for id in 1 .. table.Length do
            let slot = slotOf (ReadOnlySpan<byte> octets[id]) 0 octets[id].Length
            slots[slot] <- WideName(enum id, octets[id])

        slots

    /// The name in full, as RFC 3261 spells it; empty for Unknown.
    let text (id: HeaderId) = texts[int id]

    /// All the fields we know.
    let all = [| for id in 1 .. table.Length -> enum<HeaderId> id |]

    /// The compact form, or nothing (RFC 3261, 7.3.3).
    let compactForm (id: HeaderId) =
        let struct (_, form) = table[int id - 1]
        form

    let private inFull (s: ReadOnlySpan<byte>) at stop =
        let slot = &slots[slotOf s at stop]
        let length = stop - at

        let isSame =
            if length <= 16 && at + 16 <= s.Length then
                slot.IsAt(s, at, length)
            else
                Octets.sameText (s.Slice(at, length)) (ReadOnlySpan<byte> octets[int slot.Id])

        if isSame then slot.Id else HeaderId.Unknown

    /// The field whose usual name, of up to 15 bytes, stands right before a colon at `at`; Unknown
    /// for all others. 16 bytes must be there.
    let glance (s: ReadOnlySpan<byte>) at (nameEnd: byref<int>) : HeaderId =
        let colons =
            Vector128.Equals(Vector128.Create<byte>(s.Slice(at, 16)), Vector128.Create 58uy)

        let length = BitOperations.TrailingZeroCount(colons.ExtractMostSignificantBits())

        if length > 15 || length < 2 then
            HeaderId.Unknown
        else
            nameEnd <- at + length
            let slot = &slots[slotOf s at nameEnd]
            if slot.IsAt(s, at, length) then slot.Id else HeaderId.Unknown

    /// Which field s[at..stop) is the name of, in full or compact, in any case.
    let identify (s: ReadOnlySpan<byte>) at stop : HeaderId =
        if stop - at > 1 then inFull s at stop
        elif stop = at || s[at] > 127uy then HeaderId.Unknown
        else compact[int s[at]]

    /// The same for text.
    let ofText (name: string) =
        let octets = Octets.ofText name
        identify (ReadOnlySpan<byte> octets) 0 octets.Length
