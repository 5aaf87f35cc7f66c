// A server that asks and a client that answers, without anything in between.
module SipFun.Tests.Proxy.DigestRig

open System
open System.Text
open Expecto
open SipFun
open SipFun.Core

let realm = "home.test"
let user, password = "alice", "secret"
let here = Address.ofV4 0xC0000201u
let elsewhere = Address.ofV4 0xC0000202u

let settings = {
    Realm = realm
    IsProxy = false
    Algorithms = [ DigestAlgorithm.Sha256; DigestAlgorithm.Md5 ]
    Qops = [ "auth" ]
    Lifetime = 300_000L<ms>
    Nonces = 100
    Opaque = null
    Domain = []
    ChecksUri = true
    Methods = []
    Key = Array.init 32 byte
    Print = struct (1UL, 2UL)
}

let request (method: SipMethod) =
    SipRequest
        .Create(
            method,
            SipUri.Parse "sip:bob@home.test",
            NameAddr.Parse "<sip:alice@home.test>;tag=1",
            NameAddr.Parse "<sip:bob@home.test>",
            CallId.Parse "call-1",
            7u
        )
        .PushVia("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")

let login = {
    User = user
    Password = password
    Realm = null
    Weakest = DigestAlgorithm.Md5
}

/// The secret of the only user there is.
let secretOf (claim: DigestClaim) =
    if claim.User = user then
        ValueSome(Digest.secret claim.Challenge.Algorithm user realm password)
    else
        ValueNone

/// Both halves of the question, with the user's secret in between.
let judge settings now address (message: SipMessage) state =
    match DigestServer.receive settings now address message state with
    | struct (state, DigestVerdict.Asks(claim, nonce)) ->
        let request = message :?> SipRequest

        DigestServer.verify settings now address claim nonce (secretOf claim) request state
    | other -> other

/// The response that a refusal stands for.
let response (request: SipRequest) status fields =
    List.fold
        (fun (response: SipResponse) (struct (name: string, value: string)) ->
            response.WithAddedHeader(name, value))
        (request.CreateResponse(status, "t"))
        fields

let refusal verdict =
    match verdict with
    | DigestVerdict.Refused(refusal, status, fields) -> struct (refusal, status, fields)
    | other -> failtest $"{other}"

let isProven verdict =
    match verdict with
    | DigestVerdict.Proven _ -> true
    | _ -> false

/// The request with the client's answer to the challenge, and who remembers it.
let answered settings now address (request: SipRequest) state =
    let struct (state, verdict) =
        DigestServer.receive settings now address request state

    let struct (_, status, fields) = refusal verdict

    match
        DigestLogins.answer
            [ login ]
            "cn"
            request
            (response request status fields)
            DigestLogins.empty
    with
    | ValueSome(struct (again, client)) -> struct (again, client, state)
    | ValueNone -> failtest "the client has no answer"

/// Credentials of one's own making, for the nonce of a first challenge.
let fieldOf (request: SipRequest) =
    match request.GetHeader "Authorization" with
    | null -> failtest "no credentials"
    | value -> value

let withCredentials (value: string) (request: SipRequest) =
    request.WithHeader("Authorization", value)

let ascii (text: string) = ReadOnlyMemory(Encoding.ASCII.GetBytes text)
