// Calls with sipp, over UDP and TCP: it calls, and it is called (RFC 3261, 13 to 15).
module SipFun.Tests.Interop.CallTests

open System
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.Interop.AgentHouse

let private alice = "<sip:alice@example.com>"

/// sipp is called.
let private calls scenario redirects check protocol () =
    withAgent alice redirects (fun agent ->
        Sipp.asServerBy protocol scenario (fun server ->
            let options = CallOptions(Body = offer)
            let target = uriBy protocol "sipp" server
            House.wait (agent.CallAsync(target, options)) |> check)
        |> ignore)

let private hangUp (call: Call) =
    answered call |> ignore
    let over = House.wait (call.ByeAsync())
    Expect.equal (over.Kind, isNull over.Outcome) (CallEndKind.HungUp, true) $"{over}"

let private cancels (call: Call) =
    Expect.isNotNull (House.wait call.Ringing) "it rings"
    House.wait (call.CancelAsync()) |> ignore
    ends CallEndKind.Cancelled call

let private reInvites (call: Call) =
    answered call |> ignore
    Expect.equal (House.wait (call.ReInviteAsync offer)).StatusCode 200 "taken"
    hangUp call

let private isReInvited (call: Call) =
    call.OnRequest <-
        fun request ->
            request.Respond(200, offer)
            System.Threading.Tasks.Task.CompletedTask

    ends CallEndKind.HungUpByPeer call

/// sipp calls.
let private answers scenario answer check protocol () =
    withAgent alice 0 (fun agent ->
        agreeing agent
        let coming = invited agent answer
        Sipp.asClientBy protocol scenario (localBy protocol agent) |> ignore
        check (House.wait coming))

let private passwordOf checksUri =
    let secret = DigestSecret.FromPassword "secret"

    DigestAuthenticator(
        DigestAuthenticatorOptions(
            Realm = "sipfun",
            Users = Collections.Generic.Dictionary(dict [ "bob", secret ]),
            // sipp 3.6 knows no other.
            Algorithms = [| DigestAlgorithm.Md5 |],
            ChecksUri = checksUri
        )
    )

/// sipp calls, and its INVITE and BYE are asked for credentials. The URI in them is the server's address,
/// unless sipp is told the Request-URI.
let private asks isTold protocol () =
    withAgent alice 0 (fun agent ->
        agent.Dispatcher.SetReceiver(Receiver.Chain(passwordOf isTold, agent))

        let coming = invited agent (fun invitation -> invitation.Accept offer |> ignore)

        let server = localBy protocol agent
        let arguments = if isTold then [ "-auth_uri"; $"sipfun@{server}" ] else []
        let counts = Sipp.asClientWith arguments protocol "uac-call-auth" server
        Expect.equal counts["12_200_Recv"] 1 "its BYE is taken"
        ends CallEndKind.HungUpByPeer (House.wait coming))

let private accept (invitation: Invitation) =
    invitation.Ring()
    invitation.Accept offer |> ignore

let private acceptAndHangUp (invitation: Invitation) =
    let call = invitation.Accept offer
    call.ByeAsync() |> ignore

let private registers protocol () =
    withAgent alice 0 (fun agent ->
        Sipp.asServerBy protocol "uas-register-auth" (fun server ->
            let options = RegisterOptions(Registrar = uriBy protocol "" server)
            let registration = House.wait (agent.RegisterAsync options)
            Expect.equal registration.Bindings.Count 1 "bound")
        |> ignore)

let private both name (test: Sipp.Protocol -> unit -> unit) = [
    testCase $"{name}, UDP" (test Sipp.Udp)
    testCase $"{name}, TCP" (test Sipp.Tcp)
]

let tests =
    testList "Calls with sipp" [
        yield! both "called: answered, we hang up" (calls "uas-call" 0 hangUp)
        yield!
            both
                "called: answered, it hangs up"
                (calls "uas-hangup" 0 (ends CallEndKind.HungUpByPeer))
        yield! both "called: cancelled" (calls "uas-cancel" 0 cancels)
        yield! both "called: 486" (calls "uas-busy" 0 (ends CallEndKind.Rejected))
        yield! both "called: 302, followed" (calls "uas-redirect" 1 hangUp)
        yield! both "called: our re-INVITE" (calls "uas-reinvite" 0 reInvites)
        yield! both "called: its re-INVITE" (calls "uas-own-reinvite" 0 isReInvited)
        yield! both "called: 401" (calls "uas-invite-auth" 0 hangUp)
        yield! both "REGISTER: 401" registers
        yield!
            both
                "calls: answered, it hangs up"
                (answers "uac-call" accept (ends CallEndKind.HungUpByPeer))
        yield! both "calls: 401, then answered, then 401" (asks true)
        yield! both "calls: 401, its credentials for another URI" (asks false)
        yield!
            both
                "calls: answered, we hang up"
                (answers "uac-hungup" acceptAndHangUp (ends CallEndKind.HungUp))
        yield!
            both
                "calls: cancelled"
                (answers "uac-cancel" _.Ring() (ends CallEndKind.CancelledByPeer))
        yield! both "calls: 486" (answers "uac-busy" _.Reject() (ends CallEndKind.Declined))
        yield!
            both
                "calls: 302"
                (answers
                    "uac-redirect"
                    (fun invitation ->
                        invitation.Redirect [| NameAddr.Parse "<sip:alice@192.0.2.1>" |])
                    (ends CallEndKind.Declined))
        yield!
            both
                "calls: its re-INVITE"
                (answers "uac-reinvite" accept (ends CallEndKind.HungUpByPeer))
    ]
