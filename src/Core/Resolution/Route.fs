// Which URI, or Via, says where a message goes: the top Route, the domain map, the outgoing proxy
// (RFC 3261, 8.1.2), and for responses the top Via (18.2.2; RFC 3581, 4; RFC 3263, 5).
namespace SipFun.Core

open SipFun

/// A URI to be resolved, and the stage that chose it.
[<Struct>]
type Chosen = { Uri: SipUri; By: ResolutionStage }

module Route =
    /// "a.b.c", "*.a.b.c", "*.b.c", "*.c": the longest first, and the domain before its wildcard.
    let private patterns (host: string) =
        let suffix at = "*." + host.Substring at

        let dots =
            host
            |> Seq.indexed
            |> Seq.filter (fun (_, c) -> c = '.')
            |> Seq.map (fun (at, _) -> suffix (at + 1))

        [ host; suffix 0; yield! dots ]

    /// The keys under which a URI's host may stand in the domain map, best first. Labels are taken
    /// off names only, and a URI without a host is nobody's but "*".
    let private keys (uri: SipUri) =
        let host = Question.normal uri.Host

        match Address.parse host with
        | _ when not uri.IsSip -> [ "*" ]
        | ValueSome address -> [ host; Address.toHost address; Address.toString address; "*" ]
        | ValueNone when HostName.isName host -> patterns host @ [ "*" ]
        | ValueNone -> [ "*" ]

    let private mapped (rules: Rules) uri =
        let entry key =
            rules.DomainProxies |> Map.tryFind key |> Option.map (fun proxy -> struct (key, proxy))

        if rules.DomainProxies.IsEmpty then
            None
        else
            keys uri |> List.tryPick entry

    /// The domain map's word on a URI; without one, the outgoing proxy's, unless there is a Route.
    let through (rules: Rules) hasRoute (uri: SipUri) : struct (Chosen * Decision list) =
        let unmapped = DomainNotMapped uri.Host

        match mapped rules uri, rules.OutgoingProxy with
        | Some(struct (key, proxy)), _ ->
            struct ({ Uri = proxy; By = ResolutionStage.DomainMap }, [ DomainMapped(key, proxy) ])
        | None, ValueSome proxy when not hasRoute ->
            struct ({ Uri = proxy; By = ResolutionStage.OutgoingProxy },
                    [ unmapped; ProxyChosen proxy ])
        | None, _ ->
            let said = if hasRoute then [ unmapped ] else [ unmapped; NoProxy ]

            struct ({ Uri = uri; By = ResolutionStage.Target }, said)
