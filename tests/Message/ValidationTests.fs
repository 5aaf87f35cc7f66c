module SipFun.Tests.Message.ValidationTests

open System.IO
open Expecto
open SipFun

let private count (role: SipRole) lines = ((Corpus.withLines lines).Validate role).Count

let private roles =
    testList "Validate" [
        for role, lines in
            [
                SipRole.UserAgent, "WWW-Authenticate: Digest a=1 b=2"
                SipRole.UserAgent, "Proxy-Authenticate: Digest a=1,"
                SipRole.UserAgent, "Retry-After: soon"
                SipRole.Proxy, "Proxy-Authorization: Digest a=1 b=2"
                SipRole.Registrar, "Proxy-Authorization: Digest a=1 b=2"
            ] do
            testCase $"{role}: {lines}" <| fun () -> Expect.equal (count role lines) 1 "a fault"

        testCase "a proxy forwards what it need not understand (16.3)"
        <| fun () -> Expect.equal (count SipRole.Proxy "Retry-After: soon") 0 "no fault"
    ]

/// V-03: no memory access by hand anywhere in the core.
let private source =
    testCase "V-03: src/Core is without unsafe, NativePtr and stackalloc"
    <| fun () ->
        let root = Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "src", "Core")
        let files = Directory.GetFiles(root, "*.fs", SearchOption.AllDirectories)
        Expect.isGreaterThan files.Length 50 "the sources"

        for file in files do
            let text = File.ReadAllText file

            for word in [ "NativePtr"; "nativeptr"; "stackalloc"; "unsafe" ] do
                Expect.isFalse (text.Contains word) $"{word} in {file}"

let tests = testList "Validation" [ roles; source ]
