// A stateless proxy (RFC 3261, 16.11, with 16.3 to 16.6): each message by itself, each copy again, one
// target, no state. It is asked once for a message, and again where bindings or hops were wanted.
module SipFun.Core.Proxy

open System
open SipFun

let private passageOf realms leg source (request: SipRequest) : Passage =
    let routes = RouteValues.ofRequest request

    {
        Request = request
        Leg = leg
        Source = source
        Routes = routes
        First = 0
        Last = routes.Length
        Uri = request.RequestUri
        Path = []
        Place = ValueNone
        IsAllowed = false
        Realms = realms
    }

/// A strict router put our Record-Route into the request line, and what belongs there behind all
/// Routes (16.4).
let private repaired view (passage: Passage) =
    let uri = passage.Uri

    if passage.Routes.Length > 0 && uri.IsLooseRouter && isNull uri.User && Ours.isUri view uri then
        {
            passage with
                Uri = passage.Routes[passage.Last - 1].Address.Uri
                Last = passage.Last - 1
                IsAllowed = RouteSeal.vouches view.Own passage.Request uri
        }
    else
        passage

/// The Routes that lead here are done with: one, or both of two that we recorded (16.4).
let rec private withoutOwnRoutes view (passage: Passage) =
    let first = passage.First

    if first < passage.Last && Ours.isRoute view passage.Routes[first].Address.Uri then
        let uri = passage.Routes[first].Address.Uri
        let isAllowed = passage.IsAllowed || RouteSeal.vouches view.Own passage.Request uri
        withoutOwnRoutes view { passage with First = first + 1; IsAllowed = isAllowed }
    else
        passage

/// A `maddr` that is ours has brought it here and says nothing more (16.4).
let private withoutOwnMaddr (view: ProxyView) (passage: Passage) =
    match passage.Uri.Maddr, Ours.leg passage.Leg view with
    | NonNull maddr, ValueSome leg when
        Ours.isHost view maddr (Ours.portOf passage.Uri) && leg.Port = Ours.portOf passage.Uri
        ->
        let uri = passage.Uri.WithoutParameter("maddr").WithoutParameter("transport")
        { passage with Uri = uri.WithPort(Nullable()) }
    | _ -> passage

/// A Contact that was led through here stands for another, and for a place (`RewriteContact`).
let private unwrapped (view: ProxyView) (passage: Passage) =
    match ContactToken.tryDecode view.Own passage.Uri.User with
    | ValueSome named when Ours.isUri view passage.Uri -> {
        passage with
            Uri = named.Contact
            Place = ValueSome named.Place
            IsAllowed = true
      }
    | _ -> passage

/// Nobody may ask for their credentials (22.1), and what they belong to bore none of our seals yet. They
/// go where their INVITE has just been: nothing is opened for them.
let private isUnasked (request: SipRequest) =
    request.Method = SipMethod.Cancel || request.Method = SipMethod.Ack

/// The domain map, or the outgoing proxy, says where it goes: no stranger's word does.
let private isLaid (view: ProxyView) (whither: Whither) =
    let struct (chosen, _) =
        Route.through view.Settings.Rules whither.HasRoute whither.Uri

    chosen.By <> ResolutionStage.Target

let private depart (view: ProxyView) loop (passage: Passage) (hop: Hop) (leg: Leg) =
    if ProxyChecks.isForbidden view.Own hop then
        ProxyResponse.refuse view passage 403
    elif not passage.IsAllowed && not (Placing.isOpen view hop leg) then
        ProxyResponse.refuse view passage 404
    elif Ours.isOwnHop hop view.State.Legs then
        ProxyResponse.refuse view passage 482
    else
        let packet = ProxyRequest.write view loop passage leg

        if
            packet.Length > view.Settings.Limits.PacketBytes
            && not (TransportName.isReliable hop.Transport)
        then
            ProxyResponse.refuse view passage 513
        else
            ProxyStep.Send(leg.Number, hop, packet)

/// Nobody has that name: 404. All else is our side's trouble, and 503 would be said of us (16.7,
/// item 6).
let private statusOf (failure: ResolutionFailure) =
    match failure.Fault with
    | ResolutionFault.NameNotFound -> 404
    | ResolutionFault.UnknownScheme -> 416
    | _ -> 500

let private placed (view: ProxyView) loop (passage: Passage) whither placed =
    match placed with
    | Placing.Placed.At(hop, leg) -> depart view loop passage hop leg
    | Placing.Placed.Unknown when not passage.IsAllowed && passage.Request.Method = SipMethod.Ack ->
        ProxyResponse.refuse view passage 404
    | Placing.Placed.Unknown -> ProxyStep.Find(passage, whither)
    | Placing.Placed.Nowhere failure -> ProxyResponse.refuse view passage (statusOf failure)

