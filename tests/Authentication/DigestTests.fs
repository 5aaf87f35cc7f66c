// The arithmetic of digest authentication against the examples of the RFCs and of FIPS 180-4.
module SipFun.Tests.Authentication.DigestTests

open System
open System.Text
open Expecto
open SipFun
open SipFun.Core

let private ascii (text: string) = Encoding.ASCII.GetBytes text

let private sha (text: string) = Digest.hash DigestAlgorithm.Sha512T256 (ReadOnlySpan(ascii text))

let private hashes = [
    "", "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a"
    "abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"
]

/// Of so many times "a": around the edges of blocks (computed with another implementation).
let private lengths = [
    111, "0239e429f98d0ed61ee8e2a7c30afe98c1c3a80ce5dff62a107e9c538f7632ce"
    112, "9216b5303edb66504570bee90e48ea5beaa5e9fe9f760bbd3e0460559fc005f6"
    127, "2fe3b2a6ee7e12f6fe4ba82166541ad9b4ed882c493581cbe300d68f3757b778"
    128, "b88f97e274f9c1d49f181c8cbd01a9c74930ad055a46ac4499a1d601f1c80bf2"
    1000, "40eb4a70d4d69815407a9e272f0101cd67e3d11262a4a0bfc087712749c7fb53"
]

let private challenge text =
    let response =
        $"SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nWWW-Authenticate: {text}\r\nContent-Length: 0\r\n\r\n"
        |> ascii
        |> ReadOnlyMemory
        |> SipMessage.Parse

    (Digest.challenge false (response :?> SipResponse).WwwAuthenticate[0])

let private answerTo text user password clientNonce method uri =
    let challenge = (challenge text).Value
    let secret = Digest.secret challenge.Algorithm user challenge.Realm password

    Digest.response
        challenge
        { Count = "00000001"; ClientNonce = clientNonce }
        secret
        method
        uri
        ReadOnlySpan.Empty

let private of7616 algorithm =
    answerTo
        $"Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
        "Mufasa"
        "Circle of Life"
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
        "GET"
        "/dir/index.html"

let tests =
    testList "Digest" [
        testCase "SHA-512/256 of FIPS 180-4's examples, and around its blocks"
        <| fun () ->
            for text, expected in hashes do
                Expect.equal (sha text) expected text

            for length, expected in lengths do
                Expect.equal (sha (String('a', length))) expected $"{length} bytes"

        testCase "P-38: RFC 2617, 3.5"
        <| fun () ->
            let answer =
                answerTo
                    "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""
                    "Mufasa"
                    "Circle Of Life"
                    "0a4f113b"
                    "GET"
                    "/dir/index.html"

            Expect.equal answer "6629fae49393a05397450978507c4ef1" "the RFC's"

        testCase "P-38: RFC 7616, 3.9.1"
        <| fun () ->
            Expect.equal (of7616 "MD5") "8ca523f5e9506fed4657c9700eebdbec" "MD5"

            Expect.equal
                (of7616 "SHA-256")
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
                "SHA-256"

        testCase
            "P-38: RFC 7616, 3.9.2, with the hash of FIPS 180-4 (the RFC's own figure is another hash's)"
        <| fun () ->
            let answer =
                answerTo
                    "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\""
                    "J\u00e4s\u00f8n Doe"
                    "Secret, or not?"
                    "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"
                    "GET"
                    "/doe.json"

            Expect.equal
                answer
                "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
                "SHA-512/256, UTF-8"

        testCase "the session form and auth-int change the answer"
        <| fun () ->
            let answer extra =
                answerTo $"Digest realm=\"r\", nonce=\"n\", {extra}" "u" "p" "c" "OPTIONS" "sip:b@b"

            [ "algorithm=MD5"; "algorithm=MD5-sess"; "qop=\"auth\""; "qop=\"auth-int\"" ]
            |> List.map answer
            |> List.distinct
            |> fun answers -> Expect.equal answers.Length 4 "each its own"

        testCase "a challenge that we do not understand is none"
        <| fun () ->
            for text in
                [
                    "Basic realm=\"r\""
                    "Digest realm=\"r\""
                    "Digest nonce=\"n\""
                    "Digest realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5"
                    "Digest realm=\"r\", nonce=\"n\", qop=\"auth-conf\""
                ] do
                Expect.isTrue (challenge text).IsNone text

        testCase "T19: the count is sent as it was hashed"
        <| fun () ->
            let challenge = (challenge "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"").Value
            let use' = { Count = Digest.count 0x1fu; ClientNonce = "c" }

            let value =
                Digest.credentials challenge use' "u" "s" "OPTIONS" "sip:b" ReadOnlySpan.Empty

            Expect.stringContains value "nc=0000001f" "eight digits"

        testCase "quotes in names are escaped, and the value can be read back"
        <| fun () ->
            let challenge = (challenge "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"").Value
            let use' = { Count = "00000001"; ClientNonce = "c" }

            let value =
                Digest.credentials
                    challenge
                    use'
                    "a \"b\" \\c"
                    "s"
                    "OPTIONS"
                    "sip:b"
                    ReadOnlySpan.Empty

            Expect.stringContains value "username=\"a \\\"b\\\" \\\\c\"" "escaped"
    ]
