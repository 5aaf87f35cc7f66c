// The door from bytes to messages (RFC 3261, 7 and 18.3). Total: any bytes give a message or the
// reason why not.
namespace SipFun.Core

open System
open SipFun

/// Bytes to messages.
[<RequireQualifiedAccess>]
module Parser =
    /// One datagram.
    let parse
        (limits: ParseLimits)
        (packet: ReadOnlyMemory<byte>)
        : Result<SipMessage, ParseError> =
        SipMessage.Read(limits, packet, limits.Datagram)

    /// One message that Framing cut out of a stream.
    let parseFramed (limits: ParseLimits) (packet: ReadOnlyMemory<byte>) =
        SipMessage.Read(limits, packet, limits.StreamMessage)
