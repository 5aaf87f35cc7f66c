// Which challenges are answered, with what, and how often (RFC 3261, 22; RFC 8760; V-10).
module SipFun.Tests.UserAgent.DigestLoginsTests

open System
open System.Text
open Expecto
open SipFun
open SipFun.Core

let private login = {
    User = "alice"
    Password = "secret"
    Realm = null
    Weakest = DigestAlgorithm.Md5
}

let private request =
    SipRequest.Create(
        SipMethod.Register,
        SipUri.Parse "sip:home.test",
        NameAddr.Parse "<sip:alice@home.test>;tag=1",
        NameAddr.Parse "<sip:alice@home.test>",
        CallId.Parse "call-1",
        7u
    )

let private response (status: int) (fields: string list) =
    List.fold
        (fun (message: SipResponse) (field: string) ->
            match field.Split(": ", 2) with
            | [| name; value |] -> message.WithAddedHeader(name, value)
            | _ -> failtest field)
        (request.CreateResponse(status, "t"))
        fields

let private asked nonce =
    $"WWW-Authenticate: Digest realm=\"home\", nonce=\"{nonce}\", qop=\"auth\""

let private answer logins request response state =
    DigestLogins.answer logins "cn" request response state

let private taken result =
    match result with
    | ValueSome(struct (request: SipRequest, state: DigestState)) -> request, state
    | ValueNone -> failtest "no answer"

let private answered logins fields = answer logins request (response 401 fields) DigestLogins.empty

let private parameter (name: string) (request: SipRequest) =
    request.Authorization[0].GetParameter name

let private deciding = [
    testCase "the same request with credentials, and the next CSeq (22.2)"
    <| fun () ->
        let again, _ = taken (answered [ login ] [ asked "n1" ])
        Expect.equal again.CSeq.Number 8u "the next CSeq"
        Expect.equal again.CallId request.CallId "the same Call-ID"
        Expect.equal again.FromTag request.FromTag "the same From tag"
        Expect.equal (parameter "nc" again) "00000001" "the nonce's first use"
        Expect.equal (parameter "uri" again) "sip:home.test" "the Request-URI"

    testCase "V-10: a challenger that always asks anew gets two requests, no more"
    <| fun () ->
        let again, state = taken (answered [ login ] [ asked "n1" ])
        let next = answer [ login ] again (response 401 [ asked "n2" ]) state
        Expect.isTrue next.IsNone "refused is refused"

    testCase "V-10: a challenger that always says stale gets three"
    <| fun () ->
        let stale nonce = response 401 [ asked nonce + ", stale=true" ]
        let first, state = taken (answered [ login ] [ asked "n1" ])
        let second, state = taken (answer [ login ] first (stale "n2") state)
        Expect.equal (parameter "nonce" second) "n2" "the new nonce"
        Expect.equal (second.GetHeaders "Authorization").Count 1 "the old credentials are gone"
        Expect.isTrue (answer [ login ] second (stale "n3") state).IsNone "enough"

    testCase "V-10: an unknown realm gets no credentials"
    <| fun () ->
        let bound = { login with Realm = "elsewhere" }
        Expect.isTrue (answered [ bound ] [ asked "n1" ]).IsNone "not for us"
        Expect.isTrue (answered [] [ asked "n1" ]).IsNone "nobody logs in"

    testCase "only 401 and 407 ask"
    <| fun () ->
        let other = response 403 [ asked "n1" ]
        Expect.isTrue (answer [ login ] request other DigestLogins.empty).IsNone "403 does not"

    testCase "V-10: the strongest challenge is answered, in whatever order they come"
    <| fun () ->
        let of' algorithm = asked "n1" + ", algorithm=" + algorithm

        for algorithms in
            [
                [ "MD5"; "SHA-256"; "SHA-512-256" ]
                [ "SHA-512-256"; "MD5"; "SHA-256" ]
                [ "SHA-256"; "SHA-512-256"; "MD5" ]
            ] do
            let again, _ = taken (answered [ login ] (List.map of' algorithms))
            Expect.equal (parameter "algorithm" again) "SHA-512-256" $"{algorithms}"
            Expect.equal again.Authorization.Count 1 "one of them"

    testCase "V-10: MD5 is not answered where it is too weak"
    <| fun () ->
        let strict = { login with Weakest = DigestAlgorithm.Sha256 }
        Expect.isTrue (answered [ strict ] [ asked "n1" ]).IsNone "MD5"

    testCase "22.3: every realm that asks is answered, proxies and servers alike"
    <| fun () ->
        let proxy = "Proxy-Authenticate: Digest realm=\"proxy\", nonce=\"p1\""
        let again, _ = taken (answered [ login ] [ asked "n1"; proxy ])
        Expect.equal again.Authorization.Count 1 "the server's"
        Expect.equal again.ProxyAuthorization.Count 1 "the proxy's"

    testCase "22.3: credentials for one proxy are kept, as they were, when the next one asks"
    <| fun () ->
        let asks realm = $"Proxy-Authenticate: Digest realm=\"{realm}\", nonce=\"n\", qop=\"auth\""
        let first, state = taken (answered [ login ] [ asks "one" ])
        let second = response 407 [ asks "two" ]
        let again, _ = taken (answer [ login ] first second state)

        Expect.equal
            (List.ofSeq (again.GetHeaders "Proxy-Authorization") |> List.truncate 1)
            (List.ofSeq (first.GetHeaders "Proxy-Authorization"))
            "the first proxy's"

        Expect.equal
            [ for value in again.ProxyAuthorization -> string (value.GetParameter "realm") ]
            [ "one"; "two" ]
            "both"
]

let private later = [
    testCase "the next exchange bears credentials at once, with the next count"
    <| fun () ->
        let _, state = taken (answered [ login ] [ asked "n1" ])
        let struct (next, _) = DigestLogins.start [ login ] "cn" request state
        Expect.equal (parameter "nc" next) "00000002" "the nonce's second use"

    testCase "credentials sent unasked and refused with another nonce are answered once more"
    <| fun () ->
        let _, state = taken (answered [ login ] [ asked "n1" ])
        let struct (next, state) = DigestLogins.start [ login ] "cn" request state
        let again, state = taken (answer [ login ] next (response 401 [ asked "n2" ]) state)
        Expect.equal (parameter "nc" again) "00000001" "a new nonce counts anew"
        Expect.isTrue (answer [ login ] again (response 401 [ asked "n3" ]) state).IsNone "once"
]

let tests =
    testList "DigestLogins" [ testList "deciding" deciding; testList "later" later ]
