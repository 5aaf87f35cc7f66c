// What is read many bytes at once is what is read byte by byte.
module SipFun.Tests.Message.GlanceTests

open System
open System.Text
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core

let private hostEnd (text: string) length =
    HostScan.host (ReadOnlySpan<byte>(Encoding.ASCII.GetBytes text)) 0 length

/// Alone a host ends where the bytes end, and is looked at byte by byte; not so with more behind
/// it.
let private sameHost (host: string) =
    hostEnd host host.Length = hostEnd (host + String(' ', 40)) host.Length

let private pieces = [
    "0"
    "9"
    "25"
    "255"
    "256"
    "260"
    "300"
    "1"
    "192"
    "099"
    "1000"
    "a"
    "b-c"
    "-"
    "."
    ".."
    "_"
    "example"
]

let private hosts =
    testList "HostGlance" [
        testCase "all numbers from 0 to 1000 in each of the four places"
        <| fun () ->
            for number in 0..1000 do
                for place in 0..3 do
                    let parts = [ for i in 0..3 -> if i = place then string number else "7" ]
                    let host = String.Join('.', parts)
                    let isGood = hostEnd (host + String(' ', 40)) host.Length > 0
                    Expect.equal isGood (number <= 255) host
                    Expect.isTrue (sameHost host) host

        testPropertyWithConfig Generators.config "names and addresses, right and wrong"
        <| fun (choices: byte list) (dots: bool) ->
            let chosen = [ for c in choices -> pieces[int c % pieces.Length] ]
            let host = String.Join((if dots then "." else ""), chosen)
            let host = host.Substring(0, min 32 host.Length)
            host = "" || sameHost host
    ]

/// The positions of all lines.
let private places (packet: byte[]) =
    let mutable fault = Fault()

    match Indexer.lines ParseLimits.Default (ReadOnlySpan<byte> packet) &fault with
    | null -> None
    | index ->
        Some [
            for i in 0 .. index.Count - 1 do
                let line = index.Lines[i]
                (line.Id, line.Start, line.NameEnd), (line.ValueStart, line.ValueEnd)
        ]

let private isPlain (packet: byte[]) =
    let mutable fault = Fault()

    match Indexer.lines ParseLimits.Default (ReadOnlySpan<byte> packet) &fault with
    | null -> false
    | index -> index.IsPlain

let private ends =
    testList "LineEnds" [
        testPropertyWithConfig Generators.config "lines are where they are with a NUL among them"
        <| fun (draft: Generators.Draft) ->
            let subject letter = "Subject", $"\"\\{letter}\""

            let packet letter =
                Generators.write { draft with Lines = draft.Lines @ [ subject letter ] }

            let plain, other = packet "a", packet "\000"
            isPlain plain && not (isPlain other) && places plain = places other

        testCase "a section that ends at any place in its 64 bytes"
        <| fun () ->
            for length in 0..200 do
                let text =
                    $"OPTIONS sip:a SIP/2.0\r\nZ: {String('x', length)}\r\nW: 1\r\n fold\r\n\r\nbody"

                let packet = Encoding.ASCII.GetBytes text
                let stop = text.IndexOf("\r\nW")

                Expect.equal
                    (places packet)
                    (Some [
                        (HeaderId.Unknown, 23, 24), (26, stop)
                        (HeaderId.Unknown, stop + 2, stop + 3), (stop + 5, stop + 13)
                    ])
                    $"{length}"

                Expect.equal (isPlain packet) (packet.Length >= 64) $"{length}"

        testCase "a start line that ends at any place in its 64 bytes"
        <| fun () ->
            for length in 1..200 do
                let text =
                    $"OPTIONS sip:{String('a', length)} SIP/2.0\r\nW: {String('x', 40)}\r\n\r\n"

                let start = text.IndexOf "W"

                Expect.equal
                    (places (Encoding.ASCII.GetBytes text))
                    (Some [ (HeaderId.Unknown, start, start + 1), (start + 3, start + 43) ])
                    $"{length}"

        testCase "a stray CR, LF or NUL at any place of the section is seen; in the body it is none"
        <| fun () ->
            let text =
                $"OPTIONS sip:a SIP/2.0\r\nZ: {String('x', 150)}\r\n\r\n{String('b', 70)}"

            let body = text.IndexOf "\r\n\r\n" + 4

            for at in 0 .. text.Length - 1 do
                for stray in "\r\n\000" do
                    let packet = Encoding.ASCII.GetBytes text
                    packet[at] <- byte stray
                    let isSame = text[at] = stray
                    Expect.equal (isPlain packet) (at >= body || isSame) $"{int stray} at {at}"
    ]

let private words =
    testList "ParameterNames.word" [
        testCase "the same at the end of the bytes as before others, and blind for case"
        <| fun () ->
            for name in [ "a"; "lr"; "tag"; "rport"; "branch"; "received"; "+sip.instance" ] do
                let word (text: string) =
                    let octets = ReadOnlySpan<byte>(Encoding.ASCII.GetBytes text)
                    ParameterNames.word octets 0 name.Length

                Expect.equal (word name) (word (name + ";others=behind")) name
                Expect.equal (word name) (word (name.ToUpperInvariant())) name

        testCase "the usual names of one field share no bit: nothing is looked at twice"
        <| fun () ->
            for names in
                [
                    [ "branch"; "rport"; "received"; "ttl"; "maddr"; "alias"; "keep"; "comp" ]
                    [ "transport"; "lr"; "maddr"; "ttl"; "user"; "method"; "ob"; "comp"; "gr" ]
                    [ "tag"; "q"; "expires"; "+sip.instance"; "reg-id"; "methods"; "audio" ]
                ] do
                let mutable seen = NamesSeen()

                for name in names do
                    let octets = ReadOnlySpan<byte>(Encoding.ASCII.GetBytes name)
                    seen.Add(ParameterNames.word octets 0 name.Length)

                Expect.isFalse seen.IsDoubtful $"%A{names}"
    ]

let tests = testList "Glance" [ hosts; ends; words ]
