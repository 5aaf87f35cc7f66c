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

let private everybody =
    set [ SipRole.Parser; SipRole.UserAgent; SipRole.Proxy; SipRole.Registrar ]

/// Who looks at which field, one table beside the code's lists.
let private lookedAt = [
    everybody, "Route Record-Route Proxy-Authorization Proxy-Require"
    Set.remove SipRole.Proxy everybody, "Contact Require Path"
    set [ SipRole.Parser; SipRole.UserAgent ],
    "Allow Authorization Content-Disposition Content-Encoding Content-Type Event RAck Refer-To \
     Replaces RSeq Service-Route Subscription-State Supported Unsupported"
    set [ SipRole.UserAgent ],
    "Min-SE Proxy-Authenticate Retry-After Session-Expires WWW-Authenticate"
    Set.empty, "Date Expires Subject Organization Warning Reason"
]

let private fields =
    testList "who refuses a malformed" [
        for roles, names in lookedAt do
            for name in names.Split ' ' do
                testCase name
                <| fun () ->
                    for role in everybody do
                        let isRefused = count role $"{name}: \"" > 0
                        Expect.equal isRefused (roles.Contains role) (string role)
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

let tests = testList "Validation" [ roles; fields; source ]
