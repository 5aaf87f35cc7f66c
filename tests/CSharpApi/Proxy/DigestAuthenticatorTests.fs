// Users who prove who they are, over loopback: inside the turn, or with users that somebody else looks up.
module SipFun.Tests.CSharpApi.Proxy.DigestAuthenticatorTests

open System
open System.Collections.Generic
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House

let private realm = "example.com"

let private users =
    dict [
        "alice", DigestSecret.FromPassword "secret"
        "bob",
        DigestSecret.FromHash(
            DigestAlgorithm.Sha256,
            DigestSecret.Hash(DigestAlgorithm.Sha256, "bob", realm, "secret")
        )
    ]
    |> Dictionary

let private options = DigestAuthenticatorOptions(Realm = realm, Users = users)

/// Answers 200, and says in the Subject who was authenticated, and whether inside the turn.
let private protectedBy (authenticator: IReceiver) =
    let answer =
        Receiver.From(
            Func<Received, Receipt>(fun received ->
                if
                    received.Message :? SipRequest && received.Message.CSeq.Method <> SipMethod.Ack
                then
                    let subject =
                        received.AuthenticatedUser |> Option.ofObj |> Option.defaultValue "-"

                    received.Respond(received.CreateResponse(200).WithHeader("Subject", subject))
                    |> ignore

                Receipt.Handled),
            SipMethod.Message
        )

    Receiver.Chain(authenticator, answer)

let private login user = DigestClient([| DigestCredentials(user, "secret") |])

let private parse (text: string) = SipMessage.Parse text :?> SipRequest

let private ask (dispatcher: Dispatcher) (peer: Peer) (request: SipRequest) =
    peer.Send(request, local dispatcher)
    peer.ReceiveResponse()

/// With a branch of its own: another transaction.
let private fresh (request: SipRequest) =
    request
        .WithoutTopVia()
        .PushVia(
            request.TopVia.ToString().Replace("z9hG4bK", "z9hG4bK" + Guid.NewGuid().ToString "N")
        )

let private answered (client: DigestClient) (request: SipRequest) response =
    match client.Answer(request, response) with
    | null -> failtest "no answer"
    | again -> fresh again

let private withOptions (options: DigestAuthenticatorOptions) run =
    inVirtualTime (fun time dispatcher peer ->
        dispatcher.SetReceiver(protectedBy (DigestAuthenticator options))
        run time dispatcher peer)

let private logsIn user =
    withOptions options (fun _ dispatcher peer ->
        let client = login user
        let first = parse (peer.Request "MESSAGE")
        let challenge = ask dispatcher peer first
        Expect.equal challenge.StatusCode 401 "asked"
        Expect.isTrue (becomesIdle dispatcher) "statelessly (V-08)"
        let response = ask dispatcher peer (answered client first challenge)
        Expect.equal response.StatusCode 200 "believed"
        Expect.equal (response.GetHeader "Subject") user "the next receiver knows who"
        Expect.equal (counter dispatcher "credentials_absent") 1L "counted"

        Expect.stringContains
            (string (response.GetHeader "Authentication-Info"))
            "rspauth="
            "mutual")

let private acknowledgesNothing =
    withOptions options (fun _ dispatcher peer ->
        let invite = parse (peer.Request "INVITE")
        let challenge = ask dispatcher peer invite
        peer.Send(invite.CreateErrorAck challenge, local dispatcher)
        Expect.equal (waitForCounter dispatcher "stray_ack" 1L) 1L "nobody is offered it"
        Expect.isFalse peer.HasMore "an ACK is never answered")

let private asksProxies =
    let options =
        DigestAuthenticatorOptions(Realm = realm, Users = users, IsProxy = true)

    withOptions options (fun _ dispatcher peer ->
        let first = parse (peer.Request "MESSAGE")
        let challenge = ask dispatcher peer first
        Expect.equal challenge.StatusCode 407 "a proxy's"
        let response = ask dispatcher peer (answered (login "alice") first challenge)
        Expect.equal response.StatusCode 200 "believed"
        Expect.isNull (response.GetHeader "Authentication-Info") "a proxy does not touch it")

let private looksUp =
    let asked = TaskCompletionSource<string>()
    let found = TaskCompletionSource<DigestSecret | null>()

    let find (user: string) (_: CancellationToken) =
        asked.SetResult user
        ValueTask<DigestSecret | null> found.Task

    let options = DigestAuthenticatorOptions(Realm = realm, FindUser = find)

    withOptions options (fun _ dispatcher peer ->
        let first = parse (peer.Request "MESSAGE")
        let challenge = ask dispatcher peer first
        Expect.equal challenge.StatusCode 401 "no user was looked up for that"
        let again = answered (login "carol") first challenge
        peer.Send(again, local dispatcher)
        Expect.equal (wait asked.Task) "carol" "asked"

        let other = ask dispatcher peer (parse (peer.Request "MESSAGE"))
        Expect.equal other.StatusCode 401 "meanwhile the turn goes on"

        found.SetResult(DigestSecret.FromPassword "secret")
        let response = peer.ReceiveResponse()
        Expect.equal response.StatusCode 200 "believed"
        Expect.equal (response.GetHeader "Subject") "carol" "who")

