// The wire as lines of text: each packet with its instant, its way, its first line and what tells
// it from others. Tags and branches bear names in the order of their coming: a1 is the first tag
// that alice made, A1 her branch.
module SipFun.Tests.Scenarios.Ladder

open System
open System.Globalization
open SipFun
open SipFun.Core
open SipFun.Tests.Scenarios.Network

type private Names = {
    Given: Map<string, string>
    Counts: Map<string, int>
    /// Packets by way and bytes, with their number.
    Packets: Map<string, int>
    Numbered: int
}

let private none = {
    Given = Map.empty
    Counts = Map.empty
    Packets = Map.empty
    Numbered = 0
}

let private named (letter: string) (text: string | null) names =
    match text with
    | null -> "-", names
    | text ->
        match Map.tryFind text names.Given with
        | Some name -> name, names
        | None ->
            let count = (Map.tryFind letter names.Counts |> Option.defaultValue 0) + 1
            let name = $"{letter}{count}"

            name,
            {
                names with
                    Given = Map.add text name names.Given
                    Counts = Map.add letter count names.Counts
            }

let private lower (who: string) = who.Substring(0, 1).ToLowerInvariant()
let private upper (who: string) = who.Substring(0, 1).ToUpperInvariant()

/// From the lowest Via up, so that a branch is named after who sent it first.
let private branches from (message: SipMessage) names =
    Seq.foldBack
        (fun (via: Via) (shown, names) ->
            let name, names = named (upper from) via.Branch names
            name :: shown, names)
        message.Vias
        ([], names)

let private seconds (at: Instant) =
    (decimal at / 1000m).ToString("0.000", CultureInfo.InvariantCulture)

let private startLine (message: SipMessage) =
    match message with
    | :? SipRequest as request -> $"{request.Method} {request.RequestUri}"
    | :? SipResponse as response -> $"{response.StatusCode} {response.ReasonPhrase}"
    | other -> string other

let private kind (message: SipMessage) =
    match message with
    | :? SipResponse as response -> string response.StatusCode
    | _ -> message.CSeq.Method.Name

/// Of credentials and challenges what a reader can check: whose, for which realm, which use.
let private authentication (value: AuthenticationValue) =
    [ "username"; "realm"; "nc"; "stale" ]
    |> List.choose (fun name ->
        match value.GetParameter name with
        | null -> None
        | text -> Some $"{name}={text}")
    |> String.concat " "

let private values name (message: SipMessage) =
    match name with
    | "Authorization" -> message.Authorization |> Seq.map authentication
    | "Proxy-Authorization" -> message.ProxyAuthorization |> Seq.map authentication
    | "WWW-Authenticate" -> message.WwwAuthenticate |> Seq.map authentication
    | "Proxy-Authenticate" -> message.ProxyAuthenticate |> Seq.map authentication
    | name -> message.GetHeaders name

let private shown (shows: string list) (message: SipMessage) =
    let headers =
        shows
        |> List.collect (fun name -> [
            for value in values name message do
                $"{name}: {value}"
        ])

    let body =
        if message.Body.Length = 0 then
            []
        else
            [ $"\"{Octets.toText message.Body.Span}\"" ]

    headers @ body |> String.concat " | "

let private arrow fate =
    match fate with
    | Lost -> "-x"
    | _ -> "->"

let private remark fate =
    match fate with
    | Twice -> "(arrives twice)"
    | Late time -> $"(late by {time} ms)"
    | Comes
    | Lost -> ""

/// A packet that went out before, byte for byte, is "=F1" and no more.
let private copy number known (message: SipMessage) = [
    $"F{number}"
    $"(=F{known}) {kind message}"
    ""
    ""
    ""
]

let private full shows number from (message: SipMessage) names =
    let tagFrom, names = named (lower from) message.FromTag names
    let tagTo, names = named (lower from) message.ToTag names
    let vias, names = branches from message names

    [
        $"F{number}"
        startLine message
        string message.CSeq
        $"{tagFrom} > {tagTo}"
        String.concat " " vias
        shown shows message
    ],
    names

let private packet shows from towards (bytes: ReadOnlyMemory<byte>) names =
    let message = SipMessage.Parse bytes
    let key = $"{from} {towards} {message}"
    let number = names.Numbered + 1
    let names = { names with Numbered = number }

    match Map.tryFind key names.Packets with
    | Some known -> copy number known message @ [ "" ], names
    | None ->
        let cells, names = full shows number from message names
        cells, { names with Packets = Map.add key number names.Packets }

let private row shows names entry =
    match entry with
    | Wired(at, from, towards, bytes, fate) ->
        let cells, names = packet shows from towards bytes names

        [ cells.Head; seconds at; $"{from} {arrow fate} {towards}" ] @ cells.Tail @ [ remark fate ],
        names
    | Heard(at, who, text) -> [ ""; seconds at; who; $"* {text}" ], names

let private aligned (rows: string list list) =
    let width column =
        rows
        |> List.choose (List.tryItem column)
        |> List.map _.Length
        |> List.filter (fun length -> length < 70)
        |> fun lengths -> List.max (0 :: lengths)

    let cell column (text: string) =
        if column = 1 then
            text.PadLeft(width 1)
        else
            text.PadRight(width column)

    rows |> List.map (List.mapi cell >> String.concat "  " >> _.TrimEnd())

/// The log as it was, oldest first.
let lines shows (network: Network) =
    List.rev network.Log |> List.mapFold (row shows) none |> fst |> aligned
