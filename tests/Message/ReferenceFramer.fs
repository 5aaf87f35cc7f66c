// A second framer, slow and written from RFC 3261, 7.3.1, 18.3 and 20.14 with regular expressions:
// it shares no line with the first. Where the two differ, one of them is wrong (V-04).
module SipFun.Tests.Message.ReferenceFramer

open System
open System.Numerics
open System.Text.RegularExpressions

/// How a stream ends: it waits for more, or must be closed.
type Ending =
    | Waiting
    | Closed

let private strayLineEnd = Regex "(?<!\r)\n|\r(?!\n|\\z)"
let private nextLine = Regex "\r\n(?![ \t])"

let private header =
    Regex("\\A([A-Za-z0-9.!%*_+`'~-]+)[ \t]*:(.*)\\z", RegexOptions.Singleline)

/// NUL only as a quoted pair in a quoted string (25.1), which may be left open.
let private withoutNul =
    Regex("\\A(?>[^\"\0]|\"(?>[^\"\\\\\0]|\\\\.|\\\\\\z)*(?>\"|\\z))*\\z", RegexOptions.Singleline)

let private digits = Regex "\\A[0-9]+\\z"
let private isNumber (text: string) = digits.IsMatch text

let private isLength (name: string) =
    name.ToLowerInvariant() = "content-length" || name.ToLowerInvariant() = "l"

/// The length of the body that the lines tell; nothing when they do not, or in two ways.
let private lengthOf (lines: string list) =
    let headers = lines |> List.map header.Match
    let isGood (m: Match) = m.Success && withoutNul.IsMatch m.Groups[2].Value

    let lengths = [
        for line in headers do
            if isLength line.Groups[1].Value then
                line.Groups[2].Value.Trim([| ' '; '\t'; '\r'; '\n' |])
    ]

    if List.forall isGood headers && List.forall isNumber lengths then
        match lengths |> List.map BigInteger.Parse |> List.distinct with
        | [ one ] -> Some one
        | _ -> None
    else
        None

let private bodyLength most (head: string) =
    let first = head.IndexOf "\r\n"
    let rest = if first < 0 then "" else head.Substring(first + 2)
    let startsBlank = rest.StartsWith ' ' || rest.StartsWith '\t'

    if strayLineEnd.IsMatch head || head.EndsWith '\r' || first < 0 || startsBlank then
        None
    else
        match lengthOf (List.ofArray (nextLine.Split rest)) with
        | Some length when length + BigInteger(head.Length + 4) <= BigInteger(most: int) ->
            Some(int length)
        | _ -> None

/// Where the messages of a stream are, and how it ends.
let frames most (stream: string) =
    let rec next at found =
        let rest = stream.Substring at
        let stop = rest.IndexOf("\r\n\r\n", StringComparison.Ordinal)

        if rest = "" || rest = "\r" then
            List.rev found, Waiting
        elif rest.StartsWith("\r\n", StringComparison.Ordinal) then
            next (at + 2) found
        elif stop < 0 then
            List.rev found, (if strayLineEnd.IsMatch rest then Closed else Waiting)
        else
            match bodyLength most (rest.Substring(0, stop)) with
            | None -> List.rev found, Closed
            | Some length when stop + 4 + length > rest.Length -> List.rev found, Waiting
            | Some length -> next (at + stop + 4 + length) ((at, stop + 4 + length) :: found)

    next 0 []
