module SipFun.Tests.Message.GrammarTests

open Expecto
open SipFun.Core

let private alphanum =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

let private unreserved = alphanum + "-_.!~*'()"

/// The sets of RFC 3261, 25.1, spelled out.
let private sets = [
    "token", Grammar.TokenLow, Grammar.TokenHigh, alphanum + "-.!%*_+`'~"
    "host", Grammar.HostLow, Grammar.HostHigh, alphanum + "-._"
    "IPv6", Grammar.Ipv6Low, Grammar.Ipv6High, "0123456789abcdefABCDEF:."
    "user", Grammar.UserLow, Grammar.UserHigh, unreserved + "&=+$,;?/%#"
    "password", Grammar.PasswordLow, Grammar.PasswordHigh, unreserved + "&=+$,%"
    "uri-parameter", Grammar.UriParameterLow, Grammar.UriParameterHigh, unreserved + "[]/:&+$%"
    "header", Grammar.UriHeaderLow, Grammar.UriHeaderHigh, unreserved + "[]/?:+$%"
    "word", Grammar.WordLow, Grammar.WordHigh, alphanum + "-.!%*_+`'~()<>:\\\"/[]?{}"
    "scheme", Grammar.SchemeLow, Grammar.SchemeHigh, alphanum + "+-."
]

let tests =
    testList "Grammar" [
        for name, low, high, letters in sets do
            testCase $"the set of {name} (RFC 3261, 25.1)"
            <| fun () ->
                for c in 0uy .. 255uy do
                    let wanted = c < 128uy && letters.Contains(char c)
                    Expect.equal (Grammar.isIn low high c) wanted $"byte {c}"

        testCase
            "every name of a header field is found in any case, and by its compact form (7.3.3)"
        <| fun () ->
            for id in HeaderName.all do
                let name = HeaderName.text id
                let forms = [ name; name.ToUpperInvariant(); name.ToLowerInvariant() ]

                for form in forms @ [ HeaderName.compactForm id ] do
                    if form <> "" then
                        Expect.equal (HeaderName.ofText form) id form
    ]
