// SipHash-2-4 against the vectors its authors published (key 00..0f, input 00..n-1).
module SipFun.Tests.Delivery.SipHashTests

open System
open Expecto
open SipFun.Core

let private key = struct (0x0706050403020100UL, 0x0f0e0d0c0b0a0908UL)
let private input length = Array.init length byte
let private hash length = SipHash.ofBytes key (ReadOnlySpan(input length))

let tests =
    testList "SipHash" [
        testCase "the published vectors"
        <| fun () ->
            Expect.equal (hash 0) 0x726fdb47dd0e0e31UL "no bytes"
            Expect.equal (hash 1) 0x74f839c593dc67fdUL "one"
            Expect.equal (hash 8) 0x93f5f5799a932462UL "a word"
            Expect.equal (hash 15) 0xa129ca6149be45e5UL "the paper's example"

        testProperty "another key, another hash" (fun (chars: char list) (other: uint64) ->
            let text = System.String(Array.ofList chars)
            let own = SipHash.ofText (struct (1UL, 2UL)) text
            other = 2UL || own <> SipHash.ofText (struct (1UL, other)) text)

        testCase "V-17: keys of one length and prefix spread over all buckets"
        <| fun () ->
            let buckets =
                Seq.init 100_000 (fun n -> SipHash.ofText (struct (3UL, 4UL)) $"branch-{n:d8}")
                |> Seq.countBy (fun hash -> hash % 256UL)
                |> Seq.map snd
                |> List.ofSeq

            Expect.equal buckets.Length 256 "every bucket is used"
            Expect.isLessThan (List.max buckets) (2 * 100_000 / 256) "none is twice as full"
    ]
