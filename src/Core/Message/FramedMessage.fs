// The message that stands next in a stream: where its header section ends, how long it is, and
// whether a fault is its own or the stream's (RFC 3261, 18.3).
namespace SipFun.Core

open System
open SipFun

/// Measures and takes one message.
[<RequireQualifiedAccess>]
module FramedMessage =
    /// Whether after this fault nobody can say where the next message begins.
    let private losesFraming (reason: ParseFault) =
        reason = ParseFault.LineEnd
        || reason = ParseFault.HeaderName
        || reason = ParseFault.ContentLength
        || reason = ParseFault.TooLarge

    /// The length of the message with this index; -1 and the fault when the stream must end.
    let private total (limits: ParseLimits) (index: MessageIndex) (fault: byref<Fault>) =
        if index.ContentLength < 0L then
            fault.At(ParseFault.ContentLength, index.HeadersEnd, "Content-Length on a stream")
        elif index.ContentLength > int64 limits.StreamMessage - int64 index.BodyStart then
            fault.At(ParseFault.TooLarge, index.HeadersEnd, "a shorter message")
        else
            index.BodyStart + int index.ContentLength

    /// How long what begins at s[0] is, with its index, or with the fault that is only its own;
    /// length -1 for a fault of the stream.
    let measure
        limits
        (s: ReadOnlySpan<byte>)
        (head: inref<SectionEnd>)
        (index: byref<MessageIndex | null>)
        (fault: byref<Fault>)
        =
        let last = head.Last
        index <- Indexer.readHead limits s &head &fault

        match index with
        | NonNull whole -> total limits whole &fault
        | _ when losesFraming fault.Reason -> -1
        | _ ->
            let mutable other = Fault()

            match Indexer.frame limits s last &other with
            | null ->
                fault <- other
                -1
            | bare ->
                let length = total limits bare &other

                if length < 0 then
                    fault <- other

                length

    let take (s: ReadOnlySpan<byte>) length (index: MessageIndex | null) (fault: Fault) =
        let octets = s.Slice(0, length).ToArray()

        match index with
        | NonNull index -> Frame.Message(SipMessage.Framed(octets, index))
        | _ -> Frame.Malformed(fault.ToError length, ReadOnlyMemory<byte> octets)
