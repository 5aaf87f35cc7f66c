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

let tests =
    testList "Samples" [ testCase "OwnLoop: the core in an event loop of one's own" ownLoop ]
