// What a person sees, in process: foreign text is harmless.
module SipFun.Tests.Cli.ScreenTests

open Expecto
open SipFun.Cli

let private printable = [
    "plain Grüße", "plain Grüße"
    "red\u001b[31m", @"red\u{1B}[31m"
    "two\r\nlines", @"two\u{D}\u{A}lines"
    "right\u202eleft", @"right\u{202E}left"
]

let tests =
    testList "Screen" [
        for text, expected in printable do
            testCase expected (fun () -> Expect.equal (Printable.Line text) expected "printable")
    ]
