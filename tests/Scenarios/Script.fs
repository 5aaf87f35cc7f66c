// A scenario file as a value: who is there, what is given, what happens when, and the wire as it
// must be. Its form is told in docs/scenarios.md; whoever knows SIP should be able to read one
// without that page.
module SipFun.Tests.Scenarios.Script

open System
open System.Globalization
open SipFun.Core

type NodeLine = {
    Name: string
    /// "user agent", "proxy", ...: which machine stands there.
    Kind: string
    /// The rest of the line in words, before "at".
    About: string
    Address: string
    /// Its host names; the first is its sent-by.
    Hosts: string list
}

type PlayLine = { At: Instant; Who: string; Words: string list }

/// One of the messages of a kind that one node sends, counted from 1.
type Picked = {
    Nth: int
    /// A method, or a status code, and then maybe the method it answers.
    What: string list
    From: string
    To: string voption
}

type Trouble =
    | Drop of Picked
    | Duplicate of Picked
    | Delay of Picked * Duration
    /// Nothing gets to this node or from it any more.
    | Vanish of who: string * Instant

type Script = {
    Title: string
    /// All lines above the wire, as they stand in the file.
    Head: string list
    Nodes: NodeLine list
    /// What is known from the start, each line in words.
    Given: string list list
    Troubles: Trouble list
    Latency: Duration
    Transport: string
    /// The headers that the wire shows beside the usual ones.
    Shows: string list
    Play: PlayLine list
    Wire: string list
    End: string list
}

let private words (line: string) =
    line.Split(' ', StringSplitOptions.RemoveEmptyEntries) |> List.ofArray

/// "2.5" is 2500 ms.
let instant (text: string) : Instant =
    let seconds = Decimal.Parse(text, CultureInfo.InvariantCulture)
    int64 (seconds * 1000m) * 1L<ms>

let private isHeading (line: string) =
    line <> "" && not (Char.IsWhiteSpace line[0]) && line.EndsWith ':'

/// The lines of one section, without their indentation; none where there is no such section.
let private section name (lines: string list) =
    lines
    |> List.skipWhile (fun line -> line <> name + ":")
    |> function
        | [] -> []
        | _ :: rest -> rest |> List.takeWhile (isHeading >> not)
    |> List.map _.Trim()
    |> List.filter (fun line -> line <> "")

/// The lines of the wire, as they are written: indented by two.
let private wireOf (lines: string list) =
    lines
    |> List.skipWhile (fun line -> line <> "wire:")
    |> List.skip 1
    |> List.takeWhile (isHeading >> not)
    |> List.filter (fun line -> line <> "")
    |> List.map (fun line -> if line.StartsWith "  " then line.Substring 2 else line)

let private node (line: string) =
    let before, after =
        match line.Split(" at ", 2) with
        | [| before; after |] -> words before, words after
        | _ -> failwith $"not a node: {line}"

    match before, after with
    | name :: "user" :: "agent" :: about, address :: hosts -> {
        Name = name
        Kind = "user agent"
        About = String.concat " " about
        Address = address
        Hosts = hosts
      }
    | name :: kind :: about, address :: hosts -> {
        Name = name
        Kind = kind
        About = String.concat " " about
        Address = address
        Hosts = hosts
      }
    | _ -> failwith $"not a node: {line}"

let private playLine line =
    match words line with
    | at :: who :: rest -> { At = instant at; Who = who; Words = rest }
    | _ -> failwith $"nothing happens: {line}"

let private ordinal (text: string) = int (text.TrimEnd('s', 't', 'n', 'd', 'r', 'h'))

/// "2nd 200 INVITE from bob to alice", and what follows it.
let private picked (words: string list) =
    match words with
    | nth :: rest ->
        let what = rest |> List.takeWhile (fun word -> word <> "from")

        match List.skip what.Length rest with
        | _ :: from :: "to" :: towards :: rest ->
            {
                Nth = ordinal nth
                What = what
                From = from
                To = ValueSome towards
            },
            rest
        | _ :: from :: rest -> { Nth = ordinal nth; What = what; From = from; To = ValueNone }, rest
        | _ -> failwith $"from whom? %A{words}"
    | [] -> failwith "which message?"

let private milliseconds (text: string) : Duration = int64 text * 1L<ms>

let private trouble (words: string list) =
    match words with
    | "drop" :: rest -> Some(Drop(fst (picked rest)))
    | "duplicate" :: rest -> Some(Duplicate(fst (picked rest)))
    | "delay" :: rest ->
        match picked rest with
        | which, [ "by"; time; "ms" ] -> Some(Delay(which, milliseconds time))
        | _ -> failwith $"by how many ms? %A{words}"
    | [ "vanish"; who; "at"; time ] -> Some(Vanish(who, instant time))
    | _ -> None

let private said word (given: string list list) =
    given
    |> List.tryPick (function
        | first :: second :: _ when first = word -> Some second
        | _ -> None)

let parse (text: string) =
    let lines =
        text.ReplaceLineEndings("\n").Split('\n') |> List.ofArray |> List.map _.TrimEnd()

    let given = section "given" lines |> List.map words

    {
        Title = lines.Head
        Head = lines |> List.takeWhile (fun line -> line <> "wire:")
        Nodes = section "nodes" lines |> List.map node
        Given = given
        Troubles = List.choose trouble given
        Latency = said "latency" given |> Option.map milliseconds |> Option.defaultValue 50L<ms>
        Transport = said "over" given |> Option.defaultValue "udp"
        Shows = section "shows" lines
        Play = section "play" lines |> List.map playLine
        Wire = wireOf lines
        End = section "end" lines
    }

/// The file with this wire in the place of its own.
let write (script: Script) (wire: string list) (ending: string list) =
    let indented = List.map (fun line -> "  " + line)

    String.concat "\n" [
        yield! script.Head
        "wire:"
        yield! indented wire
        ""
        "end:"
        yield! indented ending
        ""
    ]
