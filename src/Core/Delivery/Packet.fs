// A request as it leaves, and every copy of it: its bytes alone, with our Via on top (RFC 3261, 8.1.1.7).
// Many wait and few are looked into again; those are read anew.
namespace SipFun.Core

open System
open System.Text
open SipFun

/// The bytes of a request.
[<Struct; CustomEquality; NoComparison>]
type Packet = private {
    Octets: byte array
} with

    override this.Equals(other: obj | null) =
        match other with
        | :? Packet as packet -> obj.ReferenceEquals(this.Octets, packet.Octets)
        | _ -> false

    override this.GetHashCode() = this.Octets.Length

module Packet =
    let bytes (packet: Packet) = ReadOnlyMemory<byte> packet.Octets

    let size (packet: Packet) = packet.Octets.Length

    let ofRequest (request: SipRequest) : Packet = { Octets = request.Bytes.ToArray() }

    /// The request, read again.
    let request (packet: Packet) : SipRequest = downcast SipMessage.Built packet.Octets

    /// The request without our Via.
    let original packet = (request packet).WithoutTopVia()

    let private name = "Via: SIP/2.0/"B
    let private parameters = ";rport;branch="B
    let private lineEnd = "\r\n"B

    let private lineLength (transport: string) (sentBy: string) branch =
        let fixedPart = name.Length + parameters.Length + lineEnd.Length + 1
        fixedPart + transport.Length + Encoding.UTF8.GetByteCount sentBy + Branch.length branch

    let private writeLine (transport: string) (sentBy: string) branch (line: Span<byte>) =
        name.CopyTo line
        let mutable rest = line.Slice name.Length
        rest <- rest.Slice(Encoding.ASCII.GetBytes(transport.AsSpan(), rest))
        rest[0] <- byte ' '
        rest <- rest.Slice 1
        rest <- rest.Slice(Encoding.UTF8.GetBytes(sentBy.AsSpan(), rest))
        parameters.CopyTo rest
        rest <- rest.Slice parameters.Length
        rest <- rest.Slice(Branch.write rest branch)
        lineEnd.CopyTo rest

    /// The request with our Via above all others.
    let create transport sentBy branch (request: SipRequest) : Packet =
        let via = TransportName.via transport
        let old = request.Bytes.Span
        let top = request.Index.HeadersStart
        let length = lineLength via sentBy branch
        let output: byte array = Array.zeroCreate (old.Length + length)
        old.Slice(0, top).CopyTo(Span output)
        writeLine via sentBy branch (Span(output, top, length))
        old.Slice(top).CopyTo(Span(output, top + length, old.Length - top))
        { Octets = output }
