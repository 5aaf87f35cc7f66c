// Which local leg sends to a hop: never "the first one", and with the reason for each.
// The core knows no routing table: it compares addresses and their scopes (RFC 6724, 5, rule 2), and
// has the system asked for its own choice where several legs suit.
namespace SipFun.Core

open SipFun

/// How well a leg's address suits a hop's, best first.
type Fit =
    | SameAddress = 0
    /// The leg's networks name it.
    | OwnNetwork = 1
    /// The system would send from the leg's address.
    | SystemSource = 2
    /// Loopback to loopback, link to link, unique local to unique local, the rest to the rest.
    | SameScope = 3
    /// The leg is bound to all addresses: the system chooses.
    | AnyAddress = 4
    | OtherScope = 5
    /// A leg bound to loopback reaches nobody else.
    | OnlyLoopback = 6

module Fit =
    /// How far an address is valid (RFC 4291, 2.4; RFC 4193, 3.1). Private IPv4 has NAT: global.
    type private Scope =
        | Loopback
        | Link
        | UniqueLocal
        | Global

    let private scope (address: Address) =
        match address.Family with
        | _ when Address.isLoopback address -> Loopback
        | Family.V4 when (address.Low >>> 16) = 0xa9feUL -> Link
        | Family.V6 when (address.High >>> 54) = 0x3faUL -> Link
        | Family.V6 when (address.High >>> 57) = 0x7eUL -> UniqueLocal
        | _ -> Global

    /// `source`: the address that the system would send from, where it was asked.
    let ofAddress source (address: Address) (leg: Leg) =
        if leg.Address = address then
            Fit.SameAddress
        elif List.exists (Network.contains address) leg.Networks then
            Fit.OwnNetwork
        elif ValueSome leg.Address = source then
            Fit.SystemSource
        elif Address.isUnspecified leg.Address then
            Fit.AnyAddress
        elif scope leg.Address = scope address then
            Fit.SameScope
        elif Address.isLoopback leg.Address then
            Fit.OnlyLoopback
        else
            Fit.OtherScope

    let name fit =
        match fit with
        | Fit.SameAddress -> "same address"
        | Fit.OwnNetwork -> "its networks have the address"
        | Fit.SystemSource -> "the system sends to it from this address"
        | Fit.SameScope -> "same scope"
        | Fit.AnyAddress -> "bound to all addresses"
        | Fit.OtherScope -> "other scope"
        | _ -> "bound to loopback"

module LegChoice =
    /// The legs that may be used at all; without wishes, all.
    let allowed (legs: Leg list) (wishes: Wishes) =
        if wishes.Legs.IsEmpty then
            legs
        else
            legs |> List.filter (fun leg -> List.contains leg.Number wishes.Legs)

    /// A leg that was asked for goes anywhere.
    let private isOutside wishes (address: Address) (leg: Leg) =
        wishes.Legs.IsEmpty
        && not leg.Networks.IsEmpty
        && not (List.exists (Network.contains address) leg.Networks)

    let private reaches wishes transport (address: Address) (leg: Leg) =
        leg.Transport = transport
        && leg.Address.Family = address.Family
        && not (isOutside wishes address leg)

    /// The allowed legs that can reach the hop, best first; equal ones as they were added. Of legs
    /// whose networks have the address the system's source decides.
    let ranked legs wishes source (hop: Hop) =
        let rank (leg: Leg) =
            struct (Fit.ofAddress source hop.Address leg, ValueSome leg.Address <> source)

        allowed legs wishes
        |> List.filter (reaches wishes hop.Transport hop.Address)
        |> List.sortBy rank

    /// The same, without the system's word.
    let able legs wishes hop = ranked legs wishes ValueNone hop

    /// The legs that the system's word could decide between: none where the destination is a leg's
    /// own address; those alone whose networks have it; nothing leaves the machine from loopback.
    let private contenders legs wishes (hop: Hop) =
        let isLocal = Address.isLoopback hop.Address

        match able legs wishes hop with
        | best :: _ as able ->
            match Fit.ofAddress ValueNone hop.Address best with
            | Fit.SameAddress -> []
            | Fit.OwnNetwork ->
                able
                |> List.filter (fun leg -> Fit.ofAddress ValueNone hop.Address leg = Fit.OwnNetwork)
            | _ -> able |> List.filter (fun leg -> Address.isLoopback leg.Address = isLocal)
        | [] -> []

    /// Whether several legs suit, so that the system must be asked from which address it would send.
    let isContested (legs: Leg list) wishes hop =
        match legs with
        | []
        | [ _ ] -> false
        | _ ->
            match contenders legs wishes hop |> List.distinctBy (fun leg -> leg.Address) with
            | []
            | [ _ ] -> false
            | _ -> true

    /// The system's word stood against legs that would have suited.
    let private isOverruled source (hop: Hop) (leg: Leg) =
        match Fit.ofAddress source hop.Address leg with
        | Fit.OwnNetwork
        | Fit.SameScope
        | Fit.AnyAddress
        | Fit.OtherScope -> ValueSome leg.Address <> source
        | _ -> false

    let private overruled (chosen: Leg voption) (source: Address voption) =
        match chosen, source with
        | ValueSome leg, ValueSome source when leg.Address = source ->
            ValueSome $"the system would send from {Address.toString source}"
        | _ -> ValueNone

    let private whyNot wishes source (chosen: Leg voption) (hop: Hop) (leg: Leg) =
        if not wishes.Legs.IsEmpty && not (List.contains leg.Number wishes.Legs) then
            "not among the legs asked for"
        elif leg.Transport <> hop.Transport then
            "other transport"
        elif leg.Address.Family <> hop.Address.Family then
            "other address family"
        elif isOutside wishes hop.Address leg then
            "not one of its networks"
        else
            match overruled chosen source with
            | ValueSome why when isOverruled source hop leg -> why
            | _ -> Fit.name (Fit.ofAddress source hop.Address leg)

    let private rule wishes source (hop: Hop) (leg: Leg) =
        if wishes.Legs.IsEmpty then
            Fit.name (Fit.ofAddress source hop.Address leg)
        else
            "asked for"

    let private rejections wishes source hop (chosen: Leg voption) legs =
        legs
        |> List.filter (fun leg -> ValueSome leg <> chosen)
        |> List.map (fun leg -> LegRejected(leg, whyNot wishes source chosen hop leg))

    /// The leg to send from, and why it and not another. `source`: the system's word, if it was
    /// asked.
    let choose legs (wishes: Wishes) source (hop: Hop) : struct (Leg voption * Decision list) =
        match ranked legs wishes source hop with
        | [] -> struct (ValueNone, rejections wishes source hop ValueNone legs)
        | leg :: _ ->
            let rejected = rejections wishes source hop (ValueSome leg) legs
            let chosen = LegChosen(leg, rule wishes source hop leg)
            struct (ValueSome leg, chosen :: rejected)
