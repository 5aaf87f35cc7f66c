// What the README shows is what there is: its program is the quickstart's, word for word.
module SipFun.Tests.ReadmeTests

open System.IO
open Expecto

let private root =
    let rec above (folder: DirectoryInfo | null) =
        match folder with
        | null -> failwith "SipFun.sln is in no folder above the tests"
        | folder when File.Exists(Path.Combine(folder.FullName, "SipFun.sln")) -> folder.FullName
        | folder -> above folder.Parent

    above (DirectoryInfo System.AppContext.BaseDirectory)

let private read (path: string) = File.ReadAllText(Path.Combine(root, path)).ReplaceLineEndings "\n"

let tests =
    testList "README" [
        testCase "it shows samples/Quickstart/Program.cs"
        <| fun () ->
            let program = (read "samples/Quickstart/Program.cs").TrimEnd()

            Expect.stringContains
                (read "README.md")
                ("```csharp\n" + program + "\n```")
                "word for word"

        testCase "docs/testing.md shows what samples/UserTests runs"
        <| fun () ->
            let lines (text: string) = text.Split('\n') |> Array.map _.Trim() |> String.concat "\n"
            let page = read "docs/testing.md"
            let start = page.IndexOf "await using var network"
            let shown = page.Substring(start, page.IndexOf("```", start) - start).TrimEnd()
            let program = lines (read "samples/UserTests/SnippetTests.cs")
            Expect.stringContains program (lines shown) "line for line"

        testCase "the program shown is under 80 lines"
        <| fun () ->
            let lines = (read "samples/Quickstart/Program.cs").Split('\n').Length
            Expect.isLessThan lines 80 "a page"
    ]
