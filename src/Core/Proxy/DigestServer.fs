// Who is believed, and who is asked for credentials (RFC 3261, 22; RFC 7616, 3.3 to 3.6; RFC 8760, 2.3). It asks
// for a user's secret and waits for no answer: `receive` comes before, `verify` after it.
namespace SipFun.Core

open System
open SipFun

type DigestServerSettings = {
    Realm: string
    /// 407 and Proxy-Authorization instead of 401 and Authorization.
    IsProxy: bool
    /// What is offered, the most preferred first; nothing else is accepted.
    Algorithms: DigestAlgorithm list
    /// "auth", "auth-int"; nothing else is accepted, but RFC 2069's form.
    Qops: string list
    /// A nonce is good for so long.
    Lifetime: Duration
    /// Of so many nonces the uses are known.
    Nonces: int
    Opaque: string | null
    /// Where else the same credentials are good (RFC 7616, 3.3).
    Domain: string list
    /// The URI in the credentials must be the Request-URI's equal.
    ChecksUri: bool
    /// Only these are asked for credentials; empty: all.
    Methods: SipMethod list
    /// Of the nonces' seals.
    Key: byte array
    /// Of the hashes of requests.
    Print: struct (uint64 * uint64)
}

type DigestServerState = {
    /// The serial of the last nonce.
    Serial: int64
    Uses: NonceUses
}

/// Why a request was refused.
type DigestRefusal =
    /// It bears no credentials for the realm, or none that were offered.
    | Absent = 0
    /// Its nonce is too old, or none that was issued to that address for the realm.
    | Stale = 1
    /// Its nonce's count does not rise.
    | Replayed = 2
    /// There is no such user, or the response is not his.
    | Wrong = 3
    /// The credentials are for another Request-URI.
    | OtherUri = 4

/// Somebody is who he says.
type DigestProof = {
    Claim: DigestClaim
    Secret: string
    /// A nonce for the requests to come, when this one's time is half over; or null.
    Next: string | null
}

[<RequireQualifiedAccess>]
type DigestVerdict =
    /// Not asked for credentials: a response, an ACK, a CANCEL (22.1), or a method that is free.
    | Exempt
    /// Depends on the secret of the claim's user.
    | Asks of DigestClaim * Nonce
    | Proven of DigestProof
    | Refused of DigestRefusal * status: int * fields: struct (string * string) list

