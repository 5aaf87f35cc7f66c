// What a request must be before it is passed on (RFC 3261, 16.3; RFC 5393, 4.2.2).
module internal SipFun.Core.ProxyChecks

open System
open SipFun

/// Why a request goes no further.
[<Struct; NoEquality; NoComparison>]
type Refusal = { Status: int; Header: string; Value: string }

let refusal status = { Status = status; Header = ""; Value = "" }

let private isMalformed (request: SipRequest) =
    let index = request.Index

    (index.Has HeaderId.Route
     || index.Has HeaderId.RecordRoute
     || index.Has HeaderId.ProxyRequire
     || index.Has HeaderId.ProxyAuthorization)
    && request.Validate(SipRole.Proxy).Count > 0

let private unsupported (tags: seq<string>) =
    ValueSome {
        Status = 420
        Header = "Unsupported"
        Value = String.Join(", ", tags)
    }

/// Of Proxy-Require nothing is understood here.
let private checkWords loop (request: SipRequest) =
    if not request.RequestUri.IsSip then
        ValueSome(refusal 416)
    elif isMalformed request then
        ValueSome(refusal 400)
    elif ProxyBranch.hasLooped loop request then
        ValueSome(refusal 482)
    elif request.Index.Has HeaderId.ProxyRequire then
        unsupported request.ProxyRequire
    else
        ValueNone

/// Max-Forwards comes first: whatever else is wrong, nothing goes round for ever.
let check loop (request: SipRequest) =
    if request.Index.MaxForwards = 0 then
        ValueSome(refusal 483)
    else
        checkWords loop request

/// A request that ends here: it may have come as far as it could (11), and Require is meant for us, of
/// which nothing is understood either (8.2.2.3).
let checkOwn loop (request: SipRequest) =
    match checkWords loop request with
    | ValueNone when request.Index.Has HeaderId.Require && request.Require.Count > 0 ->
        unsupported request.Require
    | checked' -> checked'

/// Broadcast, "this network", reserved; IPv4 in a form of IPv6 that is no longer (RFC 4291, 2.5.5.1).
let private isNobodys (address: Address) =
    match address.Family with
    | Family.V4 -> (address.Low >>> 24) = 0UL || (address.Low >>> 28) = 15UL
    | _ -> address.High = 0UL && (address.Low >>> 32) = 0UL && address.Low <> 1UL

let private isMulticast (address: Address) =
    match address.Family with
    | Family.V4 -> (address.Low >>> 28) = 14UL
    | _ -> (address.High >>> 56) = 0xffUL

/// Nothing goes to everybody, to nobody, or to many who have not asked (V-16).
let isForbidden (own: ProxySettings) (hop: Hop) =
    hop.Port <= 0
    || hop.Port > 65_535
    || Address.isUnspecified hop.Address
    || isNobodys hop.Address
    || (isMulticast hop.Address && not own.AllowMulticast)
