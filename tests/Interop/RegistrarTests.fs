// Kamailio as registrar with digest, and baresip as a telephone, over UDP and TCP; and our own registrar.
module SipFun.Tests.Interop.RegistrarTests

open System
open System.Net
open Expecto
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi
open SipFun.Tests.Interop.AgentHouse

let private alice (server: IPEndPoint) = $"<sip:alice@{server}>"

let private register protocol (agent: UserAgent) server =
    let options = RegisterOptions(Registrar = uriBy protocol "" server)
    House.wait (agent.RegisterAsync options)

let private binds protocol () =
    Kamailio.withRegistrar (fun server ->
        withAgent (alice server) 0 (fun agent ->
            let registration = register protocol agent server
            Expect.equal registration.Bindings.Count 1 "bound"
            Expect.equal registration.Expires (TimeSpan.FromHours 1.0) "as asked"
            let over = House.wait (registration.UnregisterAsync())
            Expect.equal over.Kind RegistrationEndKind.Unregistered $"{over}"))

let private isRefused () =
    Kamailio.withRegistrar (fun server ->
        let dispatcher = House.start House.loopback

        try
            let wrong = DigestCredentials("alice", "wrong")
            let address = NameAddr.Parse(alice server)
            let options = UserAgentOptions(Address = address, Credentials = [| wrong |])
            let agent = new UserAgent(dispatcher, options)

            try
                register Sipp.Udp agent server |> ignore
                failtest "refused"
            with :? RegistrationException as error ->
                Expect.isNotNull error.Response "by 401"
        finally
            House.finish dispatcher)

/// One agent calls another through the proxy, by its binding.
let private meets protocol () =
    Kamailio.withRegistrar (fun server ->
        withAgent (alice server) 0 (fun called ->
            register protocol called server |> ignore
            let coming = invited called (fun invitation -> invitation.Accept offer |> ignore)

            withAgent "<sip:carol@example.com>" 0 (fun caller ->
                let call = House.wait (caller.CallAsync(uriBy protocol "alice" server))
                answered call |> ignore
                let other = House.wait coming
                Expect.isNotNull (House.wait other.Acknowledged) "the ACK comes through"
                House.wait (call.ByeAsync()) |> ignore
                ends CallEndKind.HungUpByPeer other)

            for registration in called.Registrations do
                House.wait (registration.UnregisterAsync()) |> ignore))

let private isCalled protocol () =
    Kamailio.withRegistrar (fun server ->
        Baresip.withBob protocol server [] (fun baresip ->
            baresip.WaitForLine Baresip.isBound |> ignore

            withAgent (alice server) 0 (fun agent ->
                let options = CallOptions(Body = audio)
                let target = uriBy protocol "bob" server
                let call = House.wait (agent.CallAsync(target, options))
                answered call |> ignore
                Expect.isNotNull call.RemoteBody "its answer"
                House.wait (call.ByeAsync()) |> ignore
                ends CallEndKind.HungUp call)))

let private callsUs protocol () =
    Kamailio.withRegistrar (fun server ->
        withAgent (alice server) 0 (fun agent ->
            register protocol agent server |> ignore
            let coming = invited agent (fun invitation -> invitation.Accept audio |> ignore)
            // It adds its account's transport itself.
            let dial = [ "-e"; $"/dial sip:alice@{server}" ]

            Baresip.withBob protocol server dial (fun _ ->
                let call = House.wait coming
                Expect.isNotNull (House.wait call.Acknowledged) "its ACK"
                Expect.isNotNull call.RemoteBody "its offer"
                House.wait (call.ByeAsync()) |> ignore
                ends CallEndKind.HungUp call)

            for registration in agent.Registrations do
                House.wait (registration.UnregisterAsync()) |> ignore))

/// Our registrar at one address over UDP and TCP, which knows the passwords of bob and alice.
let private withOurs protocol isAsking (check: IPEndPoint -> ILocationStore -> unit) =
    let legs = [| LegOptions.Udp "127.0.0.1:0"; LegOptions.Tcp "127.0.0.1:0" |]
    let dispatcher = House.start (DispatcherOptions(Legs = legs))
    use registrar = new Registrar(RegistrarOptions(Domains = [| "127.0.0.1" |]))
    let secret = DigestSecret.FromPassword "secret"

    let users = Collections.Generic.Dictionary(dict [ "alice", secret; "bob", secret ])

    let authenticator =
        DigestAuthenticator(
            DigestAuthenticatorOptions(
                Realm = "sipfun",
                Users = users,
                // baresip 1.0 knows no other, and gives up at the first that it does not know.
                Algorithms = [| DigestAlgorithm.Md5 |]
            )
        )

    dispatcher.SetReceiver(
        if isAsking then
            Receiver.Chain(authenticator, registrar)
        else
            registrar
    )

    try
        let legs = dispatcher.GetLegs(transport = transportOf protocol)
        check legs[0].LocalEndPoint registrar.Store
    finally
        House.finish dispatcher

let private boundTo (store: ILocationStore) name =
    let address = AddressOfRecord.Parse $"sip:{name}@127.0.0.1"
    List.ofSeq (House.wait (store.LookupAsync(address).AsTask()))

let private bindsBaresip protocol () =
    withOurs protocol true (fun server store ->
        Baresip.withBob protocol server [] (fun baresip ->
            baresip.WaitForLine Baresip.isBound |> ignore

            match boundTo store "bob" with
            | [ binding ] ->
                Expect.equal
                    (nonNull binding.Leg).Transport
                    (transportOf protocol)
                    "the way it came"

                Expect.isLessThanOrEqual binding.ExpiresIn.TotalMinutes 10.0 "regint"
            | other -> failtest $"{other.Length} bindings"))

let private bindsSipp protocol () =
    withOurs protocol false (fun server store ->
        let counts = Sipp.asClientBy protocol "uac-register" server
        Expect.equal counts["0_REGISTER_Sent"] 1 "once"
        Expect.isEmpty (boundTo store "sipp") "and taken back")

/// sipp names the registrar's address in its credentials, which is the Request-URI here.
let private asksSipp protocol () =
    withOurs protocol true (fun server store ->
        let counts = Sipp.asClientBy protocol "uac-register-auth" server
        Expect.equal counts["1_401_Recv"] 1 "asked"

        match boundTo store "bob" with
        | [ binding ] -> Expect.stringStarts (string binding.Uri) "sip:bob@" "bound"
        | other -> failtest $"{other.Length} bindings")

let private bindsUs protocol () =
    withOurs protocol true (fun server store ->
        withAgent (alice server) 0 (fun agent ->
            let registration = register protocol agent server
            Expect.hasLength (boundTo store "alice") 1 "bound"
            House.wait (registration.UnregisterAsync()) |> ignore
            Expect.isEmpty (boundTo store "alice") "and taken back"))

let private both name (test: Sipp.Protocol -> unit -> unit) = [
    testCase $"{name}, UDP" (test Sipp.Udp)
    testCase $"{name}, TCP" (test Sipp.Tcp)
]

let tests =
    testList "Registrar" [
        yield! both "Kamailio binds us, and takes it back" binds
        testCase "Kamailio refuses a wrong password" isRefused
        yield! both "a call through Kamailio, to a binding" meets
        yield! both "baresip is called" isCalled
        yield! both "baresip calls us" callsUs
        yield! both "our registrar binds baresip" bindsBaresip
        yield! both "our registrar binds sipp, refreshes, tells, and lets go" bindsSipp
        yield! both "our registrar asks sipp for its password" asksSipp
        yield! both "our registrar binds our agent" bindsUs
    ]