[<RequireQualifiedAccess>]
module DigestServer =
    let start = { Serial = 0L; Uses = NonceUses.empty }

    let private issue settings now address state : struct (string * DigestServerState) =
        let serial = state.Serial + 1L

        let nonce =
            Nonce.write settings.Key settings.Realm address { Issued = now; Serial = serial }

        struct (nonce, { state with Serial = serial })

    let private challenge settings nonce isStale algorithm =
        String.Join(
            ", ",
            [
                $"Digest realm={Octets.quote settings.Realm}"
                if not settings.Domain.IsEmpty then
                    $"domain=\"{String.Join(' ', settings.Domain)}\""
                $"nonce=\"{nonce}\""
                match settings.Opaque with
                | null -> ()
                | opaque -> $"opaque={Octets.quote opaque}"
                if isStale then
                    "stale=true"
                $"algorithm={Digest.nameOf algorithm}"
                $"qop=\"{String.Join(',', settings.Qops)}\""
            ]
        )

    /// One challenge for each algorithm, the most preferred on top (RFC 8760, 2.3).
    let private challenges settings now address refusal state =
        let struct (nonce, state) = issue settings now address state
        let isStale = refusal = DigestRefusal.Stale || refusal = DigestRefusal.Replayed
        let name = if settings.IsProxy then "Proxy-Authenticate" else "WWW-Authenticate"

        let fields = [
            for algorithm in settings.Algorithms do
                struct (name, challenge settings nonce isStale algorithm)
        ]

        let status = if settings.IsProxy then 407 else 401
        struct (state, DigestVerdict.Refused(refusal, status, fields))

    let private isExempt settings (request: SipRequest) =
        request.Method = SipMethod.Ack
        || request.Method = SipMethod.Cancel
        || not (settings.Methods.IsEmpty || List.contains request.Method settings.Methods)

    let private isOffered settings (claim: DigestClaim) =
        let isKnownQop =
            match claim.Challenge.Qop with
            | null -> true
            | qop -> List.contains (qop.ToLowerInvariant()) settings.Qops

        List.contains claim.Challenge.Algorithm settings.Algorithms && isKnownQop

    /// The first credentials for the realm that one of our challenges could have asked for.
    let private claimIn settings (request: SipRequest) =
        let values =
            if settings.IsProxy then
                request.ProxyAuthorization
            else
                request.Authorization

        values
        |> Seq.filter (DigestClaim.isFor settings.Realm)
        |> Seq.map (DigestClaim.read settings.IsProxy settings.Realm)
        |> Seq.tryPick ValueOption.toOption
        |> Option.filter (isOffered settings)

    let private isUriOf (request: SipRequest) (claim: DigestClaim) =
        let mutable uri: SipUri | null = null

        String.Equals(claim.Uri, request.RequestUri.ToString(), StringComparison.Ordinal)
        || (SipUri.TryParse(claim.Uri, &uri)
            && (match uri with
                | null -> false
                | uri -> uri.IsEquivalentTo request.RequestUri))

    let private isSameOpaque settings (claim: DigestClaim) =
        isNull settings.Opaque
        || String.Equals(settings.Opaque, claim.Challenge.Opaque, StringComparison.Ordinal)

    let private nonceOf settings now address (claim: DigestClaim) =
        match Nonce.read settings.Key settings.Realm address claim.Challenge.Nonce with
        | ValueSome nonce when now - nonce.Issued < settings.Lifetime && isSameOpaque settings claim ->
            ValueSome nonce
        | _ -> ValueNone

    /// A request that came from this address. What can be refused without its user's secret is.
    let receive settings now address (message: SipMessage) state =
        match message with
        | :? SipRequest as request when not (isExempt settings request) ->
            match claimIn settings request with
            | None -> challenges settings now address DigestRefusal.Absent state
            | Some claim when settings.ChecksUri && not (isUriOf request claim) ->
                struct (state, DigestVerdict.Refused(DigestRefusal.OtherUri, 400, []))
            | Some claim ->
                match nonceOf settings now address claim with
                | ValueSome nonce -> struct (state, DigestVerdict.Asks(claim, nonce))
                | ValueNone -> challenges settings now address DigestRefusal.Stale state
        | _ -> struct (state, DigestVerdict.Exempt)

    let private proven settings now address claim nonce secret state =
        let isOld = 2L * (now - nonce.Issued) >= settings.Lifetime

        let struct (next: string | null, state) =
            if isOld && not settings.IsProxy then
                let struct (next, state) = issue settings now address state
                struct (next, state)
            else
                struct (null, state)

        struct (state, DigestVerdict.Proven { Claim = claim; Secret = secret; Next = next })

    let private judge settings now nonce (request: SipRequest) (claim: DigestClaim) state =
        let print = SipHash.ofBytes settings.Print request.Bytes.Span
        let overAt = nonce.Issued + settings.Lifetime

        let struct (judgement, uses) =
            NonceUses.judge settings.Nonces now nonce overAt claim.Count print state.Uses

        struct (judgement, { state with Uses = uses })

    /// Of a user that is not known; nobody's response comes out so.
    let private nobody = String('0', 64)

    /// The same request, once the secret of the user that it claims is known: H(user:realm:password);
    /// none: there is no such user.
    let verify settings now address claim nonce (secret: string voption) request state =
        let known = ValueOption.defaultValue nobody secret

        if not (DigestClaim.isTrue known request claim) || secret.IsNone then
            challenges settings now address DigestRefusal.Wrong state
        else
            match judge settings now nonce request claim state with
            | struct (NonceJudgement.Replayed, state) ->
                challenges settings now address DigestRefusal.Replayed state
            | struct (_, state) -> proven settings now address claim nonce known state
