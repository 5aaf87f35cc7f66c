// Every fuzz target on mutants of its own seeds, so that none of them rots between two runs of AFL++.
module SipFun.Tests.FuzzTests

open System
open System.Text
open Expecto
open SipFun.Fuzz
open SipFun.Tests
open SipFun.Tests.Message

let private count = if Suite.long then 300_000 else 3_000

let private pieces =
    [|
        "sip:"
        "sips:a:b@[::1]:5061"
        ";transport=tcp"
        ";lr"
        "?a=b&c=%41"
        "%"
        "@"
        "<"
        ">"
        "\""
        "\\"
        ","
        ";branch=z9hG4bK1"
        ";rport"
        ";received=::1"
        "SIP/2.0/UDP a.b:5060"
        "tel:+1-2"
        "Digest realm=\"a\""
        ", nonce=\"b\""
        ", qop=\"auth,auth-int\""
        ", algorithm=SHA-256-sess"
        ", stale=TRUE"
        "\"A B\" <sip:a@b>;tag=c;q=0.5"
        " "
        "\r\n "
        "\000"
        "\195\164"
    |]
    |> Array.map Encoding.Latin1.GetBytes

let private some (random: Random) =
    Array.init (random.Next 8) (fun _ -> pieces[random.Next pieces.Length]) |> Array.concat

let private bytes (random: Random) = Array.init (random.Next 120) (fun _ -> byte (random.Next 256))

/// Random bytes are histories; messages are mutated; everything else is put together.
let private inputs name =
    let random = Random 11

    match name with
    | "script" -> Seq.init count (fun _ -> bytes random)
    | _ -> Seq.init count (fun _ -> some random)

let private runs name (target: byte[] -> unit) =
    testCase name
    <| fun () ->
        for input in inputs name do
            try
                target input
            with problem ->
                failtest $"{Convert.ToHexString input}: {problem.Message}"

let private mutants = [ "datagram"; "stream"; "framer" ]

let private mutated name (target: byte[] -> unit) =
    testCase $"{name}, mutated messages"
    <| fun () ->
        let check input =
            try
                target input
                1
            with problem ->
                failtest $"{Convert.ToHexString input}: {problem.Message}"

        Expect.equal (Mutation.run 12 count check) count "every mutant was tried"

let tests =
    testList "Fuzz" [
        for name, target in Targets.all do
            runs name target

            if List.contains name mutants then
                mutated name target
    ]
