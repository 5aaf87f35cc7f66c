// What matching looks at, as spans into the packet: no text is made (RFC 3261, 17.1.3, 17.2.3).
namespace SipFun.Core

open System
open SipFun

/// Bytes of a parsed message, for the path of every packet. An absent part is empty.
[<RequireQualifiedAccess>]
module Peek =
    let private part (message: SipMessage) start stop =
        if start < 0 then
            ReadOnlySpan<byte>.Empty
        else
            message.Bytes.Span.Slice(start, stop - start)

    let private line (message: SipMessage) i =
        let line = message.Index.Lines[i]
        part message line.ValueStart line.ValueEnd

    /// The branch of the top Via.
    let branch (message: SipMessage) =
        let via = message.Index.TopVia

        if message.Index.ViaLine < 0 then
            ReadOnlySpan<byte>.Empty
        else
            part message via.BranchStart via.BranchEnd

    /// Host and port of the top Via as written.
    let sentBy (message: SipMessage) =
        let via = message.Index.TopVia

        if message.Index.ViaLine < 0 then
            ReadOnlySpan<byte>.Empty
        else
            part message via.HostStart via.SentByEnd

    /// The method of CSeq.
    let method (message: SipMessage) =
        let index = message.Index
        part message index.CSeqMethodStart index.Lines[index.CSeqLine].ValueEnd

    /// The number of CSeq.
    let cseqNumber (message: SipMessage) = message.Index.CSeqNumber

    /// Call-ID.
    let callId (message: SipMessage) = line message message.Index.CallIdLine

    /// The tag of From.
    let fromTag (message: SipMessage) =
        part message message.Index.FromTagStart message.Index.FromTagEnd

    /// The tag of To.
    let toTag (message: SipMessage) = part message message.Index.ToTagStart message.Index.ToTagEnd

    /// The Request-URI of a request, the reason phrase of a response.
    let requestUri (message: SipMessage) =
        part message message.Index.MiddleStart message.Index.MiddleEnd

    /// The status code; 0 for a request.
    let status (message: SipMessage) =
        if message.Index.IsRequest then 0 else message.Index.MethodEndOrStatus
