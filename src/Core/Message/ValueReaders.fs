// Readers of one value each, for FieldReader.single and FieldReader.list. Each gives the position
// of the comma after the value, or -1 and the fault (RFC 3261, 25.1).
namespace SipFun.Core

open System
open System.Collections.Generic
open System.Globalization
open System.Linq
open System.Text
open SipFun

/// What a reader of one value gives: where the comma after it is, or -1 and the fault.
type ValueReader<'T> = delegate of ReadOnlyMemory<byte> * byref<int> * byref<Fault> -> 'T

/// Readers by shape.
[<RequireQualifiedAccess>]
module ValueReaders =
    let private text (s: ReadOnlySpan<byte>) start stop =
        Octets.toText (s.Slice(start, stop - start))

    /// The next comma or the end, blanks before it skipped; a fault when something else stands there.
    let private atComma (s: ReadOnlySpan<byte>) at (fault: byref<Fault>) =
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
            | NonNull found when found.HasBrackets -> found
            | NonNull _ ->
                next <- fault.At(ParseFault.NameAddr, 0, "<URI>")
                Unchecked.defaultof<NameAddr>
            | _ -> Unchecked.defaultof<NameAddr>)

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

    let private digits (s: ReadOnlySpan<byte>) =
        let mutable i = 0

        while i < s.Length && Grammar.isDigit s[i] do
            i <- i + 1

        i

    /// A number below 2**32 that is the whole value.
    let number =
        ValueReader<uint32>(fun octets next fault ->
            let s = octets.Span
            let value = Grammar.number s 0 s.Length 0xFFFF_FFFFL

            next <-
                if value < 0L then
                    fault.At(ParseFault.HeaderValue, 0, "a number below 2**32")
                else
                    s.Length

            uint32 value)

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

    let private withParameters (s: ReadOnlySpan<byte>) at (next: byref<int>) (fault: byref<Fault>) =
        let first = Grammar.skipBlanks s at s.Length
        next <- ParameterScan.skipAll s first s.Length &fault

        if next < 0 then
            Array.Empty<SipParameter>() :> IReadOnlyList<SipParameter>
        else
            ParameterScan.list s first next

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
                HeaderValue(value, withParameters s stop &next &fault))

    /// token *(;param).
    let parameterized =
        ValueReader<HeaderValue>(fun octets next fault ->
            let s = octets.Span
            let stop = Grammar.token s 0 s.Length

            if stop = 0 then
                next <- fault.At(ParseFault.HeaderValue, 0, "a token")
                Unchecked.defaultof<HeaderValue>
            else
                HeaderValue(text s 0 stop, withParameters s stop &next &fault))

    /// callid *(;param), a to-tag and a from-tag among them: Replaces (RFC 3891, 6.1).
    let replaces =
        ValueReader<HeaderValue>(fun octets next fault ->
            let s = octets.Span
            let stop = CallId.Scan(s, 0, s.Length)

            if stop < 0 then
                next <- fault.At(ParseFault.CallId, 0, "a Call-ID")
                Unchecked.defaultof<HeaderValue>
            else
                let found = HeaderValue(text s 0 stop, withParameters s stop &next &fault)
                let isMissing (name: string) = isNull (found.GetParameter name)

                if next >= 0 && (isMissing "to-tag" || isMissing "from-tag") then
                    next <- fault.At(ParseFault.HeaderValue, stop, "to-tag and from-tag")

                found)

    /// The position after the comment that opens at `at`: nested parentheses, counted, no recursion.
    let private commentEnd (s: ReadOnlySpan<byte>) at =
        let mutable i = at + 1
        let mutable depth = 1

        while depth > 0 && i < s.Length do
            match s[i] with
            | 40uy -> depth <- depth + 1
            | 41uy -> depth <- depth - 1
            | 92uy -> i <- i + 1
            | _ -> ()

            i <- i + 1

        if depth = 0 then min i s.Length else -1

    let seconds =
        ValueReader<SecondsValue>(fun octets next fault ->
            let s = octets.Span
            let stop = digits s
            let value = Grammar.number s 0 stop 0xFFFF_FFFFL
            let after = Grammar.skipBlanks s stop s.Length
            let hasComment = after < s.Length && s[after] = 40uy
            let commentStop = if hasComment then commentEnd s after else after

            if value < 0L || commentStop < 0 then
                next <- fault.At(ParseFault.HeaderValue, 0, "seconds below 2**32")
                Unchecked.defaultof<SecondsValue>
            else
                let comment: string | null =
                    if hasComment then text s (after + 1) (commentStop - 1) else null

                SecondsValue(uint32 value, comment, withParameters s commentStop &next &fault))

    let private isRefresher (value: string | null) =
        String.Equals(value, "uac", StringComparison.OrdinalIgnoreCase)
        || String.Equals(value, "uas", StringComparison.OrdinalIgnoreCase)

    /// Session-Expires: a refresher is uac or uas (RFC 4028, 4).
    let sessionExpires =
        ValueReader<SecondsValue>(fun octets next fault ->
            let found = seconds.Invoke(octets, &next, &fault)

            if next >= 0 then
                match ParameterScan.find found.Parameters "refresher" with
                | ValueSome p when not (isRefresher p.Value) ->
                    next <- fault.At(ParseFault.Parameter, 0, "refresher=uac or uas")
                | _ -> ()

            found)

    /// name=value with commas between.
    let private authParameters (s: ReadOnlySpan<byte>) at (fault: byref<Fault>) =
        let found = List<SipParameter>()
        let mutable parts = ParameterParts()
        let mutable next = at

        while next >= 0 && next < s.Length do
            let stop = ParameterScan.read s next s.Length &parts &fault

            next <-
                if stop < 0 then
                    -1
                elif stop < s.Length && s[stop] <> 44uy then
                    fault.At(ParseFault.Parameter, stop, "','")
                else
                    let start, ending = parts.ValueStart, parts.ValueEnd

                    let value =
                        if start < 0 then
                            null
                        else
                            Octets.unquoted (s.Slice(start, ending - start))

                    found.Add(SipParameter(text s parts.NameStart parts.NameEnd, value))

                    if stop + 1 = s.Length then
                        fault.At(ParseFault.Parameter, stop, "a parameter after the comma")
                    else
                        stop + 1

        let isTwice =
            found.DistinctBy(_.Name, StringComparer.OrdinalIgnoreCase).Count() < found.Count

        if next >= 0 && isTwice then
            next <- fault.At(ParseFault.Parameter, at, "no parameter twice")

        struct (next, found)

    let authentication =
        ValueReader<AuthenticationValue>(fun octets next fault ->
            let s = octets.Span
            let stop = Grammar.token s 0 s.Length

            if stop = 0 then
                next <- fault.At(ParseFault.HeaderValue, 0, "an authentication scheme")
                Unchecked.defaultof<AuthenticationValue>
            else
                let struct (ended, parameters) =
                    authParameters s (Grammar.skipBlanks s stop s.Length) &fault

                next <- if ended < 0 then -1 else s.Length
                AuthenticationValue(text s 0 stop, parameters.AsReadOnly()))

    let authenticationInfo =
        ValueReader<IReadOnlyList<SipParameter>>(fun octets next fault ->
            let struct (ended, parameters) = authParameters octets.Span 0 &fault
            next <- if ended < 0 then -1 else octets.Length
            parameters.AsReadOnly())

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

    let rack =
        ValueReader<RAckValue>(fun octets next fault ->
            let s = octets.Span
            let stop = digits s
            let rseq = Grammar.number s 0 stop 0xFFFF_FFFFL
            let second = Grammar.skipBlanks s stop s.Length
            let mutable method = 0
            let cseq = CSeq.Scan(s, second, s.Length, &method)

            if rseq < 0L || second = stop || cseq < 0L then
                next <- fault.At(ParseFault.HeaderValue, 0, "RSeq CSeq method")
                Unchecked.defaultof<RAckValue>
            else
                next <- s.Length
                RAckValue(uint32 rseq, CSeq(uint32 cseq, SipMethod.OfScanned(s.Slice method))))

    /// Digits, perhaps with a point among them, at `at`: their end and value; or -1.
    let private decimal (s: ReadOnlySpan<byte>) at (value: byref<decimal>) =
        let stop = Grammar.run 0x03FF400000000000UL 0UL s at s.Length
        let style = NumberStyles.AllowDecimalPoint
        let digits = s.Slice(at, stop - at)

        if Decimal.TryParse(digits, style, CultureInfo.InvariantCulture, &value) then
            stop
        else
            -1

    let timestamp =
        ValueReader<TimestampValue>(fun octets next fault ->
            let s = octets.Span
            let mutable sent, delay = 0m, 0m
            let stop = decimal s 0 &sent
            let second = if stop < 0 then 0 else Grammar.skipBlanks s stop s.Length
            let hasDelay = second > stop && second < s.Length
            let ended = if hasDelay then decimal s second &delay else second

            if stop < 0 || ended < s.Length then
                next <- fault.At(ParseFault.HeaderValue, 0, "seconds [seconds]")
                Unchecked.defaultof<TimestampValue>
            else
                next <- s.Length
                TimestampValue(sent, if hasDelay then Nullable delay else Nullable()))

    /// Only GMT is a SIP date (RFC 3261, 20.17).
    let date =
        ValueReader<DateTimeOffset>(fun octets next fault ->
            let mutable found = DateTimeOffset.MinValue
            let text = Encoding.Latin1.GetString octets.Span
            let style = DateTimeStyles.AssumeUniversal
            let format = "ddd, dd MMM yyyy HH:mm:ss 'GMT'"

            next <-
                if
                    DateTimeOffset.TryParseExact(
                        text,
                        format,
                        CultureInfo.InvariantCulture,
                        style,
                        &found
                    )
                then
                    octets.Length
                else
                    fault.At(ParseFault.HeaderValue, 0, "a date in GMT")

            found)
