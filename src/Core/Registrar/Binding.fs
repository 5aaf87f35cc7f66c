// What a REGISTER leaves behind: one Contact of an address-of-record, and until when it holds (RFC
// 3261, 10.3, steps 7 and 8). Knows nothing of where bindings are kept.
namespace SipFun.Core

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
    /// The leg the REGISTER came by.
    Leg: int
    /// Where the REGISTER came from.
    Source: Hop voption
}

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

    /// Whether a REGISTER of this Call-ID and CSeq is late, or a copy (RFC 3261, 10.3, steps 6
    /// and 7).
    let isOutOfOrder (request: SipRequest) binding =
        binding.CallId = request.CallId && request.CSeq.Number <= binding.CSeq
