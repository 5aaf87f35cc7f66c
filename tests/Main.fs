// Runs every test and ends with one line that a person and a script can read.
module SipFun.Tests.Main

open System
open System.IO
open Expecto
open Expecto.Impl

let private tests =
    testList "SipFun" [
        TimeTests.tests
        ReadmeTests.tests
        Message.Message.tests
        Resolution.Resolution.tests
        Delivery.Delivery.tests
        Dispatcher.Dispatcher.tests
        Recording.Recording.tests
        CSharpApi.Dns.Dns.tests
        Authentication.DigestTests.tests
        UserAgent.UserAgent.tests
        Registrar.Registrar.tests
        Proxy.Proxy.tests
        Proxy.StatelessProxy.tests
        Model.Model.tests
        Scenarios.Scenarios.tests
        CSharpApi.CSharpApi.tests
        Interop.Interop.tests
        Cli.Cli.tests
        FuzzTests.tests
        Simulation.Simulation.tests
        SamplesTests.tests
    ]

/// Keeps what Expecto counted, so that the closing line can be the last one.
let private counting (seen: TestRunSummary option ref) = {
    TestPrinters.defaultPrinter with
        summary =
            fun config summary ->
                seen.Value <- Some summary
                TestPrinters.defaultPrinter.summary config summary
}

let private closingLine (summary: TestRunSummary) =
    let passed = summary.passed.Length
    let failed = summary.failed.Length + summary.errored.Length
    $"Tests: %d{passed} passed, %d{failed} failed, %d{summary.ignored.Length} skipped"

/// Past Expecto's own writer, which leaves a colour code and padding on the line.
let private printAlone (line: string) =
    use out = new StreamWriter(Console.OpenStandardOutput())
    out.Write $"\n{line}\n"

let private test argv =
    let seen = ref None
    let colours = if Console.IsOutputRedirected then 0 else 8
    let settings = [ No_Spinner; Colours colours; Printer(counting seen) ]
    let code = runTestsWithCLIArgs settings (Suite.rest argv) tests
    seen.Value |> Option.iter (closingLine >> printAlone)
    code

[<EntryPoint>]
let main argv =
    if Array.contains "--help" argv then
        printfn $"Of our own, beside Expecto's:\n%s{Suite.usage}\n"

    if Suite.model then
        Model.Model.print ()
    else
        match Suite.simulate, Suite.soak with
        | Some count, _ -> Simulation.Simulation.simulate count
        | None, Some hours -> Simulation.Simulation.soak hours
        | None, None -> test argv
