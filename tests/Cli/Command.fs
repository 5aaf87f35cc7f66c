// The command as a user runs it: a process, its exit code and its lines.
module SipFun.Tests.Cli.Command

open System
open System.IO
open System.Text.Json
open Expecto
open SipFun.Tests

let private assembly = Path.Combine(AppContext.BaseDirectory, "SipFun.Cli.dll")

/// What was built with the tests, or, to test another, the program that SIPFUN_COMMAND names.
let private program, private first =
    match Environment.GetEnvironmentVariable "SIPFUN_COMMAND" with
    | null
    | "" -> "dotnet", [ assembly ]
    | native -> native, []

type Ended = { ExitCode: int; Output: string list; Errors: string list }

/// As a shell runs it.
let line arguments = program :: List.map (fun word -> $"'{word}'") first @ arguments

let start arguments = new Running(program, first @ arguments, AppContext.BaseDirectory)

let finish (command: Running) =
    let code = command.WaitForExit()
    { ExitCode = code; Output = command.Output; Errors = command.Errors }

let run arguments =
    use command = start arguments
    finish command

/// The one object that was written.
let json (output: string list) = JsonDocument.Parse(String.concat "" output).RootElement

/// It ended so, and said nothing on stderr.
let succeeds code arguments =
    let ended = run arguments
    Expect.equal (ended.ExitCode, ended.Errors) (code, []) $"%A{ended}"
    ended.Output

/// It ended so, with one line on stderr.
let fails code arguments =
    let ended = run arguments
    Expect.equal (ended.ExitCode, ended.Errors.Length) (code, 1) $"%A{ended}"
    Expect.stringStarts ended.Errors.Head "sipfun: " "whose line it is"
    ended.Errors.Head

/// A command that waits for others, on this transport with these options, while the check runs
/// against its address and port. Gives what it wrote after `ready`.
let whileServingOn transport command options (check: string -> unit) =
    use answer = start ([ command; "--listen"; $"{transport}:127.0.0.1:0" ] @ options)
    let listening = $"listening {transport}:"
    let line = answer.WaitForLine(fun line -> line.StartsWith listening)
    answer.WaitForLine(fun line -> line = "ready") |> ignore
    check (line.Substring listening.Length)
    answer.Terminate()
    Expect.equal (answer.WaitForExit()) 0 "SIGTERM ends it cleanly"
    answer.Output |> List.skip 2

let whileAnsweringOn transport options check = whileServingOn transport "answer" options check

/// `sipfun proxy` over UDP.
let whileProxying options check = whileServingOn "udp" "proxy" options check |> ignore

let whileAnswering options check = whileAnsweringOn "udp" options check
