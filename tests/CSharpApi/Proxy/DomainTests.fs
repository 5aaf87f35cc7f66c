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

let tests = testList "Domain" [ flows ]
