// Readers of one value each, for FieldReader.single and FieldReader.list. Each gives the position
// of the comma after the value, or -1 and the fault (RFC 3261, 25.1).
namespace SipFun.Core

open System
open System.Collections.Generic
open SipFun

/// Readers by shape.
[<RequireQualifiedAccess>]
module ValueReaders =
    let internal text (s: ReadOnlySpan<byte>) start stop =
        Octets.toText (s.Slice(start, stop - start))

    /// The next comma or the end, blanks before it skipped; a fault when something else stands
    /// there.
    let internal atComma (s: ReadOnlySpan<byte>) at (fault: byref<Fault>) =
        let next = Grammar.skipBlanks s at s.Length

        if next = s.Length || s[next] = 44uy then
            next
        else
            fault.At(ParseFault.HeaderValue, next, "',' or the end")

    let address =
        ValueReader<NameAddr>(fun octets next fault ->
            match NameAddr.ReadFirst(octets, &next, &fault) with
            | null -> Unchecked.defaultof<NameAddr>
            | found -> found)

    /// URI in brackets, with a name or without: Route and kin (RFC 3261, 25.1 name-addr).
    let bracketed =
        ValueReader<NameAddr>(fun octets next fault ->
            match NameAddr.ReadFirst(octets, &next, &fault) with
            | null -> Unchecked.defaultof<NameAddr>
            | found when found.HasBrackets -> found
            | _ ->
                next <- fault.At(ParseFault.NameAddr, 0, "<URI>")
                Unchecked.defaultof<NameAddr>)

    /// URI in brackets without a name: Alert-Info and kin (RFC 3261, 25.1).
    let information =
        ValueReader<NameAddr>(fun octets next fault ->
            if octets.IsEmpty || octets.Span[0] <> 60uy then
                next <- fault.At(ParseFault.NameAddr, 0, "<URI>")
                Unchecked.defaultof<NameAddr>
            else
                address.Invoke(octets, &next, &fault))

    let via =
        ValueReader<Via>(fun octets next fault ->
            match Via.ReadFirst(octets, &next, &fault) with
            | null -> Unchecked.defaultof<Via>
            | found -> found)

    let token =
        ValueReader<string>(fun octets next fault ->
            let s = octets.Span
            let stop = Grammar.token s 0 s.Length

            next <-
                if stop = 0 then
                    fault.At(ParseFault.HeaderValue, 0, "a token")
                else
                    atComma s stop &fault

            text s 0 stop)

    let method =
        ValueReader<SipMethod>(fun octets next fault ->
            let s = octets.Span
            let stop = Grammar.token s 0 s.Length

            next <-
                if stop = 0 then
                    fault.At(ParseFault.HeaderValue, 0, "a method")
                else
                    atComma s stop &fault

            SipMethod.OfScanned(s.Slice(0, stop)))

    let callId =
        ValueReader<CallId>(fun octets next fault ->
            let s = octets.Span
            let stop = CallId.Scan(s, 0, s.Length)

            next <-
                if stop < 0 then
                    fault.At(ParseFault.CallId, 0, "word [@ word]")
                else
                    atComma s stop &fault

            CallId.OfScanned(s.Slice(0, max 0 stop)))

    /// Everything, folds as one blank.
    let line =
        ValueReader<string>(fun octets next _ ->
            next <- octets.Length
            Octets.unfolded octets.Span)

    /// type/subtype with blanks around the slash.
    let private mediaType (s: ReadOnlySpan<byte>) (value: byref<string>) =
        let first = Grammar.token s 0 s.Length
        let slash = Grammar.skipBlanks s first s.Length

        if first > 0 && slash < s.Length && s[slash] = 47uy then
            let second = Grammar.skipBlanks s (slash + 1) s.Length
            let stop = Grammar.token s second s.Length
            value <- text s 0 first + "/" + text s second stop
            if stop = second then -1 else stop
        else
            -1

    let internal withParameters
        (octets: ReadOnlyMemory<byte>)
        at
        (next: byref<int>)
        (fault: byref<Fault>)
        =
        let s = octets.Span
        let first = Grammar.skipBlanks s at s.Length
        next <- ParameterScan.skipAll s first s.Length &fault
        ParameterList.Of(octets.Slice(first, (max first next) - first), 59uy)

    /// type/subtype *(;param): Accept, Content-Type (RFC 3261, 20.1, 20.15).
    let mediaRange =
        ValueReader<HeaderValue>(fun octets next fault ->
            let s = octets.Span
            let mutable value = ""
            let stop = mediaType s &value

            if stop < 0 then
                next <- fault.At(ParseFault.HeaderValue, 0, "type/subtype")
                Unchecked.defaultof<HeaderValue>
            else
                HeaderValue(value, withParameters octets stop &next &fault))

    /// token *(;param).
    let parameterized =
        ValueReader<HeaderValue>(fun octets next fault ->
            let s = octets.Span
            let stop = Grammar.token s 0 s.Length

            if stop = 0 then
                next <- fault.At(ParseFault.HeaderValue, 0, "a token")
                Unchecked.defaultof<HeaderValue>
            else
                HeaderValue(text s 0 stop, withParameters octets stop &next &fault))

    /// callid *(;param), a to-tag and a from-tag among them: Replaces (RFC 3891, 6.1).
    let replaces =
        ValueReader<HeaderValue>(fun octets next fault ->
            let s = octets.Span
            let stop = CallId.Scan(s, 0, s.Length)

            if stop < 0 then
                next <- fault.At(ParseFault.CallId, 0, "a Call-ID")
                Unchecked.defaultof<HeaderValue>
            else
                let found = HeaderValue(text s 0 stop, withParameters octets stop &next &fault)
                let isMissing (name: string) = isNull (found.GetParameter name)

                if next >= 0 && (isMissing "to-tag" || isMissing "from-tag") then
                    next <- fault.At(ParseFault.HeaderValue, stop, "to-tag and from-tag")

                found)

    let warning =
        ValueReader<WarningValue>(fun octets next fault ->
            let s = octets.Span
            let code = Grammar.number s 0 (min 3 s.Length) 999L
            let agent = 4
            let mutable agentEnd = min agent s.Length

            while agentEnd < s.Length && not (Grammar.isBlank s[agentEnd]) do
                agentEnd <- agentEnd + 1

            let quote = Grammar.skipBlanks s agentEnd s.Length
            let isShaped = code >= 100L && s.Length > 4 && s[3] = 32uy && agentEnd > agent

            let stop =
                if isShaped && quote < s.Length && s[quote] = 34uy then
                    Grammar.quoted s quote s.Length
                else
                    -1

            if stop < 0 then
                next <- fault.At(ParseFault.HeaderValue, 0, "code agent \"text\"")
                Unchecked.defaultof<WarningValue>
            else
                next <- atComma s stop &fault
                let said = Octets.unquoted (s.Slice(quote, stop - quote))
                WarningValue(int code, text s agent agentEnd, said))
