// Messages out of a stream, however it was cut: keep-alives, then one message at a time by its
// Content-Length, or one error that closes the stream (RFC 3261, 18.3; RFC 5626, 3.5.1). Pure.
namespace SipFun.Core

open System
open SipFun

/// What a stream has brought so far: same state and bytes, same result.
[<NoComparison; NoEquality>]
type FramingState = private {
    Waiting: FramingBuffer
    /// How many bytes must be there before looking again is worth it.
    Wanted: int
    /// Up to where there is no empty line.
    Searched: int
    Side: StreamSide
    /// Whether an odd number of CRLFs came since the last message; only of one we accepted.
    IsHalfPing: bool
    Failure: ParseError voption
    /// The header section that made it fail, as far as it has an end.
    Head: ReadOnlyMemory<byte>
}

/// Cuts streams into messages.
[<RequireQualifiedAccess>]
module Framing =
    /// A stream that has brought nothing yet. How CRLFs are grouped hangs on the side alone, never
    /// on when they came: any cutting gives the same frames (P-11).
    let start (side: StreamSide) = {
        Side = side
        Waiting = FramingBuffer.Empty
        Wanted = 1
        Searched = 0
        IsHalfPing = false
        Failure = ValueNone
        Head = ReadOnlyMemory.Empty
    }

    /// How many bytes wait for the rest of their message; 0 between messages.
    let buffered (state: FramingState) = state.Waiting.Length

    /// Whether the header section of what waits is complete, and its body is not.
    let awaitsBody (state: FramingState) = state.Searched < state.Waiting.Length - 3

    /// Why the stream must be closed, once it must. Nothing comes out of it any more (P-15).
    let failure (state: FramingState) = state.Failure

    /// The header section of the message that the stream failed at; empty when it has no end.
    let head (state: FramingState) = state.Head

    /// Whether two states go on alike, whatever comes: all cuttings that lead to one of them need
    /// no looking at apart (P-11).
    let isSame (a: FramingState) (b: FramingState) =
        match a.Failure, b.Failure with
        | ValueSome a, ValueSome b -> string a = string b
        | ValueNone, ValueNone ->
            a.Wanted = b.Wanted
            && a.Searched = b.Searched
            && a.Side = b.Side
            && a.IsHalfPing = b.IsHalfPing
            && a.Waiting.Span.SequenceEqual b.Waiting.Span
        | _ -> false

    let private failed (error: ParseError) (head: ReadOnlySpan<byte>) state = {
        state with
            Failure = ValueSome error
            Head = ReadOnlyMemory(head.ToArray())
            Waiting = FramingBuffer.Empty
    }

    /// Where a section ends that was searched before, or that is not plain; or -1, and a fault if
    /// it never will.
    let private searchOn
        (limits: ParseLimits)
        (s: ReadOnlySpan<byte>)
        searched
        (fault: byref<Fault>)
        =
        let found = Indexer.headerEnd s searched
        let stray = if found < 0 then Indexer.strayLineEnd s searched else -1

        if stray >= 0 then
            fault.At(ParseFault.LineEnd, stray, "CRLF, no CR or LF alone")
        elif found < 0 && s.Length > limits.StreamMessage then
            fault.At(ParseFault.TooLarge, limits.StreamMessage, "a shorter header section")
        else
            found

    /// Where the header section ends, and how many lines it has when one look told.
    let private search limits (s: ReadOnlySpan<byte>) searched (fault: byref<Fault>) =
        let mutable head = SectionEnd()

        if searched > 0 || not (head.Find s) then
            head.Lines <- -1
            head.Last <- searchOn limits s searched &fault

        head

    /// The message at s[0], if it is all there: its length, and the frame; 0 and a state that
    /// waits or has failed otherwise.
    let private message
        limits
        (s: ReadOnlySpan<byte>)
        state
        (frame: byref<Frame>)
        (next: byref<FramingState>)
        =
        let mutable fault = Fault()
        let mutable index: MessageIndex | null = null
        let head = search limits s (min state.Searched s.Length) &fault

        let length =
            if head.Last < 0 then
                -1
            else
                FramedMessage.measure limits s &head &index &fault

        if length >= 0 && length <= s.Length then
            frame <- FramedMessage.take s length index fault

            if state.Wanted <> 1 || state.Searched <> 0 || state.IsHalfPing then
                next <- { state with Wanted = 1; Searched = 0; IsHalfPing = false }

            length
        elif length >= 0 then
            next <- { state with Wanted = length; Searched = head.Last }
            0
        elif fault.Expected = null then
            next <- { state with Wanted = s.Length + 1; Searched = max 0 (s.Length - 3) }
            0
        else
            let section = s.Slice(0, (if head.Last < 0 then 0 else head.Last + 4))
            next <- failed (fault.ToError s.Length) section state
            0

    /// A CRLF between messages. A lone one says nothing to who accepted (RFC 3261, 7.5).
    let private keepAlive (state: byref<FramingState>) : Frame voption =
        if state.Side = StreamSide.Opened then
            ValueSome Frame.Pong
        else
            let isSecond = state.IsHalfPing
            state <- { state with IsHalfPing = not isSecond }
            if isSecond then ValueSome Frame.Ping else ValueNone

    /// One step at s[0]: how many bytes it took, and perhaps a frame. 0: more bytes are needed.
    let private step
        limits
        (s: ReadOnlySpan<byte>)
        (state: byref<FramingState>)
        (frame: byref<Frame voption>)
        =
        if s[0] = 13uy && s.Length = 1 then
            0
        elif s[0] = 13uy && s[1] = 10uy then
            frame <- keepAlive &state
            2
        elif s.Length < state.Wanted then
            0
        else
            let mutable next = state
            let mutable found = Frame.Pong
            let used = message limits s state &found &next
            state <- next

            if used > 0 then
                frame <- ValueSome found

            used

    /// All frames of `s` in order; `state` is left waiting for what follows the returned position.
    let private run
        limits
        (s: ReadOnlySpan<byte>)
        (frames: ResizeArray<Frame>)
        (state: byref<FramingState>)
        =
        let mutable at = 0
        let mutable goesOn = not s.IsEmpty

        while goesOn do
            let mutable frame = ValueNone
            let used = step limits (s.Slice at) &state &frame
            ValueOption.iter frames.Add frame

            at <- at + used
            goesOn <- used > 0 && at < s.Length

        at

    /// Bytes as they were read, in any cutting: the frames they complete, in order, and the state.
    /// Nothing keeps the chunk: it may be used again.
    let push limits (chunk: ReadOnlySpan<byte>) (state: FramingState) =
        let frames = ResizeArray<Frame>()

        if state.Failure.IsSome then
            struct (frames, state)
        else
            let isFresh = state.Waiting.Length = 0
            let waiting = if isFresh then state.Waiting else state.Waiting.Append chunk
            let s = if isFresh then chunk else waiting.Span
            let mutable next = { state with Waiting = FramingBuffer.Empty }
            let used = run limits s frames &next

            let left =
                if next.Failure.IsSome || used = s.Length then FramingBuffer.Empty
                elif used = 0 && not isFresh then waiting
                else FramingBuffer.Empty.Append(s.Slice used)

            struct (frames, { next with Waiting = left })

    /// Shows frames to C#.
    let show (handler: IFrameHandler) (frames: seq<Frame>) =
        for frame in frames do
            match frame with
            | Frame.Message message -> handler.Message message
            | Frame.Malformed(error, octets) -> handler.Malformed(error, octets)
            | Frame.Ping -> handler.Ping()
            | Frame.Pong -> handler.Pong()

    /// One WebSocket message: one SIP message, nothing behind it (RFC 7118, 5).
    let webSocket
        (limits: ParseLimits)
        (payload: ReadOnlyMemory<byte>)
        : Result<SipMessage, ParseError> =
        match SipMessage.Read(limits, payload, limits.StreamMessage) with
        | Ok message when
            payload.Length > message.Bytes.Length + Indexer.leadingBlankLines payload.Span
            ->
            let end' = message.Bytes.Length
            Error(ParseError(ParseFault.ContentLength, end', "the end of the WebSocket message"))
        | result -> result
