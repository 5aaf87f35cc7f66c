module SipFun.Tests.Message.ParserTests

open System
open Expecto
open SipFun
open SipFun.Core

/// RFC 4475, the parser's column of expected.tsv.
let private torture =
    let expected = Corpus.table "rfc4475/expected.tsv"
    let messages = dict Corpus.rfc4475.Value

    testList "RFC 4475" [
        // regbadct.dat is refused by Validate, not by Parse.
        for row in expected |> Array.filter (fun row -> row[0] <> "regbadct.dat") do
            testCase $"{row[0]} ({row[1]}): {row[4]}"
            <| fun () ->
                let result = Corpus.parse messages[row[0]]
                let wanted = row[4].StartsWith "accept"
                Expect.equal (Result.isOk result) wanted $"%O{result}"
    ]

let tests = testList "Parser" [ torture ]
