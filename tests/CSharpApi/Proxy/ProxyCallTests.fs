// Calls through a proxy that stays on the path, from each transport to each: INVITE, ACK and BYE find
// their way, and so do the responses (RFC 3261, 16.6 and 16.12; RFC 5658; RFC 7118).
module SipFun.Tests.CSharpApi.Proxy.ProxyCallTests

open System
open Expecto
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams
open SipFun.Tests.CSharpApi.UserAgent
open SipFun.Tests.CSharpApi.Proxy.ProxyHouse

let private transports = [ Transport.Udp; Transport.Tcp; Transport.Tls; Transport.Ws ]

/// Each end goes by the name that its certificate bears.
let private named (leg: LegOptions) = StreamHouse.changed [ "Advertise", "example.com" ] leg

let private leg transport =
    match transport with
    | Transport.Udp -> LegOptions.Udp "127.0.0.1:0" |> named
    | Transport.Tcp -> LegOptions.Tcp "127.0.0.1:0" |> named
    | Transport.Ws -> LegOptions.Ws "127.0.0.1:0" |> named
    | _ -> TlsHouse.leg () |> named

let private zone () = StaticDnsResolver().AddAddress("example.com", "127.0.0.1")

let private houseOf legs =
    House.start (DispatcherOptions(Legs = Array.ofList legs, Resolver = zone ()))

let private uriOf (user: string) (dispatcher: Dispatcher) transport =
    let leg = dispatcher.Legs |> Seq.find (fun leg -> leg.Transport = transport)
    let name = transport.ToString().ToLowerInvariant()
    SipUri.Parse $"sip:{user}example.com:{leg.LocalEndPoint.Port};transport={name}"

let private agentOf (user: string) (dispatcher: Dispatcher) transport (route: SipUri | null) =
    let uri = uriOf $"{user}@" dispatcher transport

    let agent =
        new UserAgent(
            dispatcher,
            UserAgentOptions(
                Address = NameAddr.Parse $"<sip:{user}@example.com>",
                Contact = NameAddr.Create uri,
                OutgoingProxy = route
            )
        )

    dispatcher.SetReceiver agent
    struct (agent, uri)

let private call (caller: UserAgent) (callee: UserAgent) (target: SipUri) =
    callee.OnInvitation <-
        fun invitation ->
            invitation.Accept AgentHouse.offer |> ignore
            Threading.Tasks.Task.CompletedTask

    let call =
        House.wait (caller.CallAsync(target, CallOptions(Body = AgentHouse.offer)))

    let answer = House.wait call.Answered
    Expect.equal (AgentHouse.status answer) 200 $"answered: {call.Explain()}"
    let over = House.wait (call.ByeAsync())
    Expect.equal over.Kind CallEndKind.HungUp $"{over}"
    Expect.isNull over.Outcome "the BYE was answered"

let private through from to' options =
    testCase $"{from} to {to'}"
    <| fun () ->
        let dispatchers = [ houseOf [ leg from ]; houseOf [ leg to' ] ]
        let middle = houseOf [ for transport in transports -> leg transport ]

        try
            let proxy = new StatelessProxy(middle, options)
            middle.SetReceiver proxy
            let route = uriOf "" middle from
            let struct (caller, _) = agentOf "alice" dispatchers[0] from route
            let struct (callee, target) = agentOf "bob" dispatchers[1] to' null
            call caller callee target
            Expect.isTrue (Core.State.idle middle.Engine.Loop.State) "the proxy keeps nothing"
        finally
            List.iter House.finish (middle :: dispatchers)

let private recording = options [ "AllowForeign", true; "RecordRoute", true ]
let private rewriting = options [ "AllowForeign", true; "RewriteContact", true ]

let tests =
    testList "Calls through a proxy" [
        testList "Record-Route" [
            for from in transports do
                for to' in transports do
                    through from to' recording
        ]
        testList "rewritten Contacts" [
            through Transport.Udp Transport.Udp rewriting
            through Transport.Ws Transport.Udp rewriting
            through Transport.Udp Transport.Tcp rewriting
        ]
    ]
