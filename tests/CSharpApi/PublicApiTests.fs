module SipFun.Tests.CSharpApi.PublicApiTests

open System
open System.IO
open System.Text.RegularExpressions
open Expecto
open SipFun
open SipFun.Tests

let private file = Path.Combine(__SOURCE_DIRECTORY__, "PublicApi.txt")

/// Opaque: a caller passes it on, and can do nothing else with it.
let private tokens = [ "FieldLines" ]

let private isForeign (one: Type) =
    one.Assembly.GetName().Name = "FSharp.Core"
    || (one.Namespace = "SipFun.Core" && not (List.contains one.Name tokens))

let private docs (assembly: Reflection.Assembly) =
    File.ReadAllText(assembly.Location.Replace(".dll", ".xml"))

let tests =
    testList "Public API" [
        testCase "it is what PublicApi.txt says"
        <| fun () ->
            let now = PublicApi.text ()

            if Suite.update then
                File.WriteAllText(file, now)

            let kept = File.ReadAllText(file).ReplaceLineEndings "\n"

            Expect.equal
                now
                kept
                "the public API has changed: if that is meant, run the tests with --update-api"

        testCase "no F# type and nothing of the core is in any signature"
        <| fun () ->
            let foreign = [
                for one in PublicApi.types do
                    for found in PublicApi.members one do
                        for part in List.collect PublicApi.parts (PublicApi.signature found) do
                            if isForeign part then
                                $"{one.Name}.{found.Name}: {part.Name}"
            ]

            Expect.equal foreign [] "a C# caller would meet F#"

        testCase "C# is not told that a class of ours may be null"
        <| fun () ->
            // F# writes Nullable(2) on a type for AllowNullLiteral, even if that is false; C# then
            // warns at every use of what a generic base class gives back.
            for one in PublicApi.types do
                for attribute in one.CustomAttributes do
                    if attribute.AttributeType.Name = "NullableAttribute" then
                        let flags = string attribute
                        Expect.isFalse (flags.Contains "(Byte)2" && one.IsClass) $"{one}: {flags}"

        testCase "every type and member of the facade is documented"
        <| fun () ->
            for face in PublicApi.faces do
                let documented = docs face

                for one in PublicApi.types do
                    if one.Assembly = face then
                        let name = (string one.FullName).Replace('+', '.')
                        Expect.stringContains documented $"name=\"T:{name}\"" "documented"

        testCase "counters have stable names in snake case"
        <| House.inRealTime (fun dispatcher _ ->
            for name in dispatcher.Counters.Keys do
                Expect.isTrue (Regex.IsMatch(name, "^[a-z0-9]+(_[a-z0-9]+)*$")) name

            for name in [ "foreign_response"; "malformed"; "keep_alive"; "malformed_call_id" ] do
                Expect.isTrue (dispatcher.Counters.ContainsKey name) name)
    ]
