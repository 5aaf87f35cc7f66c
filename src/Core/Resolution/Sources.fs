// From which of our addresses the system would send, by destination (RFC 6724, 5): asked only where
// several legs suit, and remembered for a moment. Bounded; expiry is derived.
namespace SipFun.Core

/// The system's word on one destination.
type Source = {
    /// None: it has no way there, or said nothing in time.
    Address: Address voption
    Until: Instant
}

/// By what `Sources.key` says of a destination.
type Sources = Map<struct (Family * uint64 * uint64 * uint32), Source>

module Sources =
    /// A change of the routing table is noticed after this; no copy of a packet asks again.
    let private keptFor = 10_000L<ms>

    /// Asking costs next to nothing: when so many are known, all are forgotten.
    [<Literal>]
    let Limit = 1000

    let key (address: Address) = struct (address.Family, address.High, address.Low, address.Scope)

    /// What the system said lately.
    let tryFind now destination (sources: Sources) =
        match Map.tryFind (key destination) sources with
        | Some source when now < source.Until -> ValueSome source.Address
        | _ -> ValueNone

    let add now destination address (sources: Sources) : Sources =
        let room = if sources.Count >= Limit then Map.empty else sources
        Map.add (key destination) { Address = address; Until = now + keptFor } room
