// Where a request is sent instead (RFC 3261, 8.3, 21.3): by a map of domains, or to the bindings of a user of
// ours. Looks nobody up: whose bindings are wanted is said, and what they are comes back.
namespace SipFun.Core

open System
open System.Globalization
open SipFun

type RedirectionSettings = {
    /// Hosts whose users are looked up, as `Ours.canonical` has them.
    Domains: Set<string>
    /// Keys as in the dispatcher's domain map; the user of the Request-URI goes with the request.
    Moved: Map<string, SipUri>
    /// 300 to 302.
    Status: int
}

/// One place where somebody can be reached.
type Redirected = {
    Uri: SipUri
    Q: decimal
    /// Seconds; none: nothing is said.
    Expires: int64 voption
}

[<RequireQualifiedAccess>]
type RedirectionVerdict =
    /// Not ours.
    | Pass
    /// Depends on the bindings of this user.
    | Asks of AddressOfRecord
    | Answer of status: int * contacts: string list
    /// It cancels a request that we answer: 200 (8.3).
    | Cancels

[<RequireQualifiedAccess>]
module Redirection =
    let private sipsOnly (request: SipRequest) (place: Redirected) =
        not request.RequestUri.IsSips || place.Uri.IsSips || not place.Uri.IsSip

    let private contact (place: Redirected) =
        let q = place.Q.ToString("0.###", CultureInfo.InvariantCulture)

        match place.Expires with
        | ValueSome seconds -> $"<{place.Uri}>;q={q};expires={seconds}"
        | ValueNone -> $"<{place.Uri}>;q={q}"

    /// To all but the Request-URI itself (8.3), by falling q; of a sips URI only to what is as safe
    /// (26.4.4). 404 when it would go round in a circle, 480 when there is nobody.
    let answer settings (request: SipRequest) (places: Redirected list) =
        let safe = List.filter (sipsOnly request) places

        let others =
            safe
            |> List.filter (fun place -> not (place.Uri.IsEquivalentTo request.RequestUri))
            |> List.sortBy (fun place -> -place.Q)

        match others, safe with
        | [], [] -> RedirectionVerdict.Answer(480, [])
        | [], _ -> RedirectionVerdict.Answer(404, [])
        | others, _ -> RedirectionVerdict.Answer(settings.Status, List.map contact others)

    let private tryMoved settings (uri: SipUri) =
        let rules = {
            DomainProxies = settings.Moved
            OutgoingProxy = ValueNone
            Seed = 0UL
        }

        match Route.through rules false uri with
        | struct ({ Uri = target; By = ResolutionStage.DomainMap }, _) ->
            Some(
                if isNull target.User && target.IsSip && uri.IsSip then
                    target.WithUser uri.User
                else
                    target
            )
        | _ -> None

    let private tryUser settings (uri: SipUri) =
        let mutable address: AddressOfRecord | null = null

        if
            uri.IsSip
            && settings.Domains.Contains(Ours.canonical uri.Host)
            && AddressOfRecord.TryCreate(uri, &address)
        then
            Option.ofObj address
        else
            None

    let private target settings (request: SipRequest) =
        match tryUser settings request.RequestUri, tryMoved settings request.RequestUri with
        | Some address, _ -> RedirectionVerdict.Asks address
        | None, Some uri -> answer settings request [ { Uri = uri; Q = 1m; Expires = ValueNone } ]
        | None, None -> RedirectionVerdict.Pass

    /// Requests outside of dialogs, whatever their method and what they require (8.3), but REGISTER.
    let receive settings (message: SipMessage) =
        match message with
        | :? SipRequest as request when request.Method = SipMethod.Cancel ->
            match target settings request with
            | RedirectionVerdict.Pass -> RedirectionVerdict.Pass
            | _ -> RedirectionVerdict.Cancels
        | :? SipRequest as request when
            isNull request.ToTag
            && request.Method <> SipMethod.Ack
            && request.Method <> SipMethod.Register
            ->
            target settings request
        | _ -> RedirectionVerdict.Pass
