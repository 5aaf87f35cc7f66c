// Our branch parameter: RFC 3261's cookie, the delivery's number, unguessable bits, the attempt
// (8.1.1.7). It is three numbers here, and text in packets only: there is one text for each, so that
// the same numbers are the same text (17.1.3).
namespace SipFun.Core

open System
open System.Globalization
open System.Numerics
open System.Text
open SipFun

/// Of one try of a delivery at one target: each has its own (RFC 3263, 4.3).
[<Struct>]
type Branch = {
    /// Leads a response to its transaction.
    Number: int64
    /// Unguessable.
    Token: uint64
    Attempt: int
}

module Branch =
    [<Literal>]
    let private Cookie = "z9hG4bK"

    let private cookie = Encoding.ASCII.GetBytes Cookie

    /// The bytes of the longest there is.
    [<Literal>]
    let Longest = 49

    [<Literal>]
    let private TokenDigits = 16

    /// No response has it.
    let none = { Number = 0L; Token = 0UL; Attempt = -1 }

    let make number token attempt = { Number = number; Token = token; Attempt = attempt }

    let same (a: Branch) (b: Branch) =
        a.Number = b.Number && a.Token = b.Token && a.Attempt = b.Attempt

    let private digits (number: uint64) =
        if number = 0UL then
            1
        else
            (67 - BitOperations.LeadingZeroCount number) / 4

    /// The bytes of its text.
    let length (branch: Branch) =
        let first = cookie.Length + digits (uint64 branch.Number) + 1 + TokenDigits

        if branch.Attempt = 0 then
            first
        else
            first + 1 + digits (uint64 branch.Attempt)

    let private put (output: Span<byte>) at (number: uint64) (format: string) =
        let mutable length = 0

        number.TryFormat(output.Slice at, &length, format, CultureInfo.InvariantCulture) |> ignore

        at + length

    /// Writes "z9hG4bK2a-9f86d081884c7d65", and "-1" behind it for the second target; how many bytes.
    let write (output: Span<byte>) (branch: Branch) =
        cookie.CopyTo output
        let at = put output cookie.Length (uint64 branch.Number) "x"
        output[at] <- byte '-'
        let at = put output (at + 1) branch.Token "x16"

        if branch.Attempt = 0 then
            at
        else
            output[at] <- byte '-'
            put output (at + 1) (uint64 branch.Attempt) "x"

    let toText (branch: Branch) =
        let octets = Array.zeroCreate (length branch)
        write (Span octets) branch |> ignore
        Encoding.ASCII.GetString octets

    let private hex (octet: byte) =
        match octet with
        | digit when digit >= byte '0' && digit <= byte '9' -> int (digit - byte '0')
        | digit when digit >= byte 'a' && digit <= byte 'f' -> int (digit - byte 'a') + 10
        | _ -> -1

    /// Where the digits that begin at `start` end.
    let private digitsEnd (octets: ReadOnlySpan<byte>) start =
        let mutable at = start

        while at < octets.Length && hex octets[at] >= 0 do
            at <- at + 1

        at

    let private number (digits: ReadOnlySpan<byte>) =
        let mutable value = 0UL

        for digit in digits do
            value <- (value <<< 4) ||| uint64 (hex digit)

        value

    /// As `write` has them: without leading zeros.
    let private isNumber (digits: ReadOnlySpan<byte>) most =
        digits.Length > 0
        && digits.Length <= most
        && (digits.Length = 1 || digits[0] <> byte '0')
        && digitsEnd digits 0 = digits.Length

    /// The attempt behind the token: nothing, or a dash and its number from 1; else -1.
    let private attemptIn (octets: ReadOnlySpan<byte>) =
        if octets.IsEmpty then
            0
        elif octets[0] <> byte '-' || not (isNumber (octets.Slice 1) 7) then
            -1
        elif octets[1] = byte '0' then
            -1
        else
            int (number (octets.Slice 1))

    /// The branch that is written so; none when it cannot be ours.
    let read (octets: ReadOnlySpan<byte>) : Branch voption =
        let dash = digitsEnd octets (min cookie.Length octets.Length)
        let stop = dash + 1 + TokenDigits

        if
            octets.Length < stop
            || not (octets.StartsWith(ReadOnlySpan<byte> cookie))
            || not (isNumber (octets.Slice(cookie.Length, dash - cookie.Length)) 16)
            || octets[dash] <> byte '-'
            || digitsEnd octets (dash + 1) <> stop
        then
            ValueNone
        else
            match attemptIn (octets.Slice stop) with
            | -1 -> ValueNone
            | attempt ->
                let first = number (octets.Slice(cookie.Length, dash - cookie.Length))
                ValueSome(make (int64 first) (number (octets.Slice(dash + 1, TokenDigits))) attempt)

    /// The branch of ours that a message's topmost Via has.
    let ofMessage (message: SipMessage) = read message.TopBranch.Span

    /// The same of a text.
    let ofText (text: string | null) : Branch voption =
        match text with
        | null -> ValueNone
        | text when text.Length > Longest -> ValueNone
        | text -> read (ReadOnlySpan<byte>(Encoding.UTF8.GetBytes text))

    /// RFC 3261's cookie: without it a peer is of RFC 2543 and its branch identifies nothing (17.2.3).
    let isOfRfc3261 (branch: string | null) =
        match branch with
        | null -> false
        | branch ->
            branch.Length > Cookie.Length
            && branch.StartsWith(Cookie, StringComparison.OrdinalIgnoreCase)
