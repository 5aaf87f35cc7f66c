module SipFun.Tests.Message.GrammarTests

open System
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

        for name, low, high, letters in sets do
            testCase $"a run of {name} ends at the first byte outside the set, wherever that is"
            <| fun () ->
                for length in 1..40 do
                    for stranger in 0..length do
                        let inside = Array.init length (fun i -> byte letters[i % letters.Length])

                        for c in 0uy .. 255uy do
                            if stranger < length then
                                inside[stranger] <- c

                            let isStranger = stranger < length && not (Grammar.isIn low high c)
                            let wanted = if isStranger then stranger else length
                            let found = Grammar.run low high (ReadOnlySpan<byte> inside) 0 length

                            if found <> wanted then
                                failtest $"{found} instead of {wanted} for {c} of {length}"

        testCase "a run ends where it is told to at the latest, however long the set goes on"
        <| fun () ->
            let octets = Array.create 100 97uy

            for at in 0..100 do
                for stop in at..100 do
                    let s = ReadOnlySpan<byte> octets
                    let found = Grammar.run Grammar.TokenLow Grammar.TokenHigh s at stop
                    Expect.equal found stop $"from {at}"

        testCase "the first byte of a kind is found where it is, before the stop only"
        <| fun () ->
            for there in 0..99 do
                let octets = Array.init 100 (fun i -> if i = there || i = 99 then 62uy else 97uy)

                for at in 0..99 do
                    for stop in at..100 do
                        let found = Grammar.indexOf 62uy (ReadOnlySpan<byte> octets) at stop
                        let first = if at <= there then there else 99
                        let wanted = if first < stop then first else -1
                        Expect.equal found wanted $"{there}: {at} to {stop}"

        testCase "a name in a message is found in any case, and with no other letter (7.3.3)"
        <| fun () ->
            for id in HeaderName.all do
                let name = HeaderName.text id
                let padded = Octets.ofText (name + ": a value that is long enough")
                let identify () = HeaderName.identify (ReadOnlySpan<byte> padded) 0 name.Length
                Expect.equal (identify ()) id name

                for i in 0 .. name.Length - 1 do
                    let letter = padded[i]

                    for c in 0uy .. 255uy do
                        padded[i] <- c
                        let seen = Text.Encoding.Latin1.GetString(padded, 0, name.Length)

                        if not (String.Equals(seen, name, StringComparison.OrdinalIgnoreCase)) then
                            Expect.notEqual (identify ()) id $"byte {c} in {name}"

                    padded[i] <- letter

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
