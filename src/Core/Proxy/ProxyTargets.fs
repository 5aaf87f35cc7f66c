// Which of a user's bindings a request goes to, and whether by the Contact or to where the registration
// came from (RFC 3261, 16.5; RFC 5626, 5.3; RFC 7118, 5).
module internal SipFun.Core.ProxyTargets

open SipFun

/// What it says of itself is no way to it: it is a flow, or has a name that is nobody's.
let private isOnlyThere (target: UserTarget) = target.IsFlow || ProxyWords.isNobodys target.Contact

/// It may be from behind a NAT, or made the connection that we would have to make.
let private isRatherThere (view: ProxyView) (target: UserTarget) (source: Hop) =
    isOnlyThere target
    || view.Own.RewriteContact
    || (source.Flow <> 0L && Address.parse target.Contact.Host = ValueSome source.Address)

let rec private withoutOurs view (path: NameAddr list) =
    match path with
    | first :: rest when Ours.isRoute view first.Uri -> withoutOurs view rest
    | path -> path

/// Its Path, without what leads here.
let path view (target: UserTarget) = withoutOurs view target.Path

/// Where its registration came from: numbers of another run say nothing.
let private source (view: ProxyView) (target: UserTarget) =
    let place (hop: Hop) =
        if target.Epoch = view.Own.Epoch then
            { Hop = hop; Leg = target.Leg }
        else
            { Hop = { hop with Flow = 0L }; Leg = 0 }

    ValueOption.map place target.Source

/// The target, and its place if that is the way; none: nothing leads to it any more.
let private reached
    (view: ProxyView)
    (target: UserTarget)
    : struct (UserTarget * Place voption) option =
    let byContact = Some(struct (target, ValueNone))

    match source view target, path view target with
    | _, _ :: _ -> byContact
    | ValueSome place, [] when isRatherThere view target place.Hop ->
        if Placing.isReachable view place then
            Some(struct (target, ValueSome place))
        elif isOnlyThere target then
            None
        else
            byContact
    | _ -> if ProxyWords.isNobodys target.Contact then None else byContact

let private fits isSecure (target: UserTarget) =
    target.Contact.IsSip && (not isSecure || target.Contact.IsSips)

/// Of those that can be reached the one with the highest q, of equals the first.
let best view isSecure (targets: UserTarget list) =
    let better (struct (a: UserTarget, _) as first) (struct (b: UserTarget, _) as second) =
        if b.Q > a.Q then second else first

    match targets |> List.filter (fits isSecure) |> List.choose (reached view) with
    | [] -> ValueNone
    | reached -> ValueSome(List.reduce better reached)
