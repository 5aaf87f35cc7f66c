// What is to be found, before anybody is asked: host, port, transports (RFC 3263, 4 and 4.1).
// Made from a URI or a Via; where the URI comes from is Route.fs's matter.
namespace SipFun.Core

open System
open SipFun

/// RFC 3263's TARGET, with what the URI and the caller's wishes leave open.
type Target = {
    /// `maddr`, else the host: an address, or a name in lower case without a trailing dot.
    Host: string
    /// The URI's own host, whatever `maddr` says: what a certificate must bear (RFC 5922, 7.3).
    Named: string
    Port: int voption
    /// In order of preference; what the legs offer is not yet taken into account.
    Transports: Transport list
    /// The URI's transport parameter or the Via names the transport: NAPTR has no say (RFC 3263,
    /// 4.1).
    Fixed: bool
    Wishes: Wishes
    Number: int64
}

module Target =
    let private all = [ Transport.Udp; Transport.Tcp; Transport.Tls; Transport.Ws; Transport.Wss ]

    /// The TLS form of a transport: what sips makes of it (RFC 3261, 26.2.2; RFC 7118, 5.5).
    let private secured transport =
        match transport with
        | Transport.Udp -> []
        | Transport.Ws
        | Transport.Wss -> [ Transport.Wss ]
        | _ -> [ Transport.Tls ]

    /// What scheme and transport parameter allow. `secure`: sips, or a sips Request-URI behind it.
    let private offered secure (parameter: string | null) =
        match parameter, secure with
        | null, false -> all
        | null, true -> [ Transport.Tls; Transport.Wss ]
        | name, _ ->
            match TransportName.tryParse name with
            | ValueSome transport when secure -> secured transport
            | ValueSome transport -> [ transport ]
            | ValueNone -> []

    let private wished (wishes: Wishes) offered =
        if wishes.Transports.IsEmpty then
            offered
        else
            wishes.Transports
            |> List.distinct
            |> List.filter (fun transport -> List.contains transport offered)

    let private why secure (parameter: string | null) (wishes: Wishes) =
        match parameter with
        | _ when not wishes.Transports.IsEmpty -> "as asked for"
        | null when secure -> "sips"
        | null -> "the usual order"
        | _ -> "the transport parameter"

    let private port (written: Nullable<int>) =
        if written.HasValue then ValueSome written.Value else ValueNone

    let private said secure parameter (target: Target) (maddr: string | null) = [
        match maddr with
        | null -> ()
        | maddr -> MaddrReplaces maddr

        TransportsAllowed(target.Transports, why secure parameter target.Wishes)
    ]

    /// As a certificate bears it: a name, or an address without brackets.
    let private certified (host: string) =
        match Address.parse host with
        | ValueSome address -> Address.toString address
        | ValueNone -> Question.normal host

    /// A transport by name, a host and a port, as a Via gives them.
    let ofParts wishes number transports (host: string) port = {
        Host = Question.normal host
        Named = certified host
        Port = port
        Transports = wished wishes transports
        Fixed = true
        Wishes = wishes
        Number = number
    }

    /// A sip or sips URI. `secure`: go by TLS whatever the URI's scheme (RFC 3261, 8.1.2).
    let ofUri wishes number secure (uri: SipUri) : struct (Target * Decision list) =
        let secure = secure || uri.IsSips
        let transports = offered secure uri.Transport

        let named = {
            ofParts wishes number transports uri.Host (port uri.Port) with
                Fixed = not (isNull uri.Transport)
        }

        let target =
            match uri.Maddr with
            | null -> named
            | maddr -> { named with Host = Question.normal maddr }

        struct (target, said secure uri.Transport target uri.Maddr)

/// What the legs can reach of a target: transports and address families.
module Reach =
    /// IPv6 first (RFC 8305, 4), where it comes to names; each family at most once.
    let families legs (target: Target) transport =
        let legs =
            LegChoice.allowed legs target.Wishes |> List.filter (fun l -> l.Transport = transport)

        let has family = legs |> List.exists (fun leg -> leg.Address.Family = family)
        [ Family.V6; Family.V4 ] |> List.filter has

    /// The transports that the target and at least one leg allow, in order, with their families.
    let transports legs (target: Target) =
        target.Transports
        |> List.map (fun transport -> struct (transport, families legs target transport))
        |> List.filter (fun struct (_, families) -> not families.IsEmpty)

    /// Without SRV there is one transport, the first (RFC 3263, 4.1: UDP; TLS for sips). Another
    /// serves only the address family that the first has no leg for.
    let withoutServices legs target =
        let take struct (taken: Family list, ways) (struct (transport, families)) =
            match families |> List.except taken with
            | [] -> struct (taken, ways)
            | left -> struct (taken @ left, struct (transport, left) :: ways)

        let struct (_, ways) = transports legs target |> List.fold take (struct ([], []))
        List.rev ways
