// A stateless element between user agents (RFC 3261, 16.11; 8.2.7 where it answers itself): proxy,
// redirect server, and who asks for credentials. A test's own, small enough to be believed by
// reading it.
module SipFun.Tests.Scenarios.Element

open System
open SipFun
open SipFun.Core
open SipFun.Tests.Scenarios.Machine
open SipFun.Tests.Scenarios.Rules

let private secret = struct (3UL, 4UL)

/// What goes nowhere: unreadable here, or to a host that nobody has.
let nothing: Doing list = []

let send hop (message: SipMessage) = [ Send(hop, message.Bytes) ]

let private towards rules uri (message: SipMessage) =
    match hopOf rules uri with
    | Some hop -> send hop message
    | None -> nothing

/// The source is noted at the top Via (RFC 3261, 18.2.1; RFC 3581, 4).
let stamped (source: Hop) (request: SipRequest) =
    let via = request.TopVia

    let differs =
        match Address.parse via.Host with
        | ValueSome address -> address <> source.Address
        | ValueNone -> true

    let via =
        if differs || via.HasRPort then
            via.WithReceived(Address.toIPAddress source.Address)
        else
            via

    request.WithTopVia(if via.HasRPort then via.WithRPort source.Port else via)

/// Back by the top Via (18.2.2).
let back rules (response: SipResponse) =
    let via = response.TopVia
    let port = if via.RPort.HasValue then via.RPort else via.Port

    let host =
        match via.Received with
        | null -> via.Host
        | received -> received

    match hop rules host (Option.ofNullable port) with
    | Some hop -> send hop response
    | None -> nothing

let tag (request: SipRequest) = Tag.ofRequest secret request

/// Its own answer, without state (8.2.7).
let answer rules change (status: int) (request: SipRequest) =
    let response: SipResponse = request.CreateResponse(status, tag request)
    back rules (change response)

let challenge rules name status realm (request: SipRequest) =
    let value =
        $"Digest realm=\"{realm}\", qop=\"auth\", nonce=\"of {realm}\", algorithm=MD5"

    answer rules (fun response -> response.WithAddedHeader(name, value)) status request

/// These credentials are the user's, for this very request (RFC 7616, 3.4.1).
let isGood (guard: Guard) (request: SipRequest) (value: AuthenticationValue) =
    let get name =
        match value.GetParameter name with
        | null -> ""
        | text -> text

    let challenge = {
        IsProxy = false
        Realm = guard.Realm
        Nonce = $"of {guard.Realm}"
        Opaque = null
        Algorithm = DigestAlgorithm.Md5
        IsSession = false
        Named = null
        Qop = "auth"
        IsStale = false
    }

    let use' = { Count = get "nc"; ClientNonce = get "cnonce" }

    let secret = Digest.secret DigestAlgorithm.Md5 guard.User guard.Realm guard.Password
    let method, uri = request.Method.Name, get "uri"

    get "realm" = guard.Realm
    && get "nonce" = challenge.Nonce
    && get "username" = guard.User
    && get "response" = Digest.response challenge use' secret method uri request.Body.Span

/// Calls are asked for credentials; ACK and CANCEL cannot be (22.1), requests in a dialog are not.
let private isAsked rules (request: SipRequest) =
    request.Method = SipMethod.Invite
    && isNull request.ToTag
    && rules.Guard
       |> Option.exists (fun guard ->
           request.ProxyAuthorization |> Seq.exists (isGood guard request) |> not)

/// The same branch for a copy, a CANCEL and the ACK to a non-2xx: it is made of theirs (16.11).
let branch rules (target: string) (request: SipRequest) =
    let text = $"{rules.Name}\n{request.TopVia.Branch}\n{target}"
    "z9hG4bK" + (SipHash.ofText secret text).ToString "x16"

let private withoutOwnRoute rules (request: SipRequest) =
    match List.ofSeq request.Routes with
    | first :: rest when isOwn rules first.Uri.Host ->
        List.fold
            (fun (request: SipRequest) (route: NameAddr) ->
                request.WithAddedHeader("Route", route.ToString()))
            (request.WithoutHeader "Route")
            rest
    | _ -> request

let private fewer (request: SipRequest) =
    let left = Option.ofNullable request.MaxForwards |> Option.defaultValue 70
    request.WithHeader("Max-Forwards", string (left - 1))

let private recorded rules (request: SipRequest) =
    if rules.RecordsRoute && request.Method = SipMethod.Invite && isNull request.ToTag then
        request.WithInsertedHeader("Record-Route", uri rules)
    else
        request

/// One copy on its way to one target: what goes out, and where.
let forwarded rules (request: SipRequest) (target: SipUri) =
    let via =
        Via.Create(rules.Transport, sentBy rules, branch rules (target.ToString()) request, false)

    let request = (fewer request |> recorded rules).WithRequestUri(target).PushVia via

    let next =
        Seq.tryHead request.Routes |> Option.map _.Uri |> Option.defaultValue target

    struct (request, next)

/// Where a request goes from here, by the location table or its own Request-URI.
let targets rules (request: SipRequest) =
    Map.tryFind (who request.RequestUri) rules.Locations
    |> Option.defaultValue [ request.RequestUri ]

let pass rules (request: SipRequest) =
    targets rules request
    |> List.collect (fun target ->
        let struct (request, next) = forwarded rules request target
        towards rules next request)

let private redirect rules (contacts: string list) request =
    answer
        rules
        (fun response ->
            contacts
            |> List.fold
                (fun (response: SipResponse) contact ->
                    response.WithAddedHeader("Contact", $"<{contact}>"))
                response)
        302
        request

/// The ACK to an answer of its own ends here.
let private isOwnAck (request: SipRequest) =
    request.Method = SipMethod.Ack && request.ToTag = tag request

let request rules (request: SipRequest) =
    let request = withoutOwnRoute rules request

    match Map.tryFind (who request.RequestUri) rules.Redirections with
    | _ when isOwnAck request -> nothing
    | _ when request.MaxForwards = Nullable 0 -> answer rules id 483 request
    | Some contacts -> redirect rules contacts request
    | None when isAsked rules request ->
        challenge rules "Proxy-Authenticate" 407 rules.Guard.Value.Realm request
    | None -> pass rules request

/// A response goes on without our Via; one that does not bear it is not ours (18.1.2).
let response rules (response: SipResponse) =
    if isOwn rules response.TopVia.Host then
        back rules (response.WithoutTopVia())
    else
        nothing

type Element(rules: Rules) =
    interface IMachine with
        member this.Take(_, happening) =
            match happening with
            | Arrived(source, packet) ->
                match SipMessage.Parse packet with
                | :? SipRequest as incoming ->
                    struct (this, request rules (stamped source incoming))
                | :? SipResponse as incoming -> struct (this, response rules incoming)
                | _ -> struct (this, nothing)
            | _ -> struct (this, nothing)

        member _.Alarm = ValueNone
        member _.Left = []
        member _.Unended = []
