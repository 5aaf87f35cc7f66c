// V-02 and RFC 4475's registrar column: whatever comes, a definite answer and no exception.
module SipFun.Tests.Registrar.HostileTests

open System
open Expecto
open SipFun
open SipFun.Core
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

let tests =
    testList "Hostile" [
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
