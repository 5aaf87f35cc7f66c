// The stages that look for hops, by name and in order (RFC 3263, 4.2). Each looks at the same
// target with a growing book, so that nothing is resumed and the order of answers cannot matter.
namespace SipFun.Core

open SipFun

[<RequireQualifiedAccess>]
type Stage =
    /// An address, or localhost: no DNS.
    | KnownHost
    /// NAPTR records, unless the URI names a port or a transport.
    | Pointers
    /// SRV records, unless the URI names a port.
    | Services
    /// A and AAAA records of the host itself.
    | Addresses

module Stage =
    /// All of them, in order; one that has nothing to say is silent.
    let all = [ Stage.KnownHost; Stage.Pointers; Stage.Services; Stage.Addresses ]

    let private port (target: Target) transport =
        match target.Port with
        | ValueSome port -> port
        | ValueNone -> TransportName.defaultPort transport

    /// The hops of the host itself, over the transports that need no SRV: each address by the first
    /// that reaches it.
    let private ownHops sight =
        let target = sight.Target

        Reach.transports sight.Legs target
        |> List.collect (fun (struct (transport, families)) ->
            Hosts.hops sight transport families target.Host (port target transport))
        |> List.distinctBy _.Address

    /// A numeric host of a family that only a later transport's leg has goes by that transport.
    let private knownHost sight addresses : struct (Look * Decision list) =
        let said =
            match addresses with
            | [ address ] -> [ HostIsNumeric address ]
            | _ -> [ HostIsLocalhost sight.Target.Host ]

        match addresses, ownHops sight with
        | address :: _, [] -> struct (Look.Ended(Hosts.noLeg sight address), said)
        | _, hops -> struct (Look.Settled hops, said)

    /// The families that a name may have and that no leg of any transport in question has.
    let private families sight =
        let has family =
            Reach.transports sight.Legs sight.Target
            |> List.exists (fun struct (_, families) -> List.contains family families)

        [ Family.V6; Family.V4 ]
        |> List.filter (has >> not)
        |> List.map (fun family -> FamilySkipped(family, "no leg has one"))

    let private considerHost sight : struct (Look * Decision list) =
        match Hosts.known sight.Target.Host with
        | ValueSome addresses -> knownHost sight addresses
        | ValueNone when HostName.isName sight.Target.Host -> struct (Look.Silent, families sight)
        | ValueNone -> struct (Look.Ended(Advice.noHost sight.Target.Host), [])

    let private pointers sight : struct (Look * Decision list) =
        match Pointers.unread sight with
        | [] -> struct (Look.Silent, Pointers.told sight)
        | unread -> struct (Look.Needs unread, [])

    /// Where NAPTR points to, else the domain's own SRV records: for clients of RFC 2543 they must
    /// be there too (RFC 3263, 4.1).
    let private pointed sight : struct (Look * Decision list) =
        let own () = Services.ofDomain sight.Legs sight.Target |> Services.consider sight

        match Pointers.sought sight with
        | [] -> own ()
        | sought ->
            match Services.consider sight sought with
            | struct (Look.Silent, _) ->
                match own () with
                | struct (Look.Needs _, _) as needs -> needs
                | struct (look, said) -> struct (look, PointersEmpty :: said)
            | found -> found

    let private services sight : struct (Look * Decision list) =
        match sight.Target.Port with
        | ValueSome port -> struct (Look.Silent, [ PortIsExplicit port ])
        | ValueNone -> pointed sight

    let private ownQuestions sight =
        Reach.withoutServices sight.Legs sight.Target
        |> List.collect (fun (struct (_, families)) -> Hosts.questions families sight.Target.Host)

    /// Addresses of the host that lie outside the networks of every leg.
    let private ownOutside sight =
        let reached = ownHops sight |> List.map _.Address

        Reach.transports sight.Legs sight.Target
        |> List.collect (fun (struct (transport, families)) ->
            Hosts.outside sight transport families sight.Target.Host)
        |> List.distinct
        |> List.filter (fun address -> not (List.contains address reached))

    let private unreached sight : struct (Look * Decision list) =
        match ownOutside sight with
        | [] -> struct (Look.Silent, [])
        | address :: _ as skipped ->
            struct (Look.Ended(Hosts.noLeg sight address), List.map Hosts.skip skipped)

    let private addresses sight : struct (Look * Decision list) =
        match ownQuestions sight |> Hosts.unread sight.Book, ownHops sight with
        | [], [] -> unreached sight
        | [], hops -> struct (Look.Settled hops, List.map Hosts.skip (ownOutside sight))
        | unread, _ -> struct (Look.Needs unread, [])

    let private ownFamilies sight =
        Reach.withoutServices sight.Legs sight.Target
        |> List.collect (fun (struct (_, families)) -> families)

    /// All stages were silent. A SRV question that failed tells more than a host without address,
    /// but not more than one that does not exist.
    let exhausted sight =
        let own = ownQuestions sight |> Hosts.failure sight.Book (ownFamilies sight)
        let sought = Services.ofDomain sight.Legs sight.Target |> List.map _.Question

        match sought with
        | _ :: _ when own.Fault = ResolutionFault.NoAddress && sight.Target.Port.IsNone ->
            let services = Hosts.failure sight.Book [] sought
            if Hosts.isTransient services then services else own
        | _ -> own

    let consider sight stage =
        match stage with
        | Stage.KnownHost -> considerHost sight
        | Stage.Pointers -> pointers sight
        | Stage.Services -> services sight
        | Stage.Addresses -> addresses sight
