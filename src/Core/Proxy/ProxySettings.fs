// What a stateless proxy was told, what it looks at beside a message, and what it says to be done
// (RFC 3261, 16.11). It remembers nothing: what waits for an answer is a value in somebody's hands.
namespace SipFun.Core

open System
open SipFun

type ProxySettings = {
    /// Keys branches, Record-Routes and Contacts of its own. The same after a restart: responses in flight arrive.
    Secret: struct (uint64 * uint64)
    /// This run of this dispatcher: connections are numbered anew in each, so that a number counts in its
    /// own only.
    Epoch: uint32
    /// Whose users are looked up in the location service; in lower case, IPv6 in brackets.
    Domains: Set<string>
    /// Further names of this proxy, "host" or "host:port", in lower case.
    Aliases: Set<string>
    /// Stays on the path of dialogs (16.6, item 4).
    RecordRoute: bool
    /// Contacts that pass lead through here, back over the connection they came by.
    RewriteContact: bool
    /// Forwards to any domain, for anybody.
    AllowForeign: bool
    /// Forwards to multicast addresses too.
    AllowMulticast: bool
}

/// What there is to be looked at when a message comes: the dispatcher's legs, connections, answers.
[<Sealed; AllowNullLiteral(false)>]
type ProxyView(own: ProxySettings, settings: Settings, now: Instant, state: State) =
    member _.Own = own
    member _.Settings = settings
    member _.Now = now
    member _.State = state

/// A URI to go to: a Route, or the Request-URI (16.6, item 7).
type Whither = {
    Uri: SipUri
    /// It comes from a Route: the outgoing proxy has no say.
    HasRoute: bool
    /// The Request-URI is sips: by TLS, whichever URI is resolved.
    IsSecure: bool
}

/// Where somebody was heard of, and the leg by which; 0: not known.
type Place = { Hop: Hop; Leg: int }

/// One target of a user (16.5).
type UserTarget = {
    Contact: SipUri
    /// Through these, the first first (RFC 3327, 5.1).
    Path: NameAddr list
    /// In thousandths: the most wins, and of equals the first.
    Q: int
    /// Of which run of which dispatcher the numbers of leg and connection are; 0: not known.
    Epoch: uint32
    /// Where its registration came from, if that is known.
    Source: Hop voption
    /// The leg by which it came; 0: not known.
    Leg: int
    /// It is a flow of RFC 5626: its connection is the way, whatever the Contact says.
    IsFlow: bool
}

/// A Route value, and where it stands in the message: its line, and the value itself.
[<Struct; NoEquality; NoComparison>]
type RouteValue = { Line: int; Start: int; Stop: int; Address: NameAddr }

/// A request on its way through, as far as it has come.
[<NoEquality; NoComparison>]
type Passage = {
    Request: SipRequest
    Leg: int
    Source: Hop
    Routes: RouteValue array
    /// The Routes from here, before there, are left: the others were ours, or the last of a strict
    /// router's (16.4).
    First: int
    Last: int
    /// What will stand in the request line.
    Uri: SipUri
    /// Pushed before the Routes that are left.
    Path: NameAddr list
    /// A contact of ours named the place; none: RFC 3263 finds it.
    Place: Place voption
    /// Its user is to be found, our seal vouches for its dialog, or somebody sends it who may.
    IsAllowed: bool
    /// Proxy credentials for these were meant for us (22.3).
    Realms: string list
}

/// What is to be done about a message.
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type ProxyStep =
    /// Not for a proxy: the next receiver is asked.
    | Pass
    /// Goes out by this leg.
    | Send of leg: int * Hop * ReadOnlyMemory<byte>
    /// The targets of the user in its Request-URI are wanted: `Proxy.located`.
    | AskUser of Passage
    /// The hop is wanted: `Proxy.found`.
    | Find of Passage * Whither
    | Drop of Counted
