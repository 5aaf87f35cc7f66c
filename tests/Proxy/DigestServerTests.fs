// Who is believed and who is asked again (RFC 3261, 22; RFC 7616; RFC 8760; P-38, V-02, V-10).
module SipFun.Tests.Proxy.DigestServerTests

open System
open Expecto
open FsCheck.FSharp
open SipFun
open SipFun.Core
open SipFun.Tests.Proxy.DigestRig

let private message = request SipMethod.Message

let private first = answered settings 0L<ms> here message DigestServer.start

let private verdict result =
    let struct (_, verdict) = result
    verdict

let private judged settings now address request state =
    verdict (judge settings now address request state)

/// Whether the refusal says that the nonce, and not the password, is wrong.
let private isStale verdict =
    let struct (_, _, fields) = refusal verdict

    not fields.IsEmpty
    && List.forall (fun struct (_, value: string) -> value.Contains "stale=true") fields

let private vector (user: string) realm password algorithm (fields: string) method body =
    let request =
        SipRequest
            .Create(
                SipMethod.Parse method,
                SipUri.Parse "sip:example.org",
                NameAddr.Parse "<sip:a@example.org>;tag=1",
                NameAddr.Parse "<sip:b@example.org>",
                CallId.Parse "1",
                1u
            )
            .WithHeader("Authorization", fields)
            .WithBody("text/plain", body)

    let claim = (DigestClaim.read false realm request.Authorization[0]).Value
    DigestClaim.isTrue (Digest.secret algorithm user realm password) request claim

let private of2617 =
    "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""

let private of7616 algorithm response =
    $"Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", algorithm={algorithm}, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"{response}\""

/// Computed with another implementation: RFC 8760 has no example of its own.
let private of8760 algorithm qop response =
    $"Digest username=\"alice\", realm=\"home.test\", uri=\"sip:bob@home.test\", algorithm={algorithm}, nonce=\"n0nce\", nc=0000000A, cnonce=\"c0\", qop={qop}, response=\"{response}\""

