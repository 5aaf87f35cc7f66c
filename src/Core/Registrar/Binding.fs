// What a REGISTER leaves behind: one Contact of an address-of-record, and until when it holds (RFC
// 3261, 10.3, steps 7 and 8). Knows nothing of where bindings are kept.
namespace SipFun.Core

open System
open SipFun

/// One binding.
[<ReferenceEquality>]
type Binding = {
    /// As it was registered, without what the registrar says of it: expires, pub-gruu, temp-gruu.
    Contact: NameAddr
    Q: decimal
    Until: Instant
    /// When it was made or refreshed.
    Since: Instant
    CallId: CallId
    CSeq: uint32
    Path: NameAddr list
    /// The content of +sip.instance (RFC 5626, 4.1).
    Instance: string voption
    /// Of a binding that is a flow of an instance (RFC 5626, 6).
    RegId: int voption
    /// Of which run of which dispatcher the numbers of leg and connection are; 0: not known.
    Epoch: uint32
    /// The leg the REGISTER came by.
    Leg: int
    /// Where the REGISTER came from.
    Source: Hop voption
}

/// How a REGISTER came, and what is known of connections then.
[<NoComparison; NoEquality>]
type RegisterArrival = { Epoch: uint32; Leg: int; Source: Hop; State: State }

/// What becomes of one binding.
[<RequireQualifiedAccess; NoComparison>]
type BindingChange =
    | Added of Binding
    | Refreshed of Binding
    | Removed of Binding

[<RequireQualifiedAccess>]
module Binding =
    /// Highest q first, among equals as they were.
    let ranked bindings = bindings |> List.sortBy (fun (binding: Binding) -> -binding.Q)

    /// Nobody could go there but over a connection: a flow, or a name that is nobody's (RFC 7118, 5).
    let private isOnlyThere (binding: Binding) =
        binding.Path.IsEmpty
        && (binding.RegId.IsSome
            || binding.Contact.Uri.Host.EndsWith(".invalid", StringComparison.OrdinalIgnoreCase))

    /// Whether the connection that was its only way has ended in this run: it is a binding no longer
    /// (RFC 5626, 7).
    let isCutOff epoch (state: State) (binding: Binding) =
        match binding.Source with
        | ValueSome hop when binding.Epoch = epoch && epoch <> 0u ->
            TransportName.isReliable hop.Transport
            && isOnlyThere binding
            && not (Flows.isLiving hop state)
        | _ -> false

    /// Whether a REGISTER of this Call-ID and CSeq is late, or a copy (RFC 3261, 10.3, steps 6
    /// and 7).
    let isOutOfOrder (request: SipRequest) binding =
        binding.CallId = request.CallId && request.CSeq.Number <= binding.CSeq
