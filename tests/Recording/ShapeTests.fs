// The shape of all that is written down, as text under review: whoever changes a type that a recording or a
// snapshot has in it raises Sealing.Version, so that no program misreads what another wrote.
module SipFun.Tests.Recording.ShapeTests

open System
open System.Collections.Generic
open System.IO
open Expecto
open Microsoft.FSharp.Reflection
open SipFun.Core
open SipFun.Tests

let private file = Path.Combine(__SOURCE_DIRECTORY__, "shape.txt")

let rec private name (one: Type) =
    match one.GetGenericArguments() with
    | [||] -> one.Name
    | parts ->
        let inner = parts |> Array.map name |> String.concat ", "
        $"{one.Name.Split('`')[0]}<{inner}>"

let private fields (properties: Reflection.PropertyInfo array) =
    properties
    |> Array.map (fun field -> $"{field.Name}: {name field.PropertyType}")
    |> String.concat "; "

let private isOurs (one: Type) = one.Assembly = typeof<Input>.Assembly

/// Its lines, and the types it is made of.
let private shape (one: Type) =
    if not (isOurs one) then
        [], one.GetGenericArguments() |> List.ofArray
    elif one.IsEnum then
        [ $"{one.Name} = " + String.Join(", ", Enum.GetNames one) ], []
    elif FSharpType.IsRecord(one, true) then
        let all = FSharpType.GetRecordFields(one, true)
        [ $"{name one} = {fields all}" ], [ for field in all -> field.PropertyType ]
    elif FSharpType.IsUnion(one, true) then
        let cases = FSharpType.GetUnionCases(one, true)

        [ for case in cases -> $"{name one}.{case.Name} = {fields (case.GetFields())}" ],
        [
            for case in cases do
                for field in case.GetFields() -> field.PropertyType
        ]
    else
        [ $"{one.Name}" ], []

let private text () =
    let seen = HashSet<Type>()
    let lines = SortedSet<string>(StringComparer.Ordinal)

    let rec walk (one: Type) =
        if seen.Add one then
            let said, parts = shape one
            said |> List.iter (lines.Add >> ignore)
            List.iter walk parts

    [ typeof<Settings>; typeof<Input>; typeof<Effect>; typeof<Snapshot> ] |> List.iter walk
    let all = Seq.append [ $"version {Sealing.Version}" ] lines
    String.Join("\n", all |> Seq.map _.TrimEnd()) + "\n"

let tests =
    testList "Shape" [
        testCase "what is written down has the shape of shape.txt"
        <| fun () ->
            if Suite.update then
                File.WriteAllText(file, text ())

            Expect.equal
                (text ())
                (File.ReadAllText(file).ReplaceLineEndings "\n")
                "a type has changed: raise Sealing.Version, if others may have recordings, and run with --update-api"
    ]
