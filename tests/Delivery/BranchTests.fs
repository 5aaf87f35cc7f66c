// Our branch: RFC 3261's cookie, the numbers back out of it, and nobody else's taken for ours.
module SipFun.Tests.Delivery.BranchTests

open System
open System.Text
open Expecto
open FsCheck
open SipFun.Core

let private ofText (text: string) = Branch.read (ReadOnlySpan(Encoding.UTF8.GetBytes text))

let private branch (n: NonNegativeInt) token (attempt: byte) =
    Branch.make (int64 n.Get) token (int attempt)

let tests =
    testList "Branch" [
        testProperty "the numbers come back out of it" (fun n token attempt ->
            let branch = branch n token attempt
            let text = Branch.toText branch

            ofText text = ValueSome branch
            && Branch.ofText text = ValueSome branch
            && text.Length = Branch.length branch
            && Branch.isOfRfc3261 text)

        testProperty
            "what differs by a character is not the same branch"
            (fun n token attempt at with' ->
                let text = Branch.toText (branch n token attempt)
                let at = abs (at % text.Length)
                let other = text.Remove(at, 1).Insert(at, with')

                match ofText other with
                | ValueSome read -> Branch.toText read = other
                | ValueNone -> other <> text)

        testProperty
            "each attempt has a branch of its own (RFC 3263, 4.3)"
            (fun token (a: byte) (b: byte) ->
                let text attempt = Branch.toText (Branch.make 5L token (int attempt))
                (text a = text b) = (a = b))

        testProperty "whatever the text, no exception" (fun (text: string) ->
            Branch.ofText text |> ignore
            Branch.ofText ("z9hG4bK" + text) |> ignore
            Branch.isOfRfc3261 text |> ignore)

        testCase "a peer's branch is RFC 3261's by its cookie, whatever the case (8.1.1.7; 7.3.1)"
        <| fun () ->
            for text in [ "z9hG4bKx"; "Z9HG4BKx"; "z9hg4bk776asdhds" ] do
                Expect.isTrue (Branch.isOfRfc3261 text) text

            for text in [ "z9hG4bK"; "z9hG4b"; "1"; "xz9hG4bKx" ] do
                Expect.isFalse (Branch.isOfRfc3261 text) text

        testCase "it is written in one way only"
        <| fun () ->
            let texts: (string | null) list = [
                null
                ""
                "z9hG4bK"
                "z9hG4bK-1"
                "z9hG4bKzz-1"
                "2a-00"
                "z9hG4bK2a-00"
                "z9hG4bK2a-0000000000000001-"
                "z9hG4bK2a-0000000000000001-0"
                "z9hG4bK2a-0000000000000001-01"
                "z9hG4bK2a-0000000000000001x"
                "z9hG4bK2A-0000000000000001"
                "z9hG4bK02a-0000000000000001"
                "z9hg4bK2a-0000000000000001"
                "z9hG4bK2a-00000000000000011"
                "z9hG4bK12345678123456780-0000000000000001"
            ]

            for text in texts do
                Expect.equal (Branch.ofText text) ValueNone $"{text}"

            Expect.equal
                (Branch.ofText "z9hG4bK2a-0000000000000001-1f")
                (ValueSome(Branch.make 42L 1UL 31))
                "the attempt is hexadecimal too"
    ]
