// A whole domain, our registrar beside our proxy, between the programs of others: two baresips, Kamailio
// on either side, a browser; over each transport, and from one to another.
module SipFun.Tests.Interop.DomainTests

open System.Collections.Generic
open System.Net
open Expecto
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams
open SipFun.Tests.Interop.AgentHouse

let private domain = "example.test"
let private udp = LegOptions.Udp "127.0.0.1:0"
let private tcp = LegOptions.Tcp "127.0.0.1:0"

let private tls =
    lazy
        (LegOptions.Tls "127.0.0.1:0"
         |> StreamHouse.changed [
             "Certificate", Stunnel.certificate.Value
             "TrustedRoots", Certificates.collection [ Certificates.root.Value ]
         ])

/// alice and bob, by the only digest that baresip 1.0 knows.
let private authenticator () =
    let secret = DigestSecret.FromPassword "secret"

    DigestAuthenticator(
        DigestAuthenticatorOptions(
            Realm = domain,
            Users = Dictionary(dict [ "alice", secret; "bob", secret ]),
            Algorithms = [| DigestAlgorithm.Md5 |],
            Methods = [| SipMethod.Register |]
        )
    )

/// The registrar and the proxy of example.test with these legs; its neighbours' Contacts lead through
/// it when they take no connections.
let private withDomain legs isEdge (guards: IReceiver list) check =
    let dispatcher = House.start (DispatcherOptions(Legs = Array.ofList legs))
    use registrar = new Registrar(RegistrarOptions(Domains = [| domain |]))

    let options =
        StatelessProxyOptions(
            Domains = [| domain |],
            Locations = registrar.Store,
            RecordRoute = true,
            RewriteContact = isEdge
        )

    let proxy = new StatelessProxy(dispatcher, options)
    let served: IReceiver list = [ registrar; proxy ]
    dispatcher.SetReceiver(Receiver.Chain(Array.ofList (guards @ served)))

    try
        check dispatcher registrar
    finally
        House.finish dispatcher

let private localBy transport (dispatcher: Dispatcher) =
    let leg = dispatcher.Legs |> Seq.find (fun leg -> leg.Transport = transport)
    leg.LocalEndPoint

/// Where this transport leads to it: a Route for who is registered there.
let private entry (dispatcher: Dispatcher) transport =
    let uri = SipUri.Parse $"sip:{localBy transport dispatcher}"

    if transport = Transport.Udp then
        uri
    else
        uri.WithParameter("transport", $"{transport}".ToLowerInvariant())

/// By which way each user is bound.
let private waysOf (registrar: Registrar) name =
    let address = AddressOfRecord.Parse $"sip:{name}@{domain}"
    let bindings = House.wait (registrar.Store.LookupAsync(address).AsTask())
    [ for binding in bindings -> (nonNull binding.Leg).Transport ]

/// One baresip calls another and hangs up, each by a transport of its own.
let private baresips caller called () =
    let isEdge = called = Transport.Tls

    withDomain [ udp; tcp; tls.Value ] isEdge [ authenticator () ] (fun dispatcher registrar ->
        let user name transport =
            Baresip.withUser
                $"sip:{name}@{domain}"
                $";auth_user={name};outbound=\"{entry dispatcher transport}\""

        user "bob" called [] (fun bob ->
            bob.WaitForLine Baresip.isBound |> ignore
            Expect.equal (waysOf registrar "bob") [ called ] "how bob is bound"

            user "alice" caller [ "-e"; $"/dial sip:bob@{domain}" ] (fun alice ->
                alice.WaitForLine Baresip.isEstablished |> ignore
                bob.WaitForLine Baresip.isEstablished |> ignore
                Expect.equal (waysOf registrar "alice") [ caller ] "how alice is bound")

            bob.WaitForLine Baresip.isOver |> ignore))