let private vectors = [
    testCase "P-38: RFC 2617, 3.5 is believed"
    <| fun () ->
        vector
            "Mufasa"
            "testrealm@host.com"
            "Circle Of Life"
            DigestAlgorithm.Md5
            of2617
            "GET"
            ReadOnlyMemory.Empty
        |> Flip.Expect.isTrue "the RFC's"

    testCase "P-38: RFC 7616, 3.9.1 is believed"
    <| fun () ->
        let believed algorithm name response =
            vector
                "Mufasa"
                "http-auth@example.org"
                "Circle of Life"
                algorithm
                (of7616 name response)
                "GET"
                ReadOnlyMemory.Empty

        Expect.isTrue (believed DigestAlgorithm.Md5 "MD5" "8ca523f5e9506fed4657c9700eebdbec") "MD5"

        Expect.isTrue
            (believed
                DigestAlgorithm.Sha256
                "SHA-256"
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")
            "SHA-256"

    testCase "P-38: RFC 8760's hashes over SIP, with a body and a count in capitals"
    <| fun () ->
        for algorithm, name, qop, response in DigestVectors.sip do
            vector
                "alice"
                "home.test"
                "secret"
                algorithm
                (of8760 name qop response)
                "MESSAGE"
                (ascii "hi")
            |> Flip.Expect.isTrue $"{name} {qop}"
]

let private believing = [
    testCase "without credentials: one challenge a hash, in the order of preference (RFC 8760, 2.3)"
    <| fun () ->
        for algorithms in
            [
                [ DigestAlgorithm.Sha512T256; DigestAlgorithm.Sha256; DigestAlgorithm.Md5 ]
                [ DigestAlgorithm.Md5; DigestAlgorithm.Sha512T256 ]
                [ DigestAlgorithm.Sha256 ]
            ] do
            let settings = { settings with Algorithms = algorithms }

            let struct (why, status, fields) =
                refusal (judged settings 0L<ms> here message DigestServer.start)

            Expect.equal why DigestRefusal.Absent "asked"
            Expect.equal status 401 "a user agent's"

            let offered =
                (response message status fields).WwwAuthenticate
                |> Seq.map (fun value -> value.GetParameter "algorithm")
                |> List.ofSeq

            Expect.equal offered (List.map Digest.nameOf algorithms) "in order"

    testCase "what the client answers is believed, with every hash and quality"
    <| fun () ->
        for algorithm in Enum.GetValues<DigestAlgorithm>() do
            for qop in [ "auth"; "auth-int" ] do
                for isProxy in [ false; true ] do
                    let settings = {
                        settings with
                            Algorithms = [ algorithm ]
                            Qops = [ qop ]
                            IsProxy = isProxy
                            Opaque = "o"
                    }

                    let message = message.WithBody("text/plain", ascii "hello")

                    let struct (again, _, state) =
                        answered settings 0L<ms> here message DigestServer.start

                    Expect.isTrue
                        (isProven (judged settings 1L<ms> here again state))
                        $"{algorithm} {qop} {isProxy}"

    testCase "ACK, CANCEL and responses are never asked (22.1), nor methods that are free"
    <| fun () ->
        let free = { settings with Methods = [ SipMethod.Register ] }

        for message, settings in
            [
                request SipMethod.Ack :> SipMessage, settings
                request SipMethod.Cancel, settings
                message.CreateResponse(200, "t"), settings
                message, free
            ] do
            Expect.equal
                (judged settings 0L<ms> here message DigestServer.start)
                DigestVerdict.Exempt
                $"{message.CSeq}"

    testCase "nobody knows whether the name or the password was wrong"
    <| fun () ->
        let struct (again, _, state) = first
        let wrong = { login with Password = "guess" }
        let nobody = { login with User = "nobody" }

        for login in [ wrong; nobody ] do
            let struct (_, _, fields) =
                refusal (judged settings 0L<ms> here message DigestServer.start)

            let answer =
                DigestLogins.answer
                    [ login ]
                    "cn"
                    message
                    (response message 401 fields)
                    DigestLogins.empty

            match answer with
            | ValueSome(struct (guess, _)) ->
                let verdict = judged settings 0L<ms> here guess state
                let struct (why, status, _) = refusal verdict
                Expect.equal (why, status) (DigestRefusal.Wrong, 401) login.User
                Expect.isFalse (isStale verdict) "the client must not try the same again"
            | ValueNone -> failtest "no answer"

        Expect.isTrue (isProven (judged settings 0L<ms> here again state)) "the right one still"

    testCase "credentials for another Request-URI are a 400, unless that is allowed (22.4, 6)"
    <| fun () ->
        let struct (again, _, state) = first
        let moved = again.WithRequestUri(SipUri.Parse "sip:premium@elsewhere.test")
        let struct (why, status, fields) = refusal (judged settings 0L<ms> here moved state)
        Expect.equal (why, status, fields) (DigestRefusal.OtherUri, 400, []) "no challenge"
        let lax = { settings with ChecksUri = false }
        Expect.isTrue (isProven (judged lax 0L<ms> here moved state)) "allowed"

    testCase "a URI is the same in other words too (19.1.4)"
    <| fun () ->
        let struct (again, _, state) = first

        let value =
            (fieldOf again).Replace("uri=\"sip:bob@home.test\"", "uri=\"sip:%62ob@HOME.test\"")

        let struct (why, _, _) =
            refusal (judged settings 0L<ms> here (withCredentials value again) state)

        Expect.equal why DigestRefusal.Wrong "it is the hash that differs, not the URI"

    testCase
        "what was not offered is not accepted: a weaker hash, another quality, the session form"
    <| fun () ->
        let struct (again, _, state) = first
        let only = { settings with Algorithms = [ DigestAlgorithm.Sha256 ] }
        let value = fieldOf again

        for changed in
            [
                value.Replace("algorithm=SHA-256", "algorithm=MD5")
                value.Replace("algorithm=SHA-256, ", "")
                value.Replace("algorithm=SHA-256", "algorithm=SHA-256-sess")
                value.Replace("algorithm=SHA-256", "algorithm=AKAv1-MD5")
                value.Replace("qop=auth", "qop=auth-int")
                value.Replace("Digest ", "Basic ")
                value.Replace("realm=\"home.test\"", "realm=\"other.test\"")
            ] do
            Expect.notEqual changed value "changed"

            let struct (why, _, _) =
                refusal (judged only 0L<ms> here (withCredentials changed again) state)

            Expect.equal why DigestRefusal.Absent changed

    testCase "RFC 2069's form is believed, once a nonce (22.4, 8)"
    <| fun () ->
        let struct (_, _, fields) =
            refusal (judged settings 0L<ms> here message DigestServer.start)

        let asked = (response message 401 fields).WwwAuthenticate[1]
        let challenge = { (Digest.challenge false asked).Value with Qop = null }
        let secret = Digest.secret DigestAlgorithm.Md5 user realm password

        let bearing (message: SipRequest) =
            let value =
                Digest.credentials
                    challenge
                    { Count = ""; ClientNonce = "" }
                    user
                    secret
                    "MESSAGE"
                    "sip:bob@home.test"
                    ReadOnlySpan.Empty

            withCredentials value message

        let struct (state, verdict) =
            judge settings 0L<ms> here (bearing message) DigestServer.start

        Expect.isTrue (isProven verdict) "believed"
        let other = bearing (message.WithHeader("CSeq", "8 MESSAGE"))
        Expect.isTrue (isStale (judged settings 0L<ms> here other state)) "its nonce is used up"

    testCase "Authentication-Info proves that the server knows the secret (RFC 7616, 3.5)"
    <| fun () ->
        let struct (again, _, state) = first

        match judged settings 200_000L<ms> here again state with
        | DigestVerdict.Proven proof ->
            let info = DigestClaim.info proof.Next proof.Secret ReadOnlySpan.Empty proof.Claim

            let expected =
                Digest.response
                    proof.Claim.Challenge
                    proof.Claim.Use
                    proof.Secret
                    ""
                    "sip:bob@home.test"
                    ReadOnlySpan.Empty

            Expect.stringContains info $"rspauth=\"{expected}\"" "as RFC 7616, 3.5 has it"
            Expect.stringContains info "nc=00000001" "this request's"
            Expect.isNotNull proof.Next "its time is half over: a nonce for the next"
            Expect.stringContains info "nextnonce=" "told"
        | other -> failtest $"{other}"
]

let private nonces = [
    testCase "an old nonce is stale, not wrong, to the millisecond"
    <| fun () ->
        let struct (again, _, state) = first
        let at now = judged settings now here again state
        Expect.isTrue (isProven (at (settings.Lifetime - 1L<ms>))) "still good"
        Expect.isTrue (isStale (at settings.Lifetime)) "too old"

    testCase "a nonce of another key, address or realm is stale"
    <| fun () ->
        let struct (again, _, state) = first
        let restarted = { settings with Key = Array.init 32 (fun i -> byte (i + 1)) }
        Expect.isTrue (isStale (judged restarted 0L<ms> here again state)) "another key"
        Expect.isTrue (isStale (judged settings 0L<ms> elsewhere again state)) "another address"
        let text = Nonce.write settings.Key realm here { Issued = 0L<ms>; Serial = 1L }
        Expect.isTrue (Nonce.read settings.Key "other" here text).IsNone "another realm"
        Expect.isTrue (Nonce.read settings.Key realm here text).IsSome "its own"

    testProperty "V-10: a nonce with any byte changed is none of ours"
    <| fun (at: uint32) (other: byte) ->
        let text = Nonce.write settings.Key realm here { Issued = 5L<ms>; Serial = 3L }
        let index = int (at % uint32 text.Length)

        let changed =
            text.Remove(index, 1).Insert(index, string (char (33 + int other % 94)))
        // The last letter holds two bits that mean nothing.
        changed = text
        || index = text.Length - 1
        || (Nonce.read settings.Key realm here changed).IsNone

    testCase "V-10: a count that does not rise is a replay, the same request again a copy"
    <| fun () ->
        let struct (again, client, state) = first
        let struct (state, verdict) = judge settings 0L<ms> here again state
        Expect.isTrue (isProven verdict) "the first"
        let struct (state, verdict) = judge settings 1L<ms> here again state
        Expect.isTrue (isProven verdict) "a copy, as a stateless proxy sees it"
        let replay = again.WithBody("text/plain", ascii "pay me")
        let struct (state, verdict) = judge settings 1L<ms> here replay state
        Expect.isTrue (isStale verdict) "the same credentials for something else"
        let struct (next, _) = DigestLogins.start [ login ] "cn" message client
        Expect.isTrue (isProven (judged settings 2L<ms> here next state)) "the count rises"

    testCase "a copy that comes late is a copy still"
    <| fun () ->
        let struct (again, client, state) = first
        let struct (state, _) = judge settings 0L<ms> here again state
        let struct (next, _) = DigestLogins.start [ login ] "cn" message client
        let struct (state, _) = judge settings 1L<ms> here next state
        Expect.isTrue (isProven (judged settings 2L<ms> here again state)) "the earlier one's"

    testCase "a nonce that fell out of the table is over, never new"
    <| fun () ->
        let few = { settings with Nonces = 2 }
        let struct (again, _, state) = answered few 0L<ms> here message DigestServer.start
        let struct (state, _) = judge few 0L<ms> here again state

        let state =
            List.fold
                (fun state now ->
                    let struct (other, _, state) = answered few now here message state
                    let struct (state, verdict) = judge few now here other state
                    Expect.isTrue (isProven verdict) "newer ones are good"
                    state)
                state
                [ 1L<ms>; 2L<ms>; 3L<ms> ]

        Expect.equal (Queue.size state.Uses.Uses) 2 "bounded"
        Expect.isTrue (isStale (judged few 4L<ms> here again state)) "not forgotten"
]

let private letters = "0123456789abcdefABCDEF \\xyz"

let private laws = [
    testProperty "V-10: any byte of the response changed is not believed"
    <| fun (at: uint32) (letter: uint32) ->
        let struct (again, _, state) = first
        let value = fieldOf again
        let start = value.IndexOf "response=\"" + 10
        let index = start + int (at % 64u)
        let other = letters[int (letter % uint32 letters.Length)]
        let changed = value.Remove(index, 1).Insert(index, string other)

        changed = value
        || not (isProven (judged settings 0L<ms> here (withCredentials changed again) state))

    testProperty "V-02: parameters left out, doubled, emptied or last: a challenge, never a fault"
    <| fun (left: int) (doubled: int) (emptied: int) (turned: bool) ->
        let struct (again, _, state) = first
        let parts = (fieldOf again).Substring(7).Split(", ")

        let changed = [
            for index, part in Seq.indexed parts do
                let isIn (bits: int) = (bits >>> index) &&& 1 = 1

                if not (isIn left) then
                    if isIn emptied then part.Split('=')[0] + "=\"\"" else part

                    if isIn doubled then
                        part
        ]

        let changed = if turned then List.rev changed else changed

        if List.isEmpty changed then
            true
        else
            let value = "Digest " + String.Join(", ", changed)
            let verdict = judged settings 0L<ms> here (withCredentials value again) state
            isProven verdict = (List.sort changed = List.sort (List.ofArray parts))

    testProperty "whatever comes, the table is bounded and in order"
    <| fun (steps: (byte * byte * byte) list) ->
        let few = { settings with Nonces = 3; Lifetime = 50L<ms> }
        let mutable state = DigestServer.start
        let mutable bearing = [ message ]
        let mutable now = 0L<ms>

        for choice, which, wait in steps do
            now <- now + int64 (wait % 20uy) * 1L<ms>

            if choice % 2uy = 0uy then
                let struct (again, _, next) = answered few now here message state
                state <- next
                bearing <- again :: bearing
            else
                let request = bearing[int which % bearing.Length]
                let struct (next, _) = judge few now here request state
                state <- next

        Queue.size state.Uses.Uses <= 3 && Queue.violations state.Uses.Uses = []
]

let tests = testList "DigestServer" (vectors @ believing @ nonces @ laws)
