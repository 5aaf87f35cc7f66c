// Bytes to text and back: case-blind comparison, unfolding, unquoting, percent-escapes.
// (RFC 3261, 7.3.1, 19.1.2, 25.1.) Knows letters and blanks, not header fields.
namespace SipFun.Core

open System
open System.Buffers
open System.Globalization
open System.Text

/// What typed values share when they turn bytes into strings.
[<RequireQualifiedAccess>]
module Octets =
    let ofText (text: string) : byte[] = Encoding.UTF8.GetBytes text
    let toText (octets: ReadOnlySpan<byte>) : string = Encoding.UTF8.GetString octets

    /// ASCII letters without regard to case, all other bytes exactly.
    let sameText (a: ReadOnlySpan<byte>) (b: ReadOnlySpan<byte>) =
        let mutable same = a.Length = b.Length
        let mutable i = 0

        while same && i < a.Length do
            let x, y = a[i], b[i]
            same <- x = y || ((x ||| 0x20uy) = (y ||| 0x20uy) && Grammar.isAlpha x)
            i <- i + 1

        same

    let private nextBlank (s: ReadOnlySpan<byte>) at =
        let mutable i = at

        while i < s.Length && not (Grammar.isBlank s[i]) do
            i <- i + 1

        i

    let private blank = [| 32uy |]

    /// The value with each fold, and the blanks around it, as one blank (RFC 3261, 7.3.1).
    let unfolded (value: ReadOnlySpan<byte>) : string =
        if value.IndexOf 13uy < 0 then
            toText value
        else
            let output = ArrayBufferWriter<byte> value.Length
            let mutable i = 0

            while i < value.Length do
                let word = Grammar.skipBlanks value i value.Length
                let blanks = value.Slice(i, word - i)

                output.Write(if blanks.IndexOf 13uy < 0 then blanks else ReadOnlySpan<byte> blank)

                i <- nextBlank value word
                output.Write(value.Slice(word, i - word))

            toText output.WrittenSpan

    /// What stands between the quotes, backslashes taken away; other values as they are.
    let unquoted (value: ReadOnlySpan<byte>) : string =
        if value.Length < 2 || value[0] <> 34uy then
            unfolded value
        elif value.IndexOf 92uy < 0 then
            unfolded (value.Slice(1, value.Length - 2))
        else
            let output = ArrayBufferWriter<byte> value.Length
            let mutable i = 1

            while i < value.Length - 1 do
                if value[i] = 92uy then
                    i <- i + 1

                output.Write(value.Slice(i, 1))
                i <- i + 1

            unfolded output.WrittenSpan

    /// Control characters but tab: no text of a caller holds them bare.
    let isControl (c: char) = (c < ' ' && c <> '\t') || c = '\127'

    /// The text as a quoted string, in which quoted pairs take what may not stand bare; CR, LF and
    /// NUL stay, for the caller to refuse (RFC 3261, 25.1).
    let quote (text: string) =
        let isBare c = c = '\r' || c = '\n' || c = '\000'
        let needsPair c = c = '"' || c = '\\' || (isControl c && not (isBare c))
        let piece c = if needsPair c then "\\" + string c else string c
        "\"" + String.collect piece text + "\""

    let private hexValue (s: ReadOnlySpan<byte>) at =
        let digit (c: byte) = if c <= 57uy then c - 48uy else (c ||| 0x20uy) - 87uy
        digit s[at] * 16uy + digit s[at + 1]

    let private reserved = SearchValues.Create(Encoding.ASCII.GetBytes ";/?:@&=+$,%")

    let private isEscape (s: ReadOnlySpan<byte>) i =
        s[i] = 37uy && i + 2 < s.Length && Grammar.isHex s[i + 1] && Grammar.isHex s[i + 2]

    let private upper (c: byte) = if Grammar.isAlpha c then c &&& 0xDFuy else c

    /// Into one array; the result is its beginning, `count` bytes.
    let private decode keepReserved (s: ReadOnlySpan<byte>) (count: byref<int>) : byte[] =
        let output = Array.zeroCreate<byte> s.Length
        let mutable i = 0

        while i < s.Length do
            let isEscaped = isEscape s i
            let decoded = if isEscaped then hexValue s (i + 1) else s[i]
            let isKept = isEscaped && keepReserved && reserved.Contains decoded
            output[count] <- if isKept then 37uy else decoded

            if isKept then
                output[count + 1] <- upper s[i + 1]
                output[count + 2] <- upper s[i + 2]

            count <- if isKept then count + 3 else count + 1
            i <- if isEscaped then i + 3 else i + 1

        output

    /// Percent-escapes decoded, once (RFC 3261, 19.1.2).
    let unescaped (s: ReadOnlySpan<byte>) : string =
        if s.IndexOf 37uy < 0 then
            toText s
        else
            let mutable count = 0
            let output = decode false s &count
            Encoding.UTF8.GetString(output, 0, count)

    /// The form in which two components are equal by RFC 3261, 19.1.4: escapes of reserved
    /// characters stay (in upper case), all others are decoded.
    let comparable (s: ReadOnlySpan<byte>) : string =
        if s.IndexOf 37uy < 0 then
            Encoding.Latin1.GetString s
        else
            let mutable count = 0
            let output = decode true s &count
            Encoding.Latin1.GetString(output, 0, count)

    /// Percent-escapes for every byte outside the set.
    let escaped low high (text: string) : string =
        let piece (octet: byte) =
            if octet <> 37uy && Grammar.isIn low high octet then
                string (char octet)
            else
                "%" + octet.ToString("X2", CultureInfo.InvariantCulture)

        ofText text |> Array.map piece |> String.concat ""