let private lookupFails =
    let find (_: string) (_: CancellationToken) : ValueTask<DigestSecret | null> =
        raise (TimeoutException "the database sleeps")

    let options = DigestAuthenticatorOptions(Realm = realm, FindUser = find)

    withOptions options (fun _ dispatcher peer ->
        let first = parse (peer.Request "MESSAGE")
        let challenge = ask dispatcher peer first
        let response = ask dispatcher peer (answered (login "carol") first challenge)
        Expect.equal response.StatusCode 500 "our fault, not the user's")

let private growsOld =
    withOptions options (fun time dispatcher peer ->
        let client = login "alice"
        let first = parse (peer.Request "MESSAGE")
        let challenge = ask dispatcher peer first
        let again = answered client first challenge
        time.Advance options.NonceLifetime
        let stale = ask dispatcher peer again
        Expect.equal stale.StatusCode 401 "too old"
        Expect.equal (stale.WwwAuthenticate[0].GetParameter "stale") "true" "not wrong"
        Expect.equal (counter dispatcher "nonce_stale") 1L "counted"
        let response = ask dispatcher peer (answered client again stale)
        Expect.equal response.StatusCode 200 "the client needs nobody's help")

let private refusesReplays =
    withOptions options (fun _ dispatcher peer ->
        let first = parse (peer.Request "MESSAGE")
        let challenge = ask dispatcher peer first
        let again = answered (login "alice") first challenge
        Expect.equal (ask dispatcher peer again).StatusCode 200 "believed"
        let replay = ask dispatcher peer ((fresh again).WithHeader("CSeq", "4711 MESSAGE"))
        Expect.equal replay.StatusCode 401 "in another transaction"
        Expect.equal (counter dispatcher "nonce_replayed") 1L "counted")

/// Two dispatchers of our own, the user agent with its credentials on one side.
let private servesAgents =
    inRealTime (fun dispatcher _ ->
        let registrar =
            Receiver.From(
                Func<Received, Receipt>(fun received ->
                    let response =
                        received.CreateResponse(200).WithHeader("Contact", "<sip:a@b>;expires=60")

                    received.Respond response |> ignore
                    Receipt.Handled),
                SipMethod.Register
            )

        dispatcher.SetReceiver(Receiver.Chain(DigestAuthenticator options, registrar))
        let client = start loopback

        try
            let address = NameAddr.Parse "sip:alice@example.com"

            let agent =
                new UserAgent(
                    client,
                    UserAgentOptions(
                        Address = address,
                        Registrar = SipUri.Parse $"sip:{local dispatcher}",
                        Credentials = [| DigestCredentials("alice", "secret") |]
                    )
                )

            client.SetReceiver agent
            let options = RegisterOptions(Contact = NameAddr.Parse "<sip:a@b>")
            let registration = wait (agent.RegisterAsync options)
            Expect.isNotNull registration.Response "registered"
        finally
            finish client)

let private misuse = [
    for wrong, change in
        [
            "an empty realm", DigestAuthenticatorOptions(Realm = "", Users = users)
            "a line end", DigestAuthenticatorOptions(Realm = "a\r\nb", Users = users)
            "no users", DigestAuthenticatorOptions(Realm = realm)
            "no hash", DigestAuthenticatorOptions(Realm = realm, Users = users, Algorithms = [||])
            "a hash twice",
            DigestAuthenticatorOptions(
                Realm = realm,
                Users = users,
                Algorithms = [| DigestAlgorithm.Md5; DigestAlgorithm.Md5 |]
            )
            "a lifetime of nothing",
            DigestAuthenticatorOptions(Realm = realm, Users = users, NonceLifetime = TimeSpan.Zero)
            "no nonces", DigestAuthenticatorOptions(Realm = realm, Users = users, MaxNonces = 0)
        ] do
        testCase $"misuse throws at once: {wrong}"
        <| fun () ->
            Expect.throwsT<ArgumentException> (fun () -> DigestAuthenticator change |> ignore) wrong
]

let private secrets = [
    testCase "a secret shows nothing of itself, and a hash must be one"
    <| fun () ->
        Expect.equal (string (DigestSecret.FromPassword "secret")) "DigestSecret" "not shown"

        Expect.throwsT<ArgumentException>
            (fun () -> DigestSecret.FromHash(DigestAlgorithm.Sha256, "abc") |> ignore)
            "too short"

    testCase "a hash of another algorithm does not log in"
    <| withOptions
        (DigestAuthenticatorOptions(
            Realm = realm,
            Users = users,
            Algorithms = [| DigestAlgorithm.Md5 |]
        ))
        (fun _ dispatcher peer ->
            let first = parse (peer.Request "MESSAGE")
            let challenge = ask dispatcher peer first
            let response = ask dispatcher peer (answered (login "bob") first challenge)
            Expect.equal response.StatusCode 401 "only SHA-256's is known"
            Expect.equal (counter dispatcher "credentials_wrong") 1L "counted")
]

let tests =
    testList
        "DigestAuthenticator"
        ([
            testCase "asked without state, answered, believed: a password" (logsIn "alice")
            testCase "asked without state, answered, believed: a hash" (logsIn "bob")
            testCase "the ACK to a challenge ends here" acknowledgesNothing
            testCase "as a proxy: 407" asksProxies
            testCase "users that are looked up hold nobody else up" looksUp
            testCase "a lookup that fails is a 500" lookupFails
            testCase "an old nonce costs one round trip" growsOld
            testCase "V-10: a replay in another transaction is refused" refusesReplays
            testCase "our own user agent registers" servesAgents
         ]
         @ misuse
         @ secrets)
