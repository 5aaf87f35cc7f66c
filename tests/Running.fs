// Another program while a test uses it: its lines as they come, and its end. It is always ended by
// its own handle, and nothing waits for ever.
namespace SipFun.Tests

open System
open System.Collections.Concurrent
open System.Diagnostics
open System.Runtime.InteropServices
open Expecto

module private Libc =
    [<DllImport("libc")>]
    extern int kill(int pid, int signal)

    let sigterm = 15

type Running(path: string, arguments: string list, folder: string) =
    let patience = TimeSpan.FromSeconds 40.0
    let lines = new BlockingCollection<string>()
    let output = ConcurrentQueue<string>()
    let errors = ConcurrentQueue<string>()

    let program =
        let info = ProcessStartInfo(path)
        info.WorkingDirectory <- folder
        info.RedirectStandardOutput <- true
        info.RedirectStandardError <- true
        info.RedirectStandardInput <- true
        List.iter info.ArgumentList.Add arguments
        new Process(StartInfo = info)

    let heard (line: string) =
        output.Enqueue line
        lines.Add line

    do
        program.OutputDataReceived.Add(fun e -> Option.ofObj e.Data |> Option.iter heard)
        program.ErrorDataReceived.Add(fun e -> Option.ofObj e.Data |> Option.iter errors.Enqueue)
        program.Start() |> ignore
        program.BeginOutputReadLine()
        program.BeginErrorReadLine()

    let said () = String.Join('\n', Seq.append output errors)

    member _.Id = program.Id

    member _.HasExited = program.HasExited

    /// What it wrote so far; all of it after `WaitForExit`.
    member _.Output = List.ofSeq output

    member _.Errors = List.ofSeq errors

    /// The next line of its output for which the condition holds.
    member _.WaitForLine(condition: string -> bool) =
        let clock = Stopwatch.StartNew()
        let mutable line = ""

        while not (condition line) do
            let rest = patience - clock.Elapsed

            if rest <= TimeSpan.Zero || not (lines.TryTake(&line, rest)) then
                failtest $"{path} did not write the line waited for: {said ()}"

        line

    /// Its exit code, after all of its output was read.
    member _.WaitForExit() =
        if not (program.WaitForExit patience) then
            failtest $"{path} did not end in time: {said ()}"

        program.WaitForExit()
        program.ExitCode

    /// A line of its input.
    member _.Type(line: string) =
        program.StandardInput.WriteLine line
        program.StandardInput.Flush()

    /// SIGTERM, as a service manager does.
    member _.Terminate() = Libc.kill (program.Id, Libc.sigterm) |> ignore

    /// At once, without a chance to say good-bye.
    member _.Kill() =
        program.Kill()
        program.WaitForExit()

    interface IDisposable with
        member _.Dispose() =
            if not program.HasExited then
                program.Kill(entireProcessTree = true)

            program.WaitForExit()
            program.Dispose()
            lines.Dispose()
