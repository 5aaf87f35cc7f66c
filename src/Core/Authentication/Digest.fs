// Digest authentication as arithmetic (RFC 7616, 3.4; RFC 8760; RFC 3261, 22.4): what a challenge asks, and the
// answer to it; the same for both ends. Whether to answer is decided in UserAgent/DigestLogins.fs, whether
// to believe in Proxy/DigestServer.fs.
namespace SipFun

/// <summary>The hash of a digest, from weak to strong (RFC 7616, 3.3; RFC 8760, 2.2).</summary>
type DigestAlgorithm =
    /// <summary>MD5: broken, and what most of the world still asks for.</summary>
    | Md5 = 0
    /// <summary>SHA-256.</summary>
    | Sha256 = 1
    /// <summary>SHA-512/256.</summary>
    | Sha512T256 = 2

namespace SipFun.Core

open System
open System.Security.Cryptography
open System.Text
open SipFun

/// One challenge that we understand.
type DigestChallenge = {
    IsProxy: bool
    Realm: string
    Nonce: string
    Opaque: string | null
    Algorithm: DigestAlgorithm
    /// The "-sess" form: the first hash is taken once a nonce (RFC 7616, 3.4.2).
    IsSession: bool
    /// As it was named, to be named so again; null: not at all.
    Named: string | null
    /// "auth", "auth-int", or null: RFC 2069's form.
    Qop: string | null
    IsStale: bool
}

/// The nonce's count and the client's nonce, as texts: what was hashed is what is sent (trap T19).
type DigestUse = { Count: string; ClientNonce: string }

[<RequireQualifiedAccess>]
module Digest =
    let private algorithms = [
        "MD5", DigestAlgorithm.Md5
        "SHA-256", DigestAlgorithm.Sha256
        "SHA-512-256", DigestAlgorithm.Sha512T256
    ]

    /// As it is called in challenges (RFC 7616, 6.1; RFC 8760, 2.7).
    let nameOf algorithm = algorithms |> List.find (fun (_, known) -> known = algorithm) |> fst

    let private same (a: string | null) (b: string) =
        String.Equals(a, b, StringComparison.OrdinalIgnoreCase)

    /// The algorithm and whether it is the session form; without a name it is MD5.
    let algorithm (named: string | null) =
        match named with
        | null -> ValueSome(struct (DigestAlgorithm.Md5, false))
        | named ->
            let isSession = named.EndsWith("-sess", StringComparison.OrdinalIgnoreCase)
            let plain = if isSession then named.Substring(0, named.Length - 5) else named

            match List.tryFind (fun (name, _) -> same plain name) algorithms with
            | Some(_, found) -> ValueSome(struct (found, isSession))
            | None -> ValueNone

    let hash algorithm (octets: ReadOnlySpan<byte>) =
        match algorithm with
        | DigestAlgorithm.Md5 -> MD5.HashData octets
        | DigestAlgorithm.Sha256 -> SHA256.HashData octets
        | _ -> Sha512T256.hash octets
        |> Convert.ToHexStringLower

    let private hashText algorithm (text: string) =
        hash algorithm (ReadOnlySpan(Encoding.UTF8.GetBytes text))

    /// auth before auth-int; null where the challenge offers none; none where we understand none.
    let private quality (offered: string | null) : (string | null) voption =
        match offered with
        | null -> ValueSome null
        | offered ->
            let names =
                offered.Split(
                    ',',
                    StringSplitOptions.TrimEntries ||| StringSplitOptions.RemoveEmptyEntries
                )

            match [ "auth"; "auth-int" ] |> List.tryFind (fun q -> Array.exists (same q) names) with
            | Some found -> ValueSome found
            | None -> ValueNone

    /// A challenge of scheme Digest with realm, nonce, and an algorithm and qop that we understand.
    let challenge isProxy (value: AuthenticationValue) : DigestChallenge voption =
        let get = value.GetParameter
        let named = get "algorithm"

        match get "realm", get "nonce", algorithm named, quality (get "qop") with
        | NonNull realm, NonNull nonce, ValueSome(struct (algorithm, isSession)), ValueSome qop when
            same value.Scheme "Digest"
            ->
            ValueSome {
                IsProxy = isProxy
                Realm = realm
                Nonce = nonce
                Opaque = get "opaque"
                Algorithm = algorithm
                IsSession = isSession
                Named = named
                Qop = qop
                IsStale = same (get "stale") "true"
            }
        | _ -> ValueNone

    /// H(user:realm:password), which a server may keep in the password's place.
    let secret algorithm user realm password = hashText algorithm $"{user}:{realm}:{password}"

    /// The count as it is hashed and sent: eight hexadecimal digits.
    let count (uses: uint32) = uses.ToString "x8"

    let private ha1 (challenge: DigestChallenge) use' secret =
        if challenge.IsSession then
            hashText challenge.Algorithm $"{secret}:{challenge.Nonce}:{use'.ClientNonce}"
        else
            secret

    let private ha2 (challenge: DigestChallenge) method uri (body: ReadOnlySpan<byte>) =
        if same challenge.Qop "auth-int" then
            hashText challenge.Algorithm $"{method}:{uri}:{hash challenge.Algorithm body}"
        else
            hashText challenge.Algorithm $"{method}:{uri}"

    /// The `response` parameter (RFC 7616, 3.4.1). `secret` is H(user:realm:password).
    let response challenge use' secret (method: string) (uri: string) (body: ReadOnlySpan<byte>) =
        let a1 = ha1 challenge use' secret
        let a2 = ha2 challenge method uri body

        match challenge.Qop with
        | null -> hashText challenge.Algorithm $"{a1}:{challenge.Nonce}:{a2}"
        | qop ->
            let middle = $"{challenge.Nonce}:{use'.Count}:{use'.ClientNonce}:{qop}"
            hashText challenge.Algorithm $"{a1}:{middle}:{a2}"

    /// The value of Authorization or Proxy-Authorization (RFC 3261, 22.4).
    let credentials challenge use' user secret method uri (body: ReadOnlySpan<byte>) =
        let quote = Octets.quote
        let answer = response challenge use' secret method uri body

        String.Join(
            ", ",
            [
                $"Digest username={quote user}"
                $"realm={quote challenge.Realm}"
                $"nonce={quote challenge.Nonce}"
                $"uri={quote uri}"
                $"response=\"{answer}\""
                match challenge.Named with
                | null -> ()
                | named -> $"algorithm={named}"
                match challenge.Opaque with
                | null -> ()
                | opaque -> $"opaque={quote opaque}"
                match challenge.Qop with
                | null when challenge.IsSession -> $"cnonce={quote use'.ClientNonce}"
                | null -> ()
                | qop ->
                    $"qop={qop}"
                    $"nc={use'.Count}"
                    $"cnonce={quote use'.ClientNonce}"
            ]
        )
