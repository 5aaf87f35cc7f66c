// Which local leg sends to a hop: never "the first one", and with the reason for each.
// The core knows no routing table: it compares addresses and their scopes (RFC 6724, 5, rule 2).
namespace SipFun.Core

open SipFun

/// How well a leg's address suits a hop's, best first.
type Fit =
    | SameAddress = 0
    /// The leg's networks name it.
    | OwnNetwork = 1
    /// Loopback to loopback, link to link, unique local to unique local, the rest to the rest.
    | SameScope = 2
    /// The leg is bound to all addresses: the system chooses.
    | AnyAddress = 3
    | OtherScope = 4
    /// A leg bound to loopback reaches nobody else.
    | OnlyLoopback = 5

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

    let ofAddress (address: Address) (leg: Leg) =
        if leg.Address = address then
            Fit.SameAddress
        elif List.exists (Network.contains address) leg.Networks then
            Fit.OwnNetwork
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

    /// The allowed legs that can reach the hop, best first; equal ones as they were added.
    let able legs wishes (hop: Hop) =
        allowed legs wishes
        |> List.filter (reaches wishes hop.Transport hop.Address)
        |> List.sortBy (Fit.ofAddress hop.Address)

    let private whyNot wishes (hop: Hop) (leg: Leg) =
        if not wishes.Legs.IsEmpty && not (List.contains leg.Number wishes.Legs) then
            "not among the legs asked for"
        elif leg.Transport <> hop.Transport then
            "other transport"
        elif leg.Address.Family <> hop.Address.Family then
            "other address family"
        elif isOutside wishes hop.Address leg then
            "not one of its networks"
        else
            Fit.name (Fit.ofAddress hop.Address leg)

    let private rule wishes (hop: Hop) (leg: Leg) =
        if wishes.Legs.IsEmpty then
            Fit.name (Fit.ofAddress hop.Address leg)
        else
            "asked for"

    let private rejections wishes hop (chosen: Leg voption) legs =
        legs
        |> List.filter (fun leg -> ValueSome leg <> chosen)
        |> List.map (fun leg -> LegRejected(Leg.toString leg, whyNot wishes hop leg))

    /// The leg to send from, and why it and not another.
    let choose legs (wishes: Wishes) (hop: Hop) : struct (Leg voption * Decision list) =
        match able legs wishes hop with
        | [] -> struct (ValueNone, rejections wishes hop ValueNone legs)
        | leg :: _ ->
            let rejected = rejections wishes hop (ValueSome leg) legs
            let chosen = LegChosen(Leg.toString leg, rule wishes hop leg)
            struct (ValueSome leg, chosen :: rejected)
