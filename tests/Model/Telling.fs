// A counterexample as a scenario file (docs/scenarios.md): what was done, and the wire of it. Kept under
// tests/Model/regressions it is played again by `Configuration.replays`.
module SipFun.Tests.Model.Telling

open System
open System.Globalization
open SipFun
open SipFun.Core
open SipFun.Tests.Dispatcher
open SipFun.Tests.Rig
open SipFun.Tests.Model.Explorer

let private seconds (at: Instant) =
    (decimal at / 1000m).ToString("0.000", CultureInfo.InvariantCulture).PadLeft 9

let private startLine (message: SipMessage) =
    match message with
    | :? SipRequest as request -> $"{request.Method} {request.RequestUri}"
    | :? SipResponse as response -> $"{response.StatusCode} {response.ReasonPhrase}"
    | other -> string other

let private packetLine from towards (message: SipMessage) =
    $"{from} -> {towards}  {startLine message}  {message.CSeq}  {message.TopVia.Branch}"

let private ofInput (step: StepLaws.Step) =
    match step.Input with
    | Received(_, _, source, message) -> [ packetLine (Hop.toString source) "us" message ]
    | _ -> []

let private ofEffect effect =
    match effect with
    | Effect.Transmit(_, _, hop, bytes, _) -> [ packetLine "us" (Hop.toString hop) (packet bytes) ]
    | Effect.Complete(number, outcome, _, _) -> [ $"us  * {number} ended: {outcome}" ]
    | _ -> []

/// What the steps of a walk put on the wire; the walk may end in a broken law.
let private wire (breach: Breach) =
    let play, wire = ResizeArray<string>(), ResizeArray<string>()
    let mutable now = 0L<ms>

    Steps.Heard <-
        ValueSome(fun step ->
            now <- step.Now

            for line in ofInput step @ List.collect ofEffect (List.ofArray step.Effects) do
                wire.Add $"{seconds now}  {line}")

    try
        try
            breach.Walk(fun action -> play.Add $"{seconds now} {action}")
        with problem ->
            wire.Add $"{seconds now}  * {problem.Message}"
    finally
        Steps.Heard <- ValueNone

    List.ofSeq play, List.ofSeq wire

let scenario model (breach: Breach) =
    let play, wire = wire breach
    let indented = List.map (fun (line: string) -> "  " + line.ReplaceLineEndings " ")

    String.concat "\n" [
        $"{model}: {breach.Law}"
        ""
        "given:"
        $"  model {model}"
        ""
        "play:"
        yield! indented play
        ""
        "wire:"
        yield! indented wire
        ""
    ]

/// The model and the actions of such a file.
let read (text: string) =
    let lines =
        text.ReplaceLineEndings("\n").Split '\n' |> List.ofArray |> List.map _.Trim()

    let model = lines |> List.find _.StartsWith("model ") |> _.Substring(6)

    let play =
        lines
        |> List.skipWhile ((<>) "play:")
        |> List.skip 1
        |> List.takeWhile (fun line -> line <> "" && line <> "wire:")

    model, play |> List.map (fun line -> line.Substring(line.IndexOf ' ' + 1).Trim())
