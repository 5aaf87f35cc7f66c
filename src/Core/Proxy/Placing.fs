// The hop and the leg by which a request leaves, where both are known at once: an address, or a name
// of which the DNS has answered (RFC 3263). The same for each copy, and for CANCEL and ACK (4.4).
module internal SipFun.Core.Placing

open System
open SipFun

[<RequireQualifiedAccess; Struct; NoEquality; NoComparison>]
type Placed =
    | At of hop: Hop * leg: Leg
    /// The DNS, or the system's source address, must be asked for: `Input.Locate`.
    | Unknown
    | Nowhere of ResolutionFailure

/// What the INVITE, its CANCEL and its ACK have in common decides.
let wishes (view: ProxyView) (request: SipRequest) =
    let call = SipHash.ofBytes view.Settings.Secret (Peek.callId request)

    {
        Wishes.none with
            Key = ValueSome(int64 (call + uint64 (Peek.cseqNumber request)))
    }

let private isMapped (rules: Rules) (whither: Whither) =
    not rules.DomainProxies.IsEmpty || (rules.OutgoingProxy.IsSome && not whither.HasRoute)

/// The one leg of this transport and family; none when there are several to choose from.
let private onlyLeg transport family (legs: Leg list) =
    let isOfKind (leg: Leg) = leg.Transport = transport && leg.Address.Family = family

    let rec only found (legs: Leg list) =
        match legs with
        | [] -> found
        | leg :: rest when not (isOfKind leg) -> only found rest
        | leg :: rest ->
            match found with
            | ValueNone when leg.Networks.IsEmpty -> only (ValueSome leg) rest
            | _ -> ValueNone

    only ValueNone legs

/// An address in a plain URI, of the usual transport or the one it names: no need to ask anybody.
let private direct (view: ProxyView) (whither: Whither) =
    let uri = whither.Uri

    let transport =
        match uri.Transport with
        | null -> ValueSome Transport.Udp
        | name -> TransportName.tryParse name

    match transport, Address.parse uri.Host with
    | ValueSome transport, ValueSome address when
        uri.Scheme = "sip" && not whither.IsSecure && isNull uri.Maddr
        ->
        match onlyLeg transport address.Family view.State.Legs with
        | ValueSome leg ->
            let named: string | null =
                if TransportName.isSecure transport then
                    Address.toString address
                else
                    null

            let port =
                if uri.Port.HasValue then
                    uri.Port.Value
                else
                    Hop.defaultPort transport

            ValueSome(struct ({ Hop.create transport address port with VerifyName = named }, leg))
        | ValueNone -> ValueNone
    | _ -> ValueNone

let private work (view: ProxyView) : Work = {
    Settings = view.Settings
    Now = view.Now
    State = view.State
    Effects = []
}

let private byLeg wishes (hop: Hop) (work: Work) =
    if Sourcing.isWanted wishes hop work then
        Placed.Unknown
    else
        match Sourcing.legFor wishes hop work with
        | struct (ValueSome leg, _) -> Placed.At(hop, leg)
        | _ -> Placed.Nowhere(Advice.noLegForTransport [ hop.Transport ])

let private looked (view: ProxyView) (whither: Whither) request =
    let wishes = wishes view request
    let rules, legs = view.Settings.Rules, view.State.Legs

    let progress =
        Resolution.towards rules legs wishes 0L whither.HasRoute whither.IsSecure whither.Uri

    match Answers.advance progress (work view) with
    | struct (Resolved(hop :: _), _, work) -> byLeg wishes hop work
    | struct (Progress.Failed failure, _, _) -> Placed.Nowhere failure
    | _ -> Placed.Unknown

let find (view: ProxyView) (whither: Whither) (request: SipRequest) =
    let isMapped = isMapped view.Settings.Rules whither

    match if isMapped then ValueNone else direct view whither with
    | ValueSome(struct (hop, leg)) -> Placed.At(hop, leg)
    | ValueNone -> looked view whither request

/// Whether no connection need be opened to go there.
let isOpen (view: ProxyView) (hop: Hop) (leg: Leg) =
    not (TransportName.isReliable hop.Transport) || Flows.isThere leg.Number hop (work view)

/// Nobody listens at the port that a connection was made from: with the connection the place is gone.
let isReachable (view: ProxyView) (place: Place) =
    not (TransportName.isReliable place.Hop.Transport) || Flows.isLiving place.Hop view.State

/// A place that a registration or a Contact of ours named: over its connection while that lives, by
/// its leg while that is there, since a NAT lets in only whom its user has written to.
let at (view: ProxyView) (place: Place) =
    let isLiving = Flows.isLiving place.Hop view.State
    let hop = if isLiving then place.Hop else { place.Hop with Flow = 0L }

    match Ours.leg place.Leg view with
    | ValueSome leg when
        not isLiving && leg.Transport = hop.Transport && leg.Address.Family = hop.Address.Family
        ->
        Placed.At(hop, leg)
    | _ -> byLeg Wishes.none hop (work view)
