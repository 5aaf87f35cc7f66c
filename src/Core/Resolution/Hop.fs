// Where one message goes next, or came from: transport, numeric address, port (RFC 3263, 4).
// Addresses are two words, so that a received datagram's source costs no object.
namespace SipFun.Core

open System
open System.Buffers.Binary
open System.Net
open System.Net.Sockets
open SipFun

/// The two families of addresses that a leg can have and a target can need.
type Family =
    | V4 = 0
    | V6 = 1

/// An IPv4 or IPv6 address by value. An IPv4-mapped IPv6 address is kept as IPv4.
[<Struct; CustomEquality; NoComparison>]
type Address = {
    High: uint64
    Low: uint64
    /// The zone of a link-local IPv6 address, else 0.
    Scope: uint32
    Family: Family
} with

    /// By value: the same address in the same zone.
    member this.Equals(other: Address) =
        this.Low = other.Low
        && this.High = other.High
        && this.Family = other.Family
        && this.Scope = other.Scope

    override this.Equals(other: obj | null) =
        match other with
        | :? Address as address -> this.Equals address
        | _ -> false

    override this.GetHashCode() = HashCode.Combine(this.High, this.Low, this.Scope)

    interface IEquatable<Address> with
        member this.Equals(other) = this.Equals other

module Address =
    /// The address of four bytes in network order.
    let ofV4 (bits: uint32) = { High = 0UL; Low = uint64 bits; Scope = 0u; Family = Family.V4 }

    let private mapped = 0xffffUL

    /// The address of two words in network order; ::ffff:0:0/96 becomes IPv4 (RFC 5118, 4.10).
    let ofV6 (high: uint64) (low: uint64) (scope: uint32) =
        if high = 0UL && (low >>> 32) = mapped then
            ofV4 (uint32 low)
        else
            { High = high; Low = low; Scope = scope; Family = Family.V6 }

    let ofIPAddress (address: IPAddress) =
        let bytes = address.GetAddressBytes()

        if address.AddressFamily = AddressFamily.InterNetwork then
            ofV4 (BinaryPrimitives.ReadUInt32BigEndian(ReadOnlySpan bytes))
        else
            ofV6
                (BinaryPrimitives.ReadUInt64BigEndian(ReadOnlySpan bytes))
                (BinaryPrimitives.ReadUInt64BigEndian(ReadOnlySpan(bytes, 8, 8)))
                (uint32 address.ScopeId)

    let toIPAddress (address: Address) =
        if address.Family = Family.V4 then
            let bytes = Array.zeroCreate 4
            BinaryPrimitives.WriteUInt32BigEndian(Span bytes, uint32 address.Low)
            IPAddress bytes
        else
            let bytes = Array.zeroCreate 16
            BinaryPrimitives.WriteUInt64BigEndian(Span bytes, address.High)
            BinaryPrimitives.WriteUInt64BigEndian(Span(bytes, 8, 8), address.Low)
            IPAddress(bytes, int64 address.Scope)

    /// The address in a URI or Via host, brackets or not; none when the host is a name.
    let parse (host: string) =
        match HostAddress.tryV4 host with
        | ValueSome bits -> ValueSome(ofV4 bits)
        | ValueNone ->
            match HostAddress.tryParse host with
            | null -> ValueNone
            | address -> ValueSome(ofIPAddress address)

    /// 0.0.0.0 or ::, which no message may carry as its sender.
    let isUnspecified (address: Address) = address.High = 0UL && address.Low = 0UL

    let isLoopback (address: Address) =
        match address.Family with
        | Family.V4 -> (address.Low >>> 24) = 127UL
        | _ -> address.High = 0UL && address.Low = 1UL

    /// As text in RFC 5952's form, without brackets and zone.
    let toString (address: Address) =
        IPAddress.Parse((toIPAddress { address with Scope = 0u }).ToString()).ToString()

    /// As the host of a URI or a Via: an IPv6 address stands in brackets (RFC 3261, 25.1).
    let toHost (address: Address) =
        if address.Family = Family.V6 then
            "[" + toString address + "]"
        else
            toString address

/// One next hop, or the source of one message.
[<Struct>]
type Hop = {
    Transport: Transport
    Address: Address
    Port: int
    /// The name a certificate must bear: TARGET's host before NAPTR and SRV (RFC 5922, 7.4).
    VerifyName: string | null
    /// The connection to go over as long as it lives, or come by; 0: none, the address decides.
    Flow: int64
}

module Hop =
    let create transport address port = {
        Transport = transport
        Address = address
        Port = port
        VerifyName = null
        Flow = 0L
    }

    /// "udp:192.0.2.1:5060", as logs and explanations show it.
    let toString (hop: Hop) =
        let transport = hop.Transport.ToString().ToLowerInvariant()
        String.Join(':', transport, Address.toHost hop.Address, string hop.Port)

    /// The port a transport has when nothing names one (RFC 3261, 19.1.2; RFC 7118, 5).
    let defaultPort transport =
        match transport with
        | Transport.Tls -> 5061
        | Transport.Ws -> 80
        | Transport.Wss -> 443
        | _ -> 5060
