// What is known of the largest IP packet that a path takes (RFC 3261, 18.1.1): what the leg was told, and
// what ICMP said, which counts for ten minutes (RFC 1191, 6.3; RFC 8201, 4). It sends nothing.
namespace SipFun.Core

open SipFun

/// By what ICMP said of the path to an address: the largest packet in bytes, and until when it counts.
type PathMtus = Map<string, struct (int * Instant)>

module PathMtu =
    /// Every IPv4 host takes as much (RFC 791, 3.1): less is not believed, since anybody on the path
    /// can say it.
    let smallest = 576

    let private keptFor = 600_000L<ms>

    /// What a response, or a proxy's Via, may add on the way (RFC 3261, 18.1.1).
    let private margin = 200

    let private room limit now (known: PathMtus) =
        if known.Count < limit then
            known
        else
            let valid = known |> Map.filter (fun _ (struct (_, until)) -> now < until)

            if valid.Count < limit then
                valid
            else
                let first =
                    valid |> Map.toSeq |> Seq.minBy (fun (_, (struct (_, until))) -> until) |> fst

                Map.remove first valid

    let private learnt now (address: Address) (known: PathMtus) =
        if known.IsEmpty then
            ValueNone
        else
            match Map.tryFind (Address.toString address) known with
            | Some(struct (mtu, until)) when now < until -> ValueSome mtu
            | _ -> ValueNone

    /// A packet to this address was too big, the next hop takes this much. What ends first goes when
    /// there is no room.
    let learn limit now (address: Address) mtu (known: PathMtus) : PathMtus =
        let key = Address.toString address

        if limit < 1 || mtu < 1 then
            known
        else
            Map.remove key known
            |> room limit now
            |> Map.add key (struct (max smallest mtu, now + keptFor))

    /// The smaller of what the leg was told and what ICMP said; and whether it was ICMP.
    let tryFind now (leg: Leg) address known : struct (int * bool) voption =
        match leg.PathMtu, learnt now address known with
        | 0, ValueNone -> ValueNone
        | 0, ValueSome mtu -> ValueSome(struct (mtu, true))
        | told, ValueSome mtu when mtu < told -> ValueSome(struct (mtu, true))
        | told, _ -> ValueSome(struct (told, false))

    /// The largest request that goes over UDP on a path that takes this much.
    let largestRequest mtu = mtu - margin
