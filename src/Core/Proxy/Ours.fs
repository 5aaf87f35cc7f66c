// Which hosts are this proxy's own: its legs by address and by sent-by, its aliases, and the domains
// whose users it looks up (RFC 3261, 16.4 and 16.5).
module SipFun.Core.Ours

open System
open SipFun

/// A host in the one spelling of sets of hosts: an address as the system writes it, a name in lower case.
let canonical (host: string) =
    match Address.parse host with
    | ValueSome address -> HostAddress.toHost (Address.toIPAddress address)
    | ValueNone -> Question.normal host

let private sameHost (a: string) (b: string) =
    String.Equals(a, b, StringComparison.OrdinalIgnoreCase) || canonical a = canonical b

/// The port of a URI without one: its transport's (19.1.2).
let portOf (uri: SipUri) =
    if uri.Port.HasValue then
        uri.Port.Value
    elif uri.IsSips then
        match TransportName.tryParse uri.Transport with
        | ValueSome Transport.Ws
        | ValueSome Transport.Wss -> 443
        | _ -> 5061
    else
        match TransportName.tryParse uri.Transport with
        | ValueSome transport -> Hop.defaultPort transport
        | ValueNone -> 5060

/// "host:port" as our Via has it, or "host" alone, which stands for any port.
let private isSentBy (sentBy: string) (host: string) (port: int) =
    let colon = sentBy.LastIndexOf ':'

    if colon > sentBy.LastIndexOf ']' then
        sentBy.AsSpan(colon + 1).SequenceEqual((string port).AsSpan())
        && sameHost (sentBy.Substring(0, colon)) host
    else
        sameHost sentBy host

let private isLegHop (address: Address) port (leg: Leg) =
    leg.Port = port && leg.Address = { address with Scope = leg.Address.Scope }

/// A hop that is one of our own legs.
let isOwnHop (hop: Hop) (legs: Leg list) =
    legs
    |> List.exists (fun leg -> leg.Transport = hop.Transport && isLegHop hop.Address hop.Port leg)

let private isLegHost (host: string) port (legs: Leg list) =
    List.exists (fun (leg: Leg) -> isSentBy leg.SentBy host port) legs
    || (match Address.parse host with
        | ValueSome address -> List.exists (isLegHop address port) legs
        | ValueNone -> false)

let private isAlias (aliases: Set<string>) (host: string) (port: int) =
    not aliases.IsEmpty
    && (let host = Question.normal host
        aliases.Contains host || aliases.Contains $"{host}:{port}")

/// A host and port that are this proxy itself.
let isHost (view: ProxyView) host port =
    isLegHost host port view.State.Legs || isAlias view.Own.Aliases host port

/// One of the domains whose users we know.
let isDomain (view: ProxyView) (host: string) =
    not view.Own.Domains.IsEmpty && view.Own.Domains.Contains(canonical host)

/// A URI that names one of these legs.
let isLegUri (legs: Leg list) (uri: SipUri) = uri.IsSip && isLegHost uri.Host (portOf uri) legs

let isUri (view: ProxyView) (uri: SipUri) = uri.IsSip && isHost view uri.Host (portOf uri)

/// A Route that leads here: this proxy, or the domain that it serves, nobody in particular.
let isRoute (view: ProxyView) (uri: SipUri) =
    uri.IsSip && (isHost view uri.Host (portOf uri) || (isNull uri.User && isDomain view uri.Host))

let leg number (view: ProxyView) =
    let rec find (legs: Leg list) =
        match legs with
        | [] -> ValueNone
        | leg :: _ when leg.Number = number -> ValueSome leg
        | _ :: rest -> find rest

    find view.State.Legs
