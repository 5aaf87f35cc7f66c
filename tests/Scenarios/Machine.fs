// What stands at a node of the virtual world: a value that takes one event and gives its successor,
// what it sends and what its user hears. It knows nothing of the network between the nodes.
module SipFun.Tests.Scenarios.Machine

open System
open SipFun.Core

/// What can happen to a node.
type Happening =
    /// A packet came in; on a stream the source bears the number of this node's end.
    | Arrived of source: Hop * packet: ReadOnlyMemory<byte>
    /// A peer's connection came in, by the number of this node's end.
    | Accepted of source: Hop
    /// The connection it dialled is there.
    | Opened of flow: int64
    | Closed of flow: int64 * SipFun.TransportFault
    /// Its user wants something.
    | Ordered of words: string list
    | Rang

/// What comes of it.
type Doing =
    | Send of Hop * packet: ReadOnlyMemory<byte>
    | Dial of Hop
    | HangUp of flow: int64
    /// What its user hears or sees.
    | Says of string

type IMachine =
    abstract Take: now: Instant * happening: Happening -> struct (IMachine * Doing list)
    abstract Alarm: Instant voption
    /// What is not empty (D7), in words; nothing when all is.
    abstract Left: string list
    /// What its user would still have to end, as orders: calls that stand, registrations.
    abstract Unended: string list list

/// Who is where: what the DNS of this world says.
type Directory = {
    /// Host names and the addresses they have, in order.
    Hosts: Map<string, Address list>
}

module Directory =
    let addresses (name: string) directory =
        Map.tryFind (Question.normal name) directory.Hosts |> Option.defaultValue []

    /// Only addresses are known here: no NAPTR and no SRV records (RFC 3263, 4.1, 4.2).
    let answer (question: Question) directory =
        match question.Type, addresses question.Name directory with
        | SipFun.DnsType.A, (_ :: _ as found) ->
            found
            |> List.map (fun address -> {
                Name = question.Name
                Ttl = 3600
                Data = AddressOf address
            })
            |> Array.ofList
            |> Answer.ok
        | _ -> Answer.empty SipFun.DnsStatus.NoData 3600
