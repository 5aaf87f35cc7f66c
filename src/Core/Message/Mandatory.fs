// The fields that every message must have right before anybody sees it: Via, From, To, Call-ID,
// CSeq, Max-Forwards, Content-Length (RFC 3261, 8.1.1 and 18.3; V-02). Each may come once but Via.
namespace SipFun.Core

open System
open SipFun

/// Checks the mandatory fields and notes what elements look at first.
[<RequireQualifiedAccess>]
module Mandatory =
    let private vias
        (limits: ParseLimits)
        (s: ReadOnlySpan<byte>)
        (index: MessageIndex)
        i
        (fault: byref<Fault>)
        =
        let line = index.Lines[i]
        let mutable parts = ViaParts()
        let mutable at = line.ValueStart

        while at >= 0 do
            let next =
                if index.ViaCount = 0 then
                    index.ViaLine <- i
                    ViaScan.scan s at line.ValueEnd &index.TopVia &fault
                else
                    ViaScan.scan s at line.ValueEnd &parts &fault

            index.ViaCount <- index.ViaCount + 1

            at <-
                if next < 0 then
                    -1
                elif index.ViaCount > limits.Vias then
                    fault.At(ParseFault.TooLarge, at, "fewer Vias")
                elif next = line.ValueEnd then
                    -2
                else
                    Grammar.skipBlanks s (next + 1) line.ValueEnd

        if at = -2 then 0 else -1

    let private address
        (s: ReadOnlySpan<byte>)
        (line: inref<HeaderLine>)
        (tagStart: byref<int>)
        (tagEnd: byref<int>)
        (fault: byref<Fault>)
        =
        let mutable parts = NameAddrParts()
        let mutable uri = UriParts()
        let next = NameAddrScan.scan s line.ValueStart line.ValueEnd &parts &uri &fault
        tagStart <- parts.TagStart
        tagEnd <- parts.TagEnd

        if next < 0 then
            -1
        elif next < line.ValueEnd then
            fault.At(ParseFault.NameAddr, next, "one address only")
        else
            0

    let private callId (s: ReadOnlySpan<byte>) (line: inref<HeaderLine>) (fault: byref<Fault>) =
        if CallId.Scan(s, line.ValueStart, line.ValueEnd) = line.ValueEnd then
            0
        else
            fault.At(ParseFault.CallId, line.ValueStart, "word [@ word]")

    let private cseq
        (s: ReadOnlySpan<byte>)
        (index: MessageIndex)
        (line: inref<HeaderLine>)
        (fault: byref<Fault>)
        =
        let mutable method = 0
        let number = CSeq.Scan(s, line.ValueStart, line.ValueEnd, &method)
        index.CSeqNumber <- uint32 number
        index.CSeqMethodStart <- method

        if number >= 0L then
            0
        else
            fault.At(ParseFault.CSeq, line.ValueStart, "a number below 2**31 and a method")

    let private maxForwards
        (s: ReadOnlySpan<byte>)
        (index: MessageIndex)
        (line: inref<HeaderLine>)
        (fault: byref<Fault>)
        =
        let value = Grammar.number s line.ValueStart line.ValueEnd 255L

        if index.MaxForwards >= 0 then
            fault.At(ParseFault.Duplicate, line.Start, "one Max-Forwards")
        elif value < 0L then
            fault.At(ParseFault.MaxForwards, line.ValueStart, "0 to 255")
        else
            index.MaxForwards <- int value
            index.MaxForwardsStart <- line.ValueStart
            index.MaxForwardsEnd <- line.ValueEnd
            0

    let private contentLength
        (s: ReadOnlySpan<byte>)
        (index: MessageIndex)
        (line: inref<HeaderLine>)
        (fault: byref<Fault>)
        =
        let value = Grammar.number s line.ValueStart line.ValueEnd 0x0FFF_FFFF_FFFF_FFFFL

        if value < 0L || (index.ContentLength >= 0L && index.ContentLength <> value) then
            fault.At(ParseFault.ContentLength, line.ValueStart, "one decimal length")
        else
            index.ContentLength <- value
            0

    /// Remembers the only line of a field; a second one is a fault.
    let private once (slot: byref<int>) i (line: inref<HeaderLine>) (fault: byref<Fault>) =
        if slot >= 0 then
            fault.At(ParseFault.Duplicate, line.Start, "this field once")
        else
            slot <- i
            0

    /// Checks line `i`: 0, or -1 and the fault.
    let private check
        (limits: ParseLimits)
        (s: ReadOnlySpan<byte>)
        (index: MessageIndex)
        i
        (fault: byref<Fault>)
        =
        let line = &index.Lines[i]

        match line.Id with
        | HeaderId.Via -> vias limits s index i &fault
        | HeaderId.From ->
            if once &index.FromLine i &line &fault < 0 then
                -1
            else
                address s &line &index.FromTagStart &index.FromTagEnd &fault
        | HeaderId.To ->
            if once &index.ToLine i &line &fault < 0 then
                -1
            else
                address s &line &index.ToTagStart &index.ToTagEnd &fault
        | HeaderId.CallId ->
            if once &index.CallIdLine i &line &fault < 0 then
                -1
            else
                callId s &line &fault
        | HeaderId.CSeq ->
            if once &index.CSeqLine i &line &fault < 0 then
                -1
            else
                cseq s index &line &fault
        | HeaderId.MaxForwards -> maxForwards s index &line &fault
        | HeaderId.ContentLength -> contentLength s index &line &fault
        | _ -> 0

    let private sameMethod (s: ReadOnlySpan<byte>) (index: MessageIndex) (fault: byref<Fault>) =
        let start = index.CSeqMethodStart
        let method = s.Slice(start, index.Lines[index.CSeqLine].ValueEnd - start)

        if index.IsRequest && not (method.SequenceEqual(s.Slice(0, index.MethodEndOrStatus))) then
            fault.At(ParseFault.MethodMismatch, start, "the method of the request")
        else
            0

    let private agreement
        isComplete
        (s: ReadOnlySpan<byte>)
        (index: MessageIndex)
        (fault: byref<Fault>)
        =
        let missing =
            if isComplete && index.ViaLine < 0 then "Via"
            elif index.FromLine < 0 then "From"
            elif index.ToLine < 0 then "To"
            elif index.CallIdLine < 0 then "Call-ID"
            elif index.CSeqLine < 0 then "CSeq"
            else ""

        if missing <> "" then
            fault.At(ParseFault.Missing, index.HeadersEnd, missing)
        else
            sameMethod s index &fault

    /// All lines and what they have in common: 0, or -1 and the fault.
    let checkAll
        isComplete
        limits
        (s: ReadOnlySpan<byte>)
        (index: MessageIndex)
        (fault: byref<Fault>)
        =
        let mutable i = 0

        while i >= 0 && i < index.Count do
            i <- if check limits s index i &fault < 0 then -1 else i + 1

        if i < 0 then -1 else agreement isComplete s index &fault

    /// Content-Length alone, for framing what is otherwise wrong: 0, or -1 and the fault.
    let checkLength (s: ReadOnlySpan<byte>) (index: MessageIndex) (fault: byref<Fault>) =
        let mutable i = 0

        while i >= 0 && i < index.Count do
            let line = &index.Lines[i]
            let isLength = line.Id = HeaderId.ContentLength

            i <-
                if isLength && contentLength s index &line &fault < 0 then
                    -1
                else
                    i + 1

        min i 0
