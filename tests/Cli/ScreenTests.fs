// What a person sees, in process: foreign text is harmless, and the ladder is straight.
module SipFun.Tests.Cli.ScreenTests

open System.Diagnostics
open Expecto
open SipFun.Cli

let private printable = [
    "plain Grüße", "plain Grüße"
    "red\u001b[31m", @"red\u{1B}[31m"
    "two\r\nlines", @"two\u{D}\u{A}lines"
    "right\u202eleft", @"right\u{202E}left"
]

let private at milliseconds = milliseconds * Stopwatch.Frequency / 1000L

let private passages = [|
    Passage(at 0L, true, true, "INVITE")
    Passage(at 500L, true, false, "INVITE")
    Passage(at 501L, false, true, "486 Busy Here")
    Passage(at 1001L, false, false, "486 Busy Here")
|]

let private ladder = [
    "         alice                                       bob"
    "           |                                          |"
    "     0 ms  |----------------- INVITE -----X           |"
    "   500 ms  |----------------- INVITE ---------------->|"
    "   501 ms  |           X-- 486 Busy Here -------------|"
    "  1001 ms  |<------------- 486 Busy Here -------------|"
    "           |                                          |"
]

let tests =
    testList "Screen" [
        for text, expected in printable do
            testCase expected (fun () -> Expect.equal (Printable.Line text) expected "printable")
        testCase "a ladder of copies and losses" (fun () ->
            Expect.equal (List.ofSeq (Ladder.Draw("alice", "bob", passages))) ladder "drawn")
    ]
