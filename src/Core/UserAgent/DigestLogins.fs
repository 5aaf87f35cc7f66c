// Whether and with what a challenged request is sent again (RFC 3261, 22.2, 22.3): credentials go only to the
// realm they are for, at most twice, and never weaker than allowed (V-10).
namespace SipFun.Core

open System
open SipFun

/// A user's name and password, and for whom they are.
type Login = {
    User: string
    Password: string
    /// Only this realm is answered; null: whichever asks first.
    Realm: string | null
    /// Weaker hashes are not answered (RFC 8760, 2.4).
    Weakest: DigestAlgorithm
}

/// What is known of one realm: its last challenge, and how often its nonce was used.
type KnownRealm = { Challenge: DigestChallenge; Count: uint32 }

/// What one client knows of its realms, and how the exchange under way stands.
type DigestState = {
    Realms: Map<struct (bool * string), KnownRealm>
    /// How often the exchange under way was answered with credentials.
    Tries: int
}

[<RequireQualifiedAccess>]
module DigestLogins =
    let empty = { Realms = Map.empty; Tries = 0 }

    /// The first request, and two with credentials: the second only when the nonce was stale.
    [<Literal>]
    let private MostTries = 2

    let private same (a: string | null) (b: string) = String.Equals(a, b, StringComparison.Ordinal)

    let private field isProxy = if isProxy then "Proxy-Authorization" else "Authorization"

    let private challenges (response: SipResponse) = [
        for value in response.WwwAuthenticate do
            Digest.challenge false value
        for value in response.ProxyAuthenticate do
            Digest.challenge true value
    ]

    let private loginFor (logins: Login list) (challenge: DigestChallenge) =
        logins
        |> List.tryFind (fun login ->
            let isItsRealm =
                match login.Realm with
                | null -> true
                | realm -> same realm challenge.Realm

            isItsRealm && challenge.Algorithm >= login.Weakest)

    /// Of each realm the strongest challenge that some login answers; of equals the first.
    let private chosen logins response =
        challenges response
        |> List.choose ValueOption.toOption
        |> List.filter (fun challenge -> (loginFor logins challenge).IsSome)
        |> List.groupBy (fun challenge -> struct (challenge.IsProxy, challenge.Realm))
        |> List.map (fun (_, ofRealm) -> ofRealm |> List.maxBy (fun each -> each.Algorithm))

    let private mentions (realm: string) (value: AuthenticationValue) =
        same (value.GetParameter "realm") realm

    let private ours isProxy (request: SipRequest) =
        if isProxy then request.ProxyAuthorization else request.Authorization

    /// The request bears credentials for this realm, and they were refused: not because their nonce was
    /// too old, as the server says, or as it may be when nobody had asked yet.
    let private isRefused (request: SipRequest) tries (challenge: DigestChallenge) =
        let isRefusal (value: AuthenticationValue) =
            mentions challenge.Realm value
            && not challenge.IsStale
            && (tries > 0 || same (value.GetParameter "nonce") challenge.Nonce)

        ours challenge.IsProxy request |> Seq.exists isRefusal

    /// The same request with this realm's credentials in the place of earlier ones.
    let private bearing login (known: KnownRealm) clientNonce (request: SipRequest) =
        let challenge = known.Challenge
        let name = field challenge.IsProxy

        // As they stand: what was hashed is what is sent.
        let kept =
            Seq.zip (request.GetHeaders name) (ours challenge.IsProxy request)
            |> Seq.filter (snd >> mentions challenge.Realm >> not)
            |> Seq.map fst

        let use' = { Count = Digest.count known.Count; ClientNonce = clientNonce }

        let secret =
            Digest.secret challenge.Algorithm login.User challenge.Realm login.Password

        let value =
            Digest.credentials
                challenge
                use'
                login.User
                secret
                request.Method.Name
                (request.RequestUri.ToString())
                request.Body.Span

        let bare = request.WithoutHeader name

        let others =
            kept
            |> Seq.fold
                (fun (message: SipRequest) other -> message.WithAddedHeader(name, other))
                bare

        others.WithAddedHeader(name, value)

    let private put logins clientNonce struct (request, state) (challenge: DigestChallenge) =
        match loginFor logins challenge with
        | None -> struct (request, state)
        | Some login ->
            let key = struct (challenge.IsProxy, challenge.Realm)

            let count =
                match Map.tryFind key state.Realms with
                | Some known when known.Challenge.Nonce = challenge.Nonce -> known.Count + 1u
                | _ -> 1u

            let known = { Challenge = challenge; Count = count }

            struct (bearing login known clientNonce request,
                    { state with Realms = Map.add key known state.Realms })

    /// A new exchange: with credentials at once for the realms that asked before (22.1).
    let start logins clientNonce (request: SipRequest) state =
        let known =
            state.Realms |> Map.toList |> List.map (fun (_, known) -> known.Challenge)

        List.fold (put logins clientNonce) (struct (request, { state with Tries = 0 })) known

    /// The request again, as this 401 or 407 asks, with the next CSeq; none when there is no login for
    /// it, or the credentials were refused.
    let answer logins clientNonce (request: SipRequest) (response: SipResponse) state =
        let chosen = chosen logins response
        let asks = response.StatusCode = 401 || response.StatusCode = 407
        let isRefused = List.exists (isRefused request state.Tries) chosen

        if not asks || chosen.IsEmpty || isRefused || state.Tries >= MostTries then
            ValueNone
        else
            let next =
                request.WithHeader("CSeq", $"{request.CSeq.Number + 1u} {request.Method.Name}")

            let tried = { state with Tries = state.Tries + 1 }
            ValueSome(List.fold (put logins clientNonce) (struct (next, tried)) chosen)
