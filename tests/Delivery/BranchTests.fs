// Our branch: RFC 3261's cookie, the number back out of it, and nobody else's taken for ours.
module SipFun.Tests.Delivery.BranchTests

open Expecto
open FsCheck
open SipFun.Core

let tests =
    testList "Branch" [
        testProperty
            "the number comes back out of it"
            (fun (n: NonNegativeInt) token (attempt: byte) ->
                let branch = Branch.make (int64 n.Get) token (int attempt)
                Branch.number branch = ValueSome(int64 n.Get) && Branch.isOfRfc3261 branch)

        testProperty
            "each attempt has a branch of its own (RFC 3263, 4.3)"
            (fun token (a: byte) (b: byte) ->
                (Branch.make 5L token (int a) = Branch.make 5L token (int b)) = (a = b))

        testProperty "whatever the text, no exception" (fun (text: string) ->
            Branch.number text |> ignore
            Branch.number ("z9hG4bK" + text) |> ignore
            Branch.isOfRfc3261 text |> ignore)

        testCase "without cookie, number or dash it is not ours"
        <| fun () ->
            let texts: (string | null) list = [
                null
                ""
                "z9hG4bK"
                "z9hG4bK-1"
                "z9hG4bKzz-1"
                "2a-00"
            ]

            for text in texts do
                Expect.equal (Branch.number text) ValueNone $"{text}"
    ]
