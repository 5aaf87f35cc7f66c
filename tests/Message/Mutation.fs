// Mutations of good and bad messages from a fixed seed: a fuzzer for the normal test run.
module SipFun.Tests.Message.Mutation

open System
open System.Text
open FsCheck.FSharp

let private words =
    [|
        "\r\n"
        "\r\n "
        ";"
        ","
        ":"
        "\""
        "\\"
        "<"
        ">"
        "@"
        "%00"
        "%"
        "="
        "[::1]"
        "SIP/2.0"
        "sip:"
        "tel:"
        "Via: SIP/2.0/UDP a\r\n"
        "l: 0\r\n"
        "Content-Length: 4294967296\r\n"
        "\000"
        "99999999999999999999"
        "("
        "*"
        "z9hG4bK"
        ";tag=x"
        ";branch="
        ";rport"
        ";received=[::1]"
        "Contact: *\r\n"
        "\xff"
        "\r\n\r\n"
        "?a=b"
    |]
    |> Array.map Encoding.Latin1.GetBytes

let private seeds =
    lazy
        [|
            for _, packet in Corpus.rfc4475.Value -> packet
            for _, packet in Corpus.folder "rfc5118/crlf-length-fixed" "*" -> packet
            for draft in Gen.sample 100 Generators.draft -> Generators.write draft
        |]

let private splice (packet: byte[]) at removed (insert: byte[]) =
    Array.concat [ packet[.. at - 1]; insert; packet[min packet.Length (at + removed) ..] ]

let private mutate (random: Random) (packet: byte[]) =
    let at = random.Next(packet.Length + 1)
    let other = seeds.Value[random.Next seeds.Value.Length]

    match random.Next 6 with
    | 0 -> splice packet at 1 [| byte (random.Next 256) |]
    | 1 -> splice packet at 0 words[random.Next words.Length]
    | 2 -> splice packet at (random.Next 20) Array.empty
    | 3 -> splice packet at (random.Next 5) words[random.Next words.Length]
    | 4 ->
        let from = random.Next(packet.Length + 1)
        splice packet at 0 packet[from .. from + random.Next 60 - 1 |> min (packet.Length - 1)]
    | _ ->
        let from = random.Next other.Length
        splice packet at 0 other[from .. min (other.Length - 1) (from + random.Next 80)]

/// Sums what `check` gives for that many mutants.
let run seed count (check: byte[] -> int) =
    let random = Random seed
    let mutable sum = 0

    for _ in 1..count do
        let mutable packet = seeds.Value[random.Next seeds.Value.Length]

        for _ in 0 .. random.Next 4 do
            packet <- mutate random packet

        sum <- sum + check packet

    sum
