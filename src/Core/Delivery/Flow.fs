// A connection as the core knows it (RFC 5626's flow): its remote end, what was verified, and the
// packets that wait for it to open. Bytes, timeouts and handshakes are the shell's.
namespace SipFun.Core

open System
open SipFun

/// A packet that waits for its connection.
type Parked = {
    Number: int64
    Packet: ReadOnlyMemory<byte>
    Report: bool
    /// It belongs to a delivery, which may have ended meanwhile; else it goes out in any case.
    IsOwned: bool
}

type FlowPhase =
    /// The shell was asked to connect; newest packet first.
    | Opening of count: int * Parked list
    | Open

type Flow = {
    Leg: int
    /// The remote end, the name it was verified for, and this flow's own number.
    Hop: Hop
    Phase: FlowPhase
    /// What the verified certificate of a peer that connected to us says it is.
    Names: string list
    /// For which remote ends new messages may go this way.
    Peers: string list
    /// It is too old for anything new.
    IsRetired: bool
}

module Flow =
    /// By which remote end, name and leg a flow is found. A name is part of it only where one is
    /// verified: what was verified for one name is never used for another (RFC 5922; V-11).
    let peer leg (hop: Hop) (name: string | null) =
        let verified =
            match name with
            | NonNull name when TransportName.isSecure hop.Transport -> name.ToLowerInvariant()
            | _ -> ""

        System.String.Join("\n", string leg, Hop.toString hop, verified)

    /// What a certificate must bear when nobody says: the address itself (RFC 5280, 4.2.1.6).
    let named (hop: Hop) =
        if TransportName.isSecure hop.Transport && isNull hop.VerifyName then
            { hop with VerifyName = Address.toString hop.Address }
        else
            hop
