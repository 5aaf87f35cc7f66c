// The seal in a Record-Route of ours: whoever sends it back within that call is in a dialog that this proxy
// let begin (RFC 3261, 16.6, item 4). Keyed by the secret, over the Call-ID, which both sides have.
module internal SipFun.Core.RouteSeal

open System
open SipFun

[<Literal>]
let private Name = "seal"

let private ofCall (own: ProxySettings) (request: SipRequest) =
    let mutable hash = SipHash.Pieces own.Secret
    hash.Add 5L
    hash.Add(Peek.callId request)
    hash.Finish().ToString "x16"

/// For the URI of a Record-Route.
let parameter own request = $";{Name}={ofCall own request}"

/// Whether it is a request within a dialog, and this URI one that we recorded for it.
let vouches own (request: SipRequest) (uri: SipUri) =
    not (isNull request.ToTag)
    && (match uri.GetParameter Name with
        | null -> false
        | seal -> String.Equals(seal, ofCall own request, StringComparison.OrdinalIgnoreCase))
