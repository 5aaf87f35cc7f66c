// NAPTR: which transports a domain wants to be reached by, and where their SRV records are
// (RFC 3263, 4.1; RFC 3403, 4.1; RFC 7118, 6 for WebSocket).
namespace SipFun.Core

open System
open SipFun

/// What one NAPTR record says.
[<Struct>]
type Pointer = {
    Order: int
    Preference: int
    Flags: string
    Service: string
    Regexp: string
    Replacement: string
}

module Pointers =
    /// Whether the domain is asked for NAPTR records at all.
    let isAsked (target: Target) = target.Port.IsNone && not target.Fixed

    let question (target: Target) = Question.create target.Host DnsType.Naptr

    let private pointer data =
        match data with
        | PointerTo(order, preference, flags, service, regexp, replacement) ->
            Some {
                Order = order
                Preference = preference
                Flags = flags
                Service = service
                Regexp = regexp
                Replacement = replacement
            }
        | _ -> None

    let private records sight =
        if isAsked sight.Target then
            match Book.read (question sight.Target) sight.Book with
            | Reading.Found data -> data |> List.choose pointer |> List.distinct
            | _ -> []
        else
            []

    /// The transport that a service field stands for, or why there is none.
    let private spoken (service: string) =
        match service.ToUpperInvariant() with
        | "SIP+D2U" -> Ok Transport.Udp
        | "SIP+D2T" -> Ok Transport.Tcp
        | "SIPS+D2T" -> Ok Transport.Tls
        | "SIP+D2W" -> Ok Transport.Ws
        | "SIPS+D2W" -> Ok Transport.Wss
        | "SIP+D2S"
        | "SIPS+D2S" -> Error "SCTP is not spoken here"
        | "SIPS+D2U" -> Error "TLS does not go over UDP"
        | _ -> Error "it locates no SIP server"

    let private isWithin (domain: string) (name: string) =
        name = domain || name.EndsWith("." + domain, StringComparison.Ordinal)

    /// The certificate would have to be valid for the domain asked for and for the replacement
    /// (RFC 3263, 4.1), and one name is verified: so the other must lie within it.
    let private isForeign sight transport pointer =
        TransportName.isSecure transport && not (isWithin sight.Target.Host pointer.Replacement)

    let private flaw sight (pointer: Pointer) transport =
        if pointer.Regexp <> "" then
            "its regular expression is not empty"
        elif not (pointer.Flags.Equals("s", StringComparison.OrdinalIgnoreCase)) then
            "its flag is not \"s\""
        elif pointer.Replacement = "" then
            "it has no replacement"
        elif not (List.contains transport sight.Target.Transports) then
            "the URI or the sender does not allow its transport"
        elif (Reach.families sight.Legs sight.Target transport).IsEmpty then
            "no leg speaks its transport"
        elif isForeign sight transport pointer then
            $"no certificate for {sight.Target.Host} vouches for a name outside of it"
        else
            ""

    let private judge sight (pointer: Pointer) =
        match spoken pointer.Service with
        | Error why -> Error why
        | Ok transport ->
            match flaw sight pointer transport with
            | "" -> Ok transport
            | why -> Error why

    let private skip (pointer: Pointer) why =
        PointerSkipped(pointer.Service, pointer.Replacement, why)

    let private take (pointer: Pointer) =
        PointerTaken(pointer.Order, pointer.Preference, pointer.Service, pointer.Replacement)

    /// By order and preference; of equals the transport that the sender prefers, then the name.
    let private rank sight (struct (pointer: Pointer, transport)) =
        let place = List.findIndex ((=) transport) sight.Target.Transports
        struct (pointer.Order, pointer.Preference, place, pointer.Replacement)

    let private judged sight =
        let sort struct (good, bad) pointer =
            match judge sight pointer with
            | Ok transport -> struct (struct (pointer, transport) :: good, bad)
            | Error why -> struct (good, skip pointer why :: bad)

        let struct (good, bad) = records sight |> List.fold sort (struct ([], []))
        struct (good |> List.sortBy (rank sight), List.rev bad)

    /// Once one fits, those of another order are not looked at (RFC 3403, 4.1).
    let private followed good =
        match good with
        | [] -> []
        | (struct (first: Pointer, _)) :: _ ->
            good
            |> List.filter (fun (struct (pointer: Pointer, _)) -> pointer.Order = first.Order)
            |> List.truncate ResolutionBounds.Pointers

    let private pass followed (struct (pointer: Pointer, _) as each) =
        let (struct (first: Pointer, _)) = List.head followed

        if List.contains each followed then
            take pointer
        elif pointer.Order <> first.Order then
            skip pointer $"one of order {first.Order} fits"
        else
            skip pointer "there are enough others"

    /// The SRV records that usable NAPTR records point to, in order.
    let sought sight = [
        let struct (good, _) = judged sight

        for struct (pointer, transport) in followed good do
            {
                Transport = transport
                Families = Reach.families sight.Legs sight.Target transport
                Question = Question.create pointer.Replacement DnsType.Srv
            }
    ]

    /// What was made of each record.
    let told sight =
        let struct (good, bad) = judged sight
        bad @ List.map (pass (followed good)) good

    /// What is still to be asked.
    let unread sight =
        if isAsked sight.Target then
            Hosts.unread sight.Book [ question sight.Target ]
        else
            []
