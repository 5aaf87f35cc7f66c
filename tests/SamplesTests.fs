// The samples do what they say: each is run as a user would run it, and ends by itself.
module SipFun.Tests.SamplesTests

open System
open System.IO
open Expecto

let private run sample =
    let assembly = Path.Combine(AppContext.BaseDirectory, sample + ".dll")
    use program = new Running("dotnet", [ assembly ], AppContext.BaseDirectory)
    let code = program.WaitForExit()
    Expect.equal (code, program.Errors) (0, []) $"%A{program.Output}"
    program.Output

let private ownLoop () =
    let lines = run "OwnLoop"
    let told = List.filter (fun (line: string) -> line.Contains "OPTIONS") lines
    Expect.equal told[0] "Alice sends OPTIONS, which is lost" "the alarm has something to do"
    Expect.isGreaterThan told.Length 1 "it goes out again"
    Expect.equal (List.last lines) "The answer is 200." "and is answered"

/// Two of them call each other; what is typed comes from the test.
let private softphone () =
    let start user =
        let folder = AppContext.BaseDirectory
        let assembly = Path.Combine(folder, "Softphone.dll")
        new Running("dotnet", [ assembly; $"sip:{user}@127.0.0.1" ], folder)

    use alice = start "alice"
    use bob = start "bob"
    let listening (line: string) = line.StartsWith "listening udp:0.0.0.0:"
    let port = (bob.WaitForLine listening).Split(':') |> Array.last
    alice.WaitForLine(fun line -> line.StartsWith "call URI") |> ignore
    alice.Type $"call sip:bob@127.0.0.1:{port}"
    bob.WaitForLine(fun line -> line.Contains "calls.") |> ignore
    alice.WaitForLine(fun line -> line = "Ringing") |> ignore
    bob.Type "answer"
    alice.WaitForLine(fun line -> line.StartsWith "Connected") |> ignore
    alice.Type "hangup"
    alice.WaitForLine(fun line -> line = "Over: HungUp: 200 OK.") |> ignore
    bob.WaitForLine(fun line -> line = "Over: HungUpByPeer.") |> ignore

    for telephone in [ alice; bob ] do
        telephone.Type "quit"
        Expect.equal (telephone.WaitForExit(), telephone.Errors) (0, []) "it ends"

/// A test project of a user's, by its own runner.
let private userTests () =
    // Its runner tells nobody outside of it.
    Environment.SetEnvironmentVariable("TESTINGPLATFORM_TELEMETRY_OPTOUT", "1")
    let lines = run "UserTests"
    let isOf (words: string) (line: string) = line.Contains words
    Expect.isTrue (List.exists (isOf "failed: 0") lines) $"%A{lines}"
    Expect.isTrue (List.exists (isOf "succeeded: 5") lines) $"%A{lines}"

let tests =
    testList "Samples" [
        testCase "OwnLoop: the core in an event loop of one's own" ownLoop
        testCase "UserTests: a test project with SipFun.Testing" userTests
        testCase "Softphone: calls, answers, hangs up" softphone
    ]
