// P-01, typed: every typed value written as text and read again says the same.
module SipFun.Tests.Message.RoundTripTests

open System
open System.Collections
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core

let private parameters (items: seq<SipParameter>) = items |> Seq.map string |> String.concat ", "

/// A typed value as header lines; none when it is absent.
let private lines (value: obj | null) : string list =
    match value with
    | null -> []
    | :? string as text -> [ text ]
    | :? DateTimeOffset as date -> [ date.ToString "R" ]
    | :? TimestampValue as it ->
        let delay = if it.Delay.HasValue then $" {it.Delay}" else ""
        [ $"{it.Sent}{delay}" ]
    | :? seq<SipParameter> as items -> if Seq.isEmpty items then [] else [ parameters items ]
    | :? seq<AuthenticationValue> as items -> [
        for item in items -> $"{item.Scheme} {parameters item.Parameters}"
      ]
    | :? IEnumerable as items ->
        match [ for item in items -> string item ] with
        | [] -> []
        | texts -> [ String.concat ", " texts ]
    | other -> [ string other ]

/// The typed properties that show one header field, with its name.
let private properties = [
    for property in typeof<TypedFields>.GetProperties() do
        let named (name: string) =
            match typeof<HeaderFields>.GetProperty name with
            | null -> []
            | shown ->
                match shown.GetValue null with
                | :? HeaderField as field -> [ property, field.Name ]
                | _ -> []

        if property.DeclaringType = typeof<TypedFields> then
            match named property.Name with
            | [] -> yield! named (property.Name.TrimEnd 's')
            | found -> yield! found
]

/// The message with every typed field written anew from its value.
let private rewritten (message: SipMessage) =
    let write (message: SipMessage) (name: string, value: obj | null) =
        let bare = if name = "Via" then message else message.WithoutHeader name
        let text = lines value

        if name = "Via" then
            message.WithHeader("Via", List.head text)
        else
            List.fold (fun (m: SipMessage) line -> m.WithAddedHeader(name, line)) bare text

    properties
    |> List.map (fun (property, name) -> name, property.GetValue message)
    |> List.fold write message

let private sameTwice message =
    let meaning = Meaning.ofMessage message
    let again = rewritten message
    let read = Corpus.parse (again.Bytes.ToArray()) |> Result.map Meaning.ofMessage

    if read <> Ok meaning then
        failtestf "%O\nbecame\n%O" message again

    true

let tests =
    testList "P-01: typed values, written and read again" [
        testCase "all typed fields have a property here"
        <| fun () ->
            let named = properties |> List.map snd |> List.distinct
            let typed = Meaning.fields |> List.map _.Name
            Expect.isEmpty (List.except named typed) "none is forgotten"

        testPropertyWithConfig Generators.config "whole messages"
        <| fun (draft: Generators.Draft) ->
            match Corpus.parse (Generators.write draft) with
            | Ok message -> sameTwice message
            | Error error -> failtestf "%O" error

        testCase "each field by itself"
        <| fun () ->
            for id in Generators.optional do
                for value in Gen.sample 20 (Generators.field id) do
                    let invite = Corpus.request Corpus.invite
                    sameTwice (invite.WithHeader(HeaderName.text id, value)) |> ignore
    ]
