// Values written and read back: nothing is lost, and no bytes at all are too much for a reader.
module SipFun.Tests.Recording.FormTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let private round (form: Form<'T>) value =
    let reader = ByteReader(Form.bytes form value)
    let read = form.Read reader
    read, reader.Fault, reader.Left

let private comes form value = round form value = (value, (null: string | null), 0)

/// Some bytes of a sealed value.
let private sealed' =
    Sealing.close (Form.list Form.text) [ "INVITE"; "b@b.test"; "" ]

let private opens (octets: byte array) =
    match Sealing.open' (Form.list Form.text) (ReadOnlyMemory octets) with
    | Ok texts -> Ok texts
    | Error why -> Error why

let tests =
    testList "Form" [
        testProperty "numbers come back" (comes Form.number)
        testProperty "words of 64 bits come back" (comes Form.unsigned)
        testProperty "texts come back, whatever stands in them" (fun (words: char array) ->
            comes Form.text (String words))
        testProperty "lists of pairs come back" (comes (Form.list (Form.pair Form.int Form.bool)))

        testCase "the largest and the least numbers come back"
        <| fun () ->
            for number in [ Int64.MinValue; Int64.MaxValue; 0L; -1L ] do
                Expect.isTrue (comes Form.number number) $"{number}"

        testCase "half a surrogate comes back"
        <| fun () -> Expect.isTrue (comes Form.text "a\ud800") "as it was"

        testProperty "any bytes are read to an end, without a throw" (fun (octets: byte array) ->
            let reader = ByteReader(ReadOnlyMemory octets)
            FrozenForms.frozen.Read reader |> ignore
            InputForms.input.Read(ByteReader(ReadOnlyMemory octets)) |> ignore
            isNull reader.Fault = isNull reader.Fault)

        testCase "what was sealed opens"
        <| fun () -> Expect.equal (opens sealed') (Ok [ "INVITE"; "b@b.test"; "" ]) "the same"

        testCase "what was cut off anywhere is known for it"
        <| fun () ->
            for length in 0 .. sealed'.Length - 1 do
                Expect.isError (opens (Array.truncate length sealed')) $"{length} bytes"

        testCase "one bit changed anywhere is known"
        <| fun () ->
            for bit in 0 .. 8 * sealed'.Length - 1 do
                let changed = Array.copy sealed'
                changed[bit / 8] <- changed[bit / 8] ^^^ (1uy <<< (bit % 8))
                Expect.isError (opens changed) $"bit {bit}"

        testCase "another version is named"
        <| fun () ->
            let writer = ByteWriter()
            writer.Case(Sealing.Version + 1)

            let body = writer.Written.ToArray()

            let check =
                SipHash.ofBytes (struct (0x53495046756eUL, 0x5365616cUL)) (ReadOnlySpan body)

            let octets = Array.append body (BitConverter.GetBytes check)

            match opens octets with
            | Error why -> Expect.stringContains why "version" "says so"
            | Ok _ -> failtest "it opened"
    ]
