// What the dispatcher's owner decided about where messages go. Read by stages, changed by nobody.
namespace SipFun.Core

open SipFun

/// One leg as the core knows it: one local address of one transport.
type Leg = {
    Number: int
    Transport: Transport
    Address: Address
    Port: int
    /// What stands in our Via: never the unspecified address (RFC 3261, 18.1.1).
    SentBy: string
    /// It reaches these only; empty: everything of its family.
    Networks: Network list
    /// The largest IP packet that the paths from it take, as its user says; 0: not known.
    PathMtu: int
}

module Leg =
    let toString (leg: Leg) =
        let transport = leg.Transport.ToString().ToLowerInvariant()
        System.String.Join(':', transport, Address.toHost leg.Address, string leg.Port)

/// The rules by which next hops are found.
type Rules = {
    /// Keys: "example.com", "*.example.com" (with example.com itself), "*"; lower case.
    DomainProxies: Map<string, SipUri>
    OutgoingProxy: SipUri voption
    /// From which every draw is made (RFC 2782's weights).
    Seed: uint64
}

/// What one message asks of its resolution.
type Wishes = {
    /// Only these, in this order; empty: whatever the legs offer, udp first.
    Transports: Transport list
    /// Only these legs, by number; empty: all.
    Legs: int list
    /// Equal keys find equal hops in equal order, whatever the order of records: what a sender
    /// without state needs (RFC 3263, 4.4). None: each delivery draws for itself.
    Key: int64 voption
}

module Wishes =
    let none = { Transports = []; Legs = []; Key = ValueNone }
