// Readers of numbers with what may follow: seconds, RAck, Timestamp, Date (RFC 3261, 20; RFC 3262,
// 7.2; RFC 4028, 4).
namespace SipFun.Core

open System
open System.Globalization
open System.Text
open SipFun

/// Readers by shape.
[<RequireQualifiedAccess>]
module NumberReaders =
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

    /// The position after the comment that opens at `at`: nested parentheses, counted, no
    /// recursion.
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
                    if hasComment then
                        ValueReaders.text s (after + 1) (commentStop - 1)
                    else
                        null

                SecondsValue(
                    uint32 value,
                    comment,
                    ValueReaders.withParameters octets commentStop &next &fault
                ))

    let private isRefresher (value: string | null) =
        String.Equals(value, "uac", StringComparison.OrdinalIgnoreCase)
        || String.Equals(value, "uas", StringComparison.OrdinalIgnoreCase)

    /// Session-Expires: a refresher is uac or uas (RFC 4028, 4).
    let sessionExpires =
        ValueReader<SecondsValue>(fun octets next fault ->
            let found = seconds.Invoke(octets, &next, &fault)

            if next >= 0 then
                match Parameters.find found.Parameters "refresher" with
                | ValueSome p when not (isRefresher p.Value) ->
                    next <- fault.At(ParseFault.Parameter, 0, "refresher=uac or uas")
                | _ -> ()

            found)

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
