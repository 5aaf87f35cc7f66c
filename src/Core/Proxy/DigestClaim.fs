// What credentials claim (RFC 7616, 3.4; RFC 3261, 22.4): read out of Authorization or Proxy-Authorization, and
// compared with what they should be. Knows no users and no nonces.
namespace SipFun.Core

open System
open System.Globalization
open System.Security.Cryptography
open System.Text
open SipFun

/// Somebody says who he is, in the words of a challenge.
type DigestClaim = {
    User: string
    Uri: string
    Response: string
    /// As it was asked, as far as the credentials tell.
    Challenge: DigestChallenge
    Use: DigestUse
    /// The nonce's count: 1 for RFC 2069's form, which has none, so that its nonce is good once.
    Count: uint32
}

[<RequireQualifiedAccess>]
module DigestClaim =
    let private same (a: string | null) (b: string) =
        String.Equals(a, b, StringComparison.OrdinalIgnoreCase)

    /// Whether these are credentials of scheme Digest for this realm.
    let isFor realm (value: AuthenticationValue) =
        same value.Scheme "Digest"
        && String.Equals(value.GetParameter "realm", realm, StringComparison.Ordinal)

    let private number (text: string) =
        let mutable count = 0u
        let style = NumberStyles.AllowHexSpecifier

        if
            text.Length = 8
            && UInt32.TryParse(text, style, CultureInfo.InvariantCulture, &count)
            && count > 0u
        then
            ValueSome count
        else
            ValueNone

    /// The count and the client's nonce; RFC 2069's form has neither (22.4, 8).
    let private used
        (value: AuthenticationValue)
        : struct ((string | null) * DigestUse * uint32) voption =
        match value.GetParameter "qop", value.GetParameter "nc", value.GetParameter "cnonce" with
        | null, _, _ -> ValueSome(struct (null, { Count = ""; ClientNonce = "" }, 1u))
        | qop, NonNull nc, NonNull nonce ->
            match number nc with
            | ValueSome count -> ValueSome(struct (qop, { Count = nc; ClientNonce = nonce }, count))
            | ValueNone -> ValueNone
        | _ -> ValueNone

    let private challenge isProxy realm nonce algorithm qop (value: AuthenticationValue) = {
        IsProxy = isProxy
        Realm = realm
        Nonce = nonce
        Opaque = value.GetParameter "opaque"
        Algorithm = algorithm
        IsSession = false
        Named = value.GetParameter "algorithm"
        Qop = qop
        IsStale = false
    }

    /// None when something is missing, or asks for what no challenge of ours offers: the session
    /// form among them.
    let read isProxy realm (value: AuthenticationValue) : DigestClaim voption =
        let get = value.GetParameter

        match get "username", get "nonce", get "uri", get "response" with
        | NonNull user, NonNull nonce, NonNull uri, NonNull response ->
            match Digest.algorithm (get "algorithm"), used value with
            | ValueSome(struct (algorithm, false)), ValueSome(struct (qop, use', count)) ->
                ValueSome {
                    User = user
                    Uri = uri
                    Response = response
                    Challenge = challenge isProxy realm nonce algorithm qop value
                    Use = use'
                    Count = count
                }
            | _ -> ValueNone
        | _ -> ValueNone

    /// Whether the response is the one that this secret, H(user:realm:password), gives. Takes as
    /// long whatever differs.
    let isTrue (secret: string) (request: SipRequest) (claim: DigestClaim) =
        let expected =
            Digest.response
                claim.Challenge
                claim.Use
                secret
                request.Method.Name
                claim.Uri
                request.Body.Span

        CryptographicOperations.FixedTimeEquals(
            ReadOnlySpan(Encoding.UTF8.GetBytes expected),
            ReadOnlySpan(Encoding.UTF8.GetBytes claim.Response)
        )

    /// As the client's response, without the method (RFC 7616, 3.5).
    let private proof (qop: string) secret (body: ReadOnlySpan<byte>) claim =
        let response = Digest.response claim.Challenge claim.Use secret "" claim.Uri body

        [
            $"qop={qop}"
            $"rspauth=\"{response}\""
            $"cnonce={Octets.quote claim.Use.ClientNonce}"
            $"nc={claim.Use.Count}"
        ]

    /// What proves to the client that the server knows the secret too: the value of
    /// Authentication-Info (RFC 7616, 3.5); empty when there is nothing to say.
    let info (next: string | null) secret (body: ReadOnlySpan<byte>) (claim: DigestClaim) =
        let again =
            match next with
            | null -> []
            | nonce -> [ $"nextnonce={Octets.quote nonce}" ]

        match claim.Challenge.Qop with
        | null -> String.Join(", ", again)
        | qop -> String.Join(", ", again @ proof qop secret body claim)
