// Our branch parameter: RFC 3261's cookie, the delivery's number, unguessable bits, the attempt
// (8.1.1.7). The number leads a response to its transaction; the whole text is still compared (17.1.3).
module SipFun.Core.Branch

open System
open System.Globalization

[<Literal>]
let private Cookie = "z9hG4bK"

/// "z9hG4bK2a-9f86d081884c7d65", and "-1" behind it for the second target: each try has its own
/// branch (RFC 3263, 4.3).
let make (number: int64) (token: uint64) (attempt: int) =
    let hex = CultureInfo.InvariantCulture
    // Each request makes one, and an interpolated string goes through printf.
    let first =
        String.Concat(Cookie, number.ToString("x", hex), "-", token.ToString("x16", hex))

    if attempt = 0 then
        first
    else
        String.Concat(first, "-", attempt.ToString("x", hex))

/// The number in a branch of ours; none when it cannot be ours.
let number (branch: string | null) =
    match branch with
    | null -> ValueNone
    | branch when branch.StartsWith(Cookie, StringComparison.OrdinalIgnoreCase) ->
        let dash = branch.IndexOf('-', Cookie.Length)

        if dash <= Cookie.Length then
            ValueNone
        else
            let digits = branch.AsSpan(Cookie.Length, dash - Cookie.Length)

            match
                Int64.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            with
            | true, number -> ValueSome number
            | _ -> ValueNone
    | _ -> ValueNone

/// RFC 3261's cookie: without it a peer is of RFC 2543 and its branch identifies nothing (17.2.3).
let isOfRfc3261 (branch: string | null) =
    match branch with
    | null -> false
    | branch ->
        branch.Length > Cookie.Length
        && branch.StartsWith(Cookie, StringComparison.OrdinalIgnoreCase)
