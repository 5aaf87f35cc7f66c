// What a stream is made of: messages, nonsense with a length, keep-alives; and which of the last
// can come from the other side (RFC 5626, 3.5.1, 4.4.1).
namespace SipFun.Core

open System
open SipFun

/// Which end of a connection we are: who opened it sends pings, the other end answers them with
/// pongs (RFC 5626, 3.5.1, 4.4.1).
type StreamSide =
    /// We opened it: a CRLF between messages is a pong.
    | Opened = 0
    /// The peer opened it: every second CRLF between messages ends a ping.
    | Accepted = 1

/// What stood next in the stream.
[<RequireQualifiedAccess; NoComparison; ReferenceEquality>]
type Frame =
    | Message of SipMessage
    /// Well framed, but no message: to be answered if it can be, and the stream goes on.
    | Malformed of ParseError * ReadOnlyMemory<byte>
    /// On a connection we opened, a CRLF between messages: the answer to our ping.
    | Pong
    /// On one we accepted, two CRLFs: to be answered with one CRLF (RFC 5626, 3.5.1).
    | Ping

/// Frames for C#: one method a case.
type IFrameHandler =
    /// A whole message.
    abstract Message: message: SipMessage -> unit
    /// Well framed, but no message.
    abstract Malformed: error: ParseError * octets: ReadOnlyMemory<byte> -> unit
    /// Answer with one CRLF.
    abstract Ping: unit -> unit
    /// The answer to our ping.
    abstract Pong: unit -> unit