let private forward (view: ProxyView) loop (passage: Passage) =
    let whither = ProxyRequest.whither passage

    match passage.Place with
    | ValueSome place when not whither.HasRoute && Placing.isReachable view place ->
        placed view loop passage whither (Placing.at view place)
    | ValueSome _ when not whither.HasRoute && ProxyWords.isNobodys passage.Uri ->
        ProxyResponse.refuse view passage 430
    | _ when passage.IsAllowed || view.Own.AllowForeign || isLaid view whither ->
        let passage = { passage with IsAllowed = true }
        placed view loop passage whither (Placing.find view whither passage.Request)
    | _ when isUnasked passage.Request ->
        placed view loop passage whither (Placing.find view whither passage.Request)
    | _ -> ProxyResponse.refuse view passage 404

/// Addressed to this proxy, or to a domain as a whole.
let private isForItself (view: ProxyView) (passage: Passage) =
    passage.First = passage.Last
    && passage.Uri.IsSip
    && isNull passage.Uri.User
    && (Ours.isUri view passage.Uri || Ours.isDomain view passage.Uri.Host)

/// OPTIONS asks whether we are there (11); all else is another receiver's.
let private forItself view loop (passage: Passage) =
    if passage.Request.Method <> SipMethod.Options then
        ProxyStep.Pass
    else
        match ProxyChecks.checkOwn loop passage.Request with
        | ValueSome refusal -> ProxyResponse.answer view passage refusal
        | ValueNone -> ProxyResponse.capabilities view passage

let private target view loop (passage: Passage) =
    let uri = passage.Uri

    if passage.First < passage.Last || passage.Place.IsSome || not (isNull uri.Maddr) then
        forward view loop passage
    elif Ours.isDomain view uri.Host then
        ProxyStep.AskUser passage
    elif Ours.isUri view uri then
        ProxyResponse.refuse view passage 404
    else
        forward view loop passage

let private routed view realms leg source request =
    passageOf realms leg source request
    |> repaired view
    |> withoutOwnRoutes view
    |> withoutOwnMaddr view
    |> unwrapped view

let private request (view: ProxyView) realms leg source (request: SipRequest) =
    let passage = routed view realms leg source request
    let loop = ProxyBranch.loopMark view request

    match ProxyChecks.check loop request with
    | _ when isForItself view passage -> forItself view loop passage
    | ValueSome refusal -> ProxyResponse.answer view passage refusal
    | ValueNone -> target view loop passage

/// As `received`, from somebody whose proxy credentials for these realms were meant for us.
let receivedFor (view: ProxyView) realms leg source (message: SipMessage) =
    match message with
    | :? SipRequest as incoming -> request view realms leg source incoming
    | :? SipResponse as incoming -> ProxyResponse.received view leg source incoming
    | _ -> ProxyStep.Pass

/// A message that came in by this leg; a response only when it matches no transaction.
let received view leg source message = receivedFor view [] leg source message

/// Whether it belongs to a dialog that leads through here, by our seal in a Route, or in a Contact.
let isWithin (view: ProxyView) leg source (message: SipMessage) =
    match message with
    | :? SipRequest as request when not (isNull request.ToTag) ->
        (routed view [] leg source request).IsAllowed
    | _ -> false

/// Whether it asks no more than whether we are there (11): nothing is passed on for it.
let isPing (view: ProxyView) leg source (message: SipMessage) =
    match message with
    | :? SipRequest as request when request.Method = SipMethod.Options ->
        isForItself view (routed view [] leg source request)
    | _ -> false

/// The targets of the user it asked for: the one with the highest q, and no other (16.11).
let located (view: ProxyView) (passage: Passage) (targets: UserTarget list) =
    match ProxyTargets.best view passage.Uri.IsSips targets with
    | ValueNone -> ProxyResponse.refuse view passage 480
    | ValueSome(struct (target, place)) ->
        let loop = ProxyBranch.loopMark view passage.Request

        {
            passage with
                Uri = target.Contact
                Path = ProxyTargets.path view target
                Place = place
                IsAllowed = true
        }
        |> unwrapped view
        |> forward view loop

/// The location service did not say, or not in time.
let unlocated (view: ProxyView) passage status = ProxyResponse.refuse view passage status

/// More wait for an answer than may (21.5.4).
let overloaded (view: ProxyView) passage =
    ProxyResponse.answer view passage { Status = 503; Header = "Retry-After"; Value = "5" }

/// The hops that were found.
let found (view: ProxyView) (passage: Passage) (found: Found) =
    let legOf number = Ours.leg number view

    match found.Hops, found.Failure with
    | (hop, number :: _) :: _, _ when (legOf number).IsSome ->
        let loop = ProxyBranch.loopMark view passage.Request
        depart view loop passage hop (legOf number).Value
    | _, ValueSome failure -> ProxyResponse.refuse view passage (statusOf failure)
    | _ -> ProxyResponse.refuse view passage 500

/// What `Input.Locate` wants to know beside the URI.
let wishes view (passage: Passage) = Placing.wishes view passage.Request