/// A proxy of ours that leads the domain there.
let private withLeading (target: SipUri) (check: Dispatcher -> unit) =
    let map = Dictionary<string, SipUri>()
    map[domain] <- target

    let dispatcher =
        House.start (DispatcherOptions(Legs = [| udp; tcp |], DomainProxies = map))

    dispatcher.SetReceiver(
        new StatelessProxy(dispatcher, StatelessProxyOptions(RecordRoute = true))
    )

    try
        check dispatcher
    finally
        House.finish dispatcher

/// sipp, Kamailio, our proxy, sipp.
let private behind protocol () =
    Sipp.asServer "uas-proxied" (fun server ->
        withLeading (uriBy Sipp.Udp "bob" server) (fun dispatcher ->
            let ours = entry dispatcher (transportOf protocol)

            Kamailio.withRelayTo ours (fun kamailio ->
                Sipp.asClient "uac-proxied" kamailio |> ignore)))
    |> ignore

/// sipp, our proxy, Kamailio, sipp.
let private before protocol () =
    Sipp.asServer "uas-proxied" (fun server ->
        Kamailio.withRelayTo (uriBy Sipp.Udp "bob" server) (fun kamailio ->
            withLeading (uriBy protocol "" kamailio) (fun dispatcher ->
                Sipp.asClient "uac-proxied" (localBy Transport.Udp dispatcher) |> ignore)))
    |> ignore

/// bob, with a UDP leg of his own, bound by way of the proxy.
let private withBob (proxy: SipUri) (check: UserAgent -> unit) =
    let dispatcher = House.start (DispatcherOptions(Legs = [| udp |]))

    try
        let address = NameAddr.Parse $"<sip:bob@{domain}>"
        let options = UserAgentOptions(Address = address, OutgoingProxy = proxy)
        let agent = new UserAgent(dispatcher, options)
        dispatcher.SetReceiver agent
        let registration = House.wait (agent.RegisterAsync())
        Expect.hasLength registration.Bindings 1 "bob is bound"
        check agent
        House.wait (task { do! agent.DisposeAsync() })
    finally
        House.finish dispatcher

let private hearing (agent: UserAgent) =
    let heard = System.Threading.Tasks.TaskCompletionSource<string>()

    agent.OnRequest <-
        fun request ->
            heard.TrySetResult((nonNull request.Body).ToString()) |> ignore
            request.Respond()
            System.Threading.Tasks.Task.CompletedTask

    heard.Task

/// The browser registers over WSS and writes to bob, who has UDP, and gets an answer and a message.
let private browser () =
    Browser.withPage (fun page wss open' ->
        withDomain [ udp; wss ] false [] (fun dispatcher registrar ->
            withBob (entry dispatcher Transport.Udp) (fun bob ->
                let heard = hearing bob
                let server = localBy Transport.Wss dispatcher

                open' $"server={server}&domain={domain}" (fun () ->
                    Browser.reportsUntil page "MESSAGE 200"
                    Expect.equal (House.wait heard) "hello from a browser" "over UDP"

                    Expect.equal
                        (waysOf registrar "alice")
                        [ Transport.Wss ]
                        "the browser's way"

                    let alice = SipUri.Parse $"sip:alice@{domain}"
                    let back = House.wait (bob.MessageAsync(alice, "hello from bob"))
                    Expect.equal back.StatusCode 200 "the browser took it"
                    Browser.reportsUntil page "heard hello from bob"))))

let tests =
    testList "Our domain" [
        for caller, called in
            [
                Transport.Udp, Transport.Tcp
                Transport.Tcp, Transport.Tls
                Transport.Tls, Transport.Udp
            ] do
            testCase $"baresip calls baresip, {caller} to {called}" (baresips caller called)

        for protocol in [ Sipp.Udp; Sipp.Tcp ] do
            testCase $"a call, behind Kamailio, over %A{protocol} between" (behind protocol)
            testCase $"a call, before Kamailio, over %A{protocol} between" (before protocol)

        testCase "a browser over WSS and a user agent over UDP" browser
    ]
