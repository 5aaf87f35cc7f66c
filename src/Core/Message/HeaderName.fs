// The header fields we know by name, their compact forms, and how a name on the wire is recognised
// (RFC 3261, 7.3.3 and 20, and the extensions of IANA's list that carry structure).
namespace SipFun.Core

open System

/// A header field known by name; Unknown for all others.
type HeaderId =
    | Unknown = 0
    | Via = 1
    | From = 2
    | To = 3
    | CallId = 4
    | CSeq = 5
    | MaxForwards = 6
    | ContentLength = 7
    | ContentType = 8
    | Contact = 9
    | Route = 10
    | RecordRoute = 11
    | Accept = 12
    | AcceptContact = 13
    | AcceptEncoding = 14
    | AcceptLanguage = 15
    | AlertInfo = 16
    | Allow = 17
    | AllowEvents = 18
    | AuthenticationInfo = 19
    | Authorization = 20
    | CallInfo = 21
    | ContentDisposition = 22
    | ContentEncoding = 23
    | ContentLanguage = 24
    | Date = 25
    | ErrorInfo = 26
    | Event = 27
    | Expires = 28
    | FlowTimer = 29
    | Identity = 30
    | IdentityInfo = 31
    | InReplyTo = 32
    | MinExpires = 33
    | MinSe = 34
    | MimeVersion = 35
    | Organization = 36
    | Path = 37
    | Priority = 38
    | ProxyAuthenticate = 39
    | ProxyAuthorization = 40
    | ProxyRequire = 41
    | RAck = 42
    | Reason = 43
    | ReferTo = 44
    | ReferredBy = 45
    | RejectContact = 46
    | Replaces = 47
    | ReplyTo = 48
    | RequestDisposition = 49
    | Require = 50
    | RetryAfter = 51
    | RSeq = 52
    | Server = 53
    | ServiceRoute = 54
    | SessionExpires = 55
    | SipETag = 56
    | SipIfMatch = 57
    | Subject = 58
    | SubscriptionState = 59
    | Supported = 60
    | Timestamp = 61
    | Unsupported = 62
    | UserAgent = 63
    | Warning = 64
    | WwwAuthenticate = 65

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

    let private bucket (name: ReadOnlySpan<byte>) =
        let first = int (name[0] ||| 0x20uy)
        let last = int (name[name.Length - 1] ||| 0x20uy)
        (name.Length * 7 + first * 31 + last * 5) &&& 255

    /// The identifiers that share a bucket, 4 a bucket, zeros after the last.
    let private buckets =
        let slots = Array.zeroCreate<HeaderId> 1024

        for id in 1 .. table.Length do
            let at = 4 * bucket (ReadOnlySpan<byte> octets[id])
            let free = Array.FindIndex(slots, at, 4, fun slot -> slot = HeaderId.Unknown)
            slots[free] <- enum id

        slots

    /// The name in full, as RFC 3261 spells it; empty for Unknown.
    let text (id: HeaderId) = texts[int id]

    /// All the fields we know.
    let all = [| for id in 1 .. table.Length -> enum<HeaderId> id |]

    /// The compact form, or nothing (RFC 3261, 7.3.3).
    let compactForm (id: HeaderId) =
        let struct (_, form) = table[int id - 1]
        form

    /// Which field this is the name of, in full or compact, in any case.
    let identify (name: ReadOnlySpan<byte>) : HeaderId =
        if name.Length <= 1 then
            if name.IsEmpty || name[0] > 127uy then
                HeaderId.Unknown
            else
                compact[int name[0]]
        else
            let mutable at = 4 * bucket name
            let last = at + 4
            let mutable found = HeaderId.Unknown

            while at < last && buckets[at] <> HeaderId.Unknown do
                let known = ReadOnlySpan<byte> octets[int buckets[at]]

                if name.SequenceEqual known || Octets.sameText name known then
                    found <- buckets[at]
                    at <- last
                else
                    at <- at + 1

            found

    /// The same for text.
    let ofText (name: string) = identify (ReadOnlySpan<byte>(Octets.ofText name))
