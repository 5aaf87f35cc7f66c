// V-02 and RFC 4475's registrar column: whatever comes, a definite answer and no exception.
module SipFun.Tests.Registrar.HostileTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Message
open SipFun.Tests.Registrar.Desk

/// What a registrar and the dispatcher around it answer to some bytes, and the desk after it.
let private element (packet: byte[]) desk =
    match Corpus.parse packet with
    | Ok(:? SipRequest as request) when request.Method = SipMethod.Register ->
        let struct (response, _, desk) = take request desk
        struct (ValueSome response.StatusCode, desk)
    | Ok(:? SipRequest as request) when not request.Method.IsKnown -> struct (ValueSome 501, desk)
    | Ok _ -> struct (ValueNone, desk)
    | Error error ->
        match Refusal.tryRead (ReadOnlyMemory<byte> packet) with
        | ValueNone -> struct (ValueNone, desk)
        | ValueSome _ -> struct (ValueSome error.SuggestedStatus, desk)

let private torturous =
    at {
        settings with
            Domains = set [ "example.com"; "registrar.example.com" ]
    }

let private listed (request: SipRequest) desk =
    let query = request.WithoutHeader("Contact").WithHeader("Call-ID", "later")
    let struct (response, _, _) = take query desk
    contacts response

let private torture =
    testList "RFC 4475, registrar" [
        for row in Corpus.table "rfc4475/expected.tsv" do
            if row[1] <> "(in the archive, not in the text)" then
                testCase $"{row[0]} ({row[1]}): {row[8]}"
                <| fun () ->
                    let packet = dict Corpus.rfc4475.Value
                    let struct (status, _) = element packet[row[0]] torturous

                    if row[8] <> "-" then
                        Expect.equal (string status.Value) (row[8].Substring(0, 3)) row[8]

        testCase "what is found of them later"
        <| fun () ->
            let packets = dict Corpus.rfc4475.Value

            let found name =
                match Corpus.parse packets[name] with
                | Ok(:? SipRequest as request) ->
                    let struct (_, desk) = element packets[name] torturous
                    listed request desk
                | _ -> failwith name

            let plain = "<sip:+19725552222@gw1.example.net>;unknownparam;expires=3600"
            Expect.equal (found "cparam01.dat") [ plain ] "of the Contact"
            let inside = "<sip:+19725552222@gw1.example.net;unknownparam>;expires=3600"
            Expect.equal (found "cparam02.dat") [ inside ] "of the URI"
            let route = "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>;expires=3600"
            Expect.equal (found "regescrt.dat") [ route ] "with its Route"
            Expect.equal (found "escnull.dat").Length 2 "two different bindings"
    ]

let private register = [
    yield! List.truncate 7 (lines bob)
    "Contact: <sip:bob@192.0.2.1>;expires=60"
    "Expires: 60"
    "Supported: path, outbound, gruu"
]

let private names = [ "Via"; "From"; "To"; "Call-ID"; "CSeq"; "Max-Forwards"; "Contact"; "Expires" ]

let private ruined mask : string list list =
    let isChosen (line: string) =
        names
        |> List.indexed
        |> List.exists (fun (i, name) -> mask >>> i &&& 1 = 1 && line.StartsWith(name + ":"))

    let name (line: string) = line.Substring(0, line.IndexOf ':' + 1)

    let emptied =
        register |> List.map (fun line -> if isChosen line then name line else line)

    let doubled =
        register |> List.collect (fun line -> if isChosen line then [ line; line ] else [ line ])

    [
        List.filter (isChosen >> not) register
        emptied
        doubled
        List.filter (isChosen >> not) register @ List.filter isChosen register
    ]

let private isDefinite (status: int voption) =
    match status with
    | ValueNone -> true
    | ValueSome status -> status = 200 || (status >= 400 && status < 500)

let private pick (random: Random) (from: 'T array) = from[random.Next from.Length]

/// A REGISTER, or a query, as somebody may make it up for a victim's address.
let private madeUp (random: Random) index =
    let contacts = [
        for _ in 1 .. random.Next 7 ->
            let length = pick random [| 0; 20; 400 |]

            let more =
                pick random [| ""; ";q=0.5"; ";expires=70"; ";+sip.instance=\"<urn:x>\"" |]

            $"Contact: <sip:{String('a', length)}{random.Next 9}@192.0.2.9>{more}"
    ]

    {
        from $"call-{index}" (1 + random.Next 3) [
            yield! if random.Next 3 = 0 then [] else contacts
            if random.Next 3 = 0 then
                "Supported: path, gruu, outbound"
            if random.Next 8 = 0 then
                "Require: a, b, c, d"
            if random.Next 8 = 0 then
                $"Path: <sip:{String('p', random.Next 200)}.test;lr>"
        ] with
            To = pick random [| bob.To; "sip:carol@example.test"; "sip:x@far.test" |]
    }

let private amplification =
    let count = if Suite.long then 100_000 else 5_000

    testCase $"V-08: of {count} requests none makes more than 3 times its bytes for a forged source"
    <| fun () ->
        let random = Random 8
        let source = { source 0L with Transport = Transport.Udp }
        let mutable desk = { start with Source = source }
        let mutable most = 0.0
        let mutable accepted = 0

        for index in 1..count do
            let request = request (madeUp random index)
            let struct (response, _, after) = take request desk
            // Bindings run out now and then, so that there is room for others.
            desk <- later (random.Next 20) after
            most <- max most (float response.Bytes.Length / float request.Bytes.Length)

            if response.StatusCode = 200 then
                accepted <- accepted + 1

        Expect.isLessThanOrEqual most 3.0 "three times"
        Expect.isGreaterThan most 1.5 "and it answers at length"
        Expect.isGreaterThan accepted (count / 10) "many are taken"

let tests =
    testList "Hostile" [
        amplification
        torture

        testCase "V-02: every subset of the fields removed, doubled, emptied, put last"
        <| fun () ->
            for mask in 0 .. (1 <<< names.Length) - 1 do
                for lines in ruined mask do
                    let text = String.Join("\r\n", lines @ [ ""; "" ])
                    let struct (status, _) = element (Octets.ofText text) start
                    Expect.isTrue (isDefinite status) $"{status}: {text}"

        testCase "each byte of a REGISTER changed: a definite answer, and nothing thrown"
        <| fun () ->
            let text = String.Join("\r\n", register @ [ ""; "" ])
            let packet = Octets.ofText text

            for at in 0 .. packet.Length - 1 do
                for value in
                    [ 0uy; 1uy; 10uy; 32uy; 34uy; 42uy; 44uy; 59uy; 60uy; 62uy; 92uy; 255uy ] do
                    let changed = Array.copy packet
                    changed[at] <- value
                    let struct (status, _) = element changed start
                    Expect.isTrue (status.IsNone || status.Value <> 500) $"{at}, {value}"
    ]
