// A domain in one process: a registrar and a proxy on one dispatcher, and what they know of each other:
// connections, devices, credentials (RFC 5626, 7; RFC 5627, 6.1; RFC 3261, 22.3).
module SipFun.Tests.CSharpApi.Proxy.DomainTests

open System
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams
open SipFun.Tests.CSharpApi.Proxy.ProxyHouse

let private domain = "d.test"

/// A proxy behind its registrar, over UDP and TCP.
let private inDomain more run () =
    use store = new InMemoryLocationStore()

    use registrar =
        new Registrar(RegistrarOptions(Domains = [| domain |], Store = store))

    let given = [ "Domains", box [| domain |]; "Locations", box store ]

    let dispatcher =
        House.start (DispatcherOptions(Legs = [| udp; LegOptions.Tcp "127.0.0.1:0" |]))

    try
        let proxy = new StatelessProxy(dispatcher, options (given @ more registrar))
        dispatcher.SetReceiver(Receiver.Chain(registrar, proxy))
        run proxy
    finally
        House.finish dispatcher

let private device = "urn:uuid:00000000-0000-1000-8000-000A95A0E128"
let private instance = $";+sip.instance=\"<{device}>\""

/// A REGISTER of bob with this Contact.
let private register (text: string) (contact: string) =
    let request = SipMessage.Parse text :?> SipRequest

    request
        .WithRequestUri(SipUri.Parse $"sip:{domain}")
        .WithHeader("To", $"<sip:bob@{domain}>")
        .WithHeader("Supported", "path, outbound, gruu")
        .WithHeader("Contact", contact)

let private tcpOf proxy = (legOf proxy Transport.Tcp).LocalEndPoint

let private flows =
    testCase "a flow ends with its connection: its user is somewhere else then, or nowhere"
    <| inDomain (fun _ -> []) (fun proxy ->
        use caller = new Peer()
        let bob = StreamPeer.Connect(tcpOf proxy)
        let contact = $"<sip:bob@{bob.EndPoint};transport=tcp>;reg-id=1{instance}"
        bob.Send(register (bob.Request "REGISTER") contact)
        Expect.equal (bob.ReceiveResponse()).StatusCode 200 "bound"

        let call branch = caller.Send(ask "MESSAGE" $"sip:bob@{domain}" caller branch "", at proxy)

        call "z9hG4bK1"
        bob.Answer(bob.ReceiveRequest(), 202)
        Expect.equal (caller.ReceiveResponse()).StatusCode 202 "over its connection"
        (bob :> IDisposable).Dispose()
        let hasEnded () = proxy.Dispatcher.Engine.Loop.Newest.FlowCount = 0
        Expect.isTrue (StreamHouse.until hasEnded) "it ended"
        call "z9hG4bK2"
        Expect.equal (caller.ReceiveResponse()).StatusCode 480 "nobody is there"

        let query =
            (register (caller.Request "REGISTER") "<sip:x@y>").WithoutHeader "Contact"

        caller.Send(query, at proxy)
        Expect.hasLength (caller.ReceiveResponse()).Contacts 0 "nor bound")

/// A proxy that asks for credentials, but not within its dialogs.
let private withAsking run () =
    let users = dict [ "alice", DigestSecret.FromPassword "secret" ]
    let dispatcher = House.start (DispatcherOptions(Legs = [| udp |]))

    try
        let proxy = new StatelessProxy(dispatcher, options [ "RecordRoute", true ])

        let authenticator =
            DigestAuthenticator(
                DigestAuthenticatorOptions(
                    Realm = domain,
                    Users = Collections.Generic.Dictionary users,
                    IsProxy = true,
                    DialogsOf = proxy
                )
            )

        dispatcher.SetReceiver(Receiver.Chain(authenticator, proxy))
        run proxy
    finally
        House.finish dispatcher

let private request (text: string) = SipMessage.Parse text :?> SipRequest

let private asks =
    testCase
        "a proxy asks for its realm, keeps what was meant for it, and asks nobody within a call"
    <| withAsking (fun proxy ->
        use caller = new Peer()
        use callee = new Peer()
        let send (peer: Peer) (message: SipMessage) = peer.Send(message, at proxy)
        let first = request (ask "INVITE" (callee.Uri.ToString()) caller "z9hG4bK1" "")
        send caller first
        let challenge = caller.ReceiveResponse()
        Expect.equal challenge.StatusCode 407 "asked"
        send caller (first.CreateErrorAck challenge)

        match
            DigestClient([| DigestCredentials("alice", "secret") |]).Answer(first, challenge)
        with
        | null -> failtest "no answer"
        | again ->
            let others = "Digest username=\"a\", realm=\"far.test\""
            let branch = again.TopVia.WithBranch "z9hG4bK2"
            send caller (again.WithTopVia(branch).WithAddedHeader("Proxy-Authorization", others))

        let invite = callee.ReceiveRequest()
        let left = invite.GetHeaders "Proxy-Authorization"
        Expect.hasLength left 1 "one is left"
        Expect.stringContains left[0] "far.test" "the one that is not for us (22.3)"
        let ok = invite.CreateResponse(200, "theirs")
        send callee ok
        Expect.equal (caller.ReceiveResponse()).StatusCode 200 "the call is there"

        let bye branch route =
            (request (ask "BYE" (caller.Uri.ToString()) callee branch route))
                .WithHeader("To", string invite.From + "")
                .WithHeader("From", string ok.To)
                .WithHeader("Call-ID", string invite.CallId)

        send callee (bye "z9hG4bK3" $"Route: {invite.RecordRoutes[0]}\r\n")
        Expect.equal (caller.ReceiveRequest()).Method SipMethod.Bye "nobody asks within the call"
        send callee (bye "z9hG4bK4" "")
        Expect.equal (callee.ReceiveResponse()).StatusCode 407 "a tag alone proves nothing"
        let ping uri branch = request (ask "OPTIONS" uri callee branch "")
        send callee (ping $"sip:{at proxy}" "z9hG4bK5")
        Expect.equal (callee.ReceiveResponse()).StatusCode 200 "we are there (11)"
        send callee (ping $"sip:x@{at proxy}" "z9hG4bK6")
        Expect.equal (callee.ReceiveResponse()).StatusCode 407 "who asks for somebody is asked"
        send callee (ping $"sip:{caller.EndPoint}" "z9hG4bK7")
        Expect.equal (callee.ReceiveResponse()).StatusCode 407 "or for somebody else's server")

let tests = testList "Domain" [ flows; asks ]
