/// TLS legs: connections by name (RFC 5922; V-11), mutual TLS, other certificates while running.
module SipFun.Tests.CSharpApi.Streams.TlsTests

open System
open System.Net
open System.Net.Security
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse
open SipFun.Tests.CSharpApi.Streams.TlsHouse

let private byName (dispatcher: Dispatcher) =
    use server = new StreamServer()
    let accepting = accept server Certificates.example.Value
    let delivery = deliverTo dispatcher server "example.com"
    let peer, asked = House.wait accepting
    use peer = peer
    let request = peer.ReceiveRequest()
    Expect.equal request.TopVia.Transport "TLS" "the Via's transport"
    peer.Answer(request, 200)
    answered delivery
    Expect.equal asked.Value "example.com" "SNI"

/// Both names at one address, one certificate for both: still a connection each.
let private twoDomains (dispatcher: Dispatcher) =
    let sans = [ UriName "sip:example.com"; UriName "sip:example.org" ]

    let both =
        Certificates.signedBy Certificates.root.Value { Certificates.good with Sans = sans }

    use server = new StreamServer()

    let one name =
        let accepting = accept server both
        let delivery = deliverTo dispatcher server name
        let peer, asked = House.wait accepting
        serveOne peer
        answered delivery
        Expect.equal asked.Value name "asked for by its name"
        peer

    use first = one "example.com"
    use second = one "example.org"
    let again = deliverTo dispatcher server "EXAMPLE.com"
    serveOne first
    answered again
    Expect.isFalse (second.HasMore || server.HasMore) "the first name's connection, and no third"

/// The connection is there and open; it was not verified for the other name.
let private otherDomain (dispatcher: Dispatcher) =
    use server = new StreamServer()
    let accepting = accept server Certificates.example.Value
    let delivery = deliverTo dispatcher server "example.com"
    let peer, _ = House.wait accepting
    use peer = peer
    serveOne peer
    answered delivery

    let refusing =
        Task.Run(fun () ->
            let options = TlsPeer.serverOptions [ Certificates.example.Value ]

            try
                use peer = TlsPeer.accept options (server.AcceptSocket())
                peer.IsClosed()
            with failure when TlsPeer.isFailure failure ->
                true)

    let other = deliverTo dispatcher server "example.org"
    Expect.equal (fault other) TransportFault.CertificateRefused "refused"
    Expect.isTrue (House.wait refusing) "and closed"
    Expect.isFalse peer.HasMore "nothing over the first"
    Expect.equal (House.counter dispatcher "certificate_refused") 1L "counted"

/// The name before SRV is verified, not the target's (RFC 5922, 4; RFC 3263, 4).
let private srvTarget () =
    use server = new StreamServer()
    let port = server.EndPoint.Port
    let resolver = StaticDnsResolver()

    resolver.Add(
        SrvRecord("_sips._tcp.example.com", TimeSpan.FromHours 1.0, 0, 0, port, "sip1.example.net")
    )

    resolver.Add(AddressRecord("sip1.example.net", TimeSpan.FromHours 1.0, IPAddress.Loopback))

    let dispatcher =
        House.start (DispatcherOptions(Legs = [| connectOnly () |], Resolver = resolver))

    let certificate name =
        Certificates.signedBy Certificates.root.Value {
            Certificates.good with
                Sans = [ DnsName name ]
        }

    let deliver () =
        dispatcher.Deliver(
            dispatcher.CreateRequest(SipMethod.Options, SipUri.Parse "sips:a@example.com")
        )

    try
        let accepting =
            Task.Run(fun () ->
                try
                    let options = TlsPeer.serverOptions [ certificate "sip1.example.net" ]
                    use peer = TlsPeer.accept options (server.AcceptSocket())
                    peer.IsClosed() |> ignore
                with failure when TlsPeer.isFailure failure ->
                    ())

        Expect.equal (fault (deliver ())) TransportFault.CertificateRefused "the target's name"
        accepting.Wait Patience.span |> ignore
    finally
        House.finish dispatcher

let private mutual () =
    let leg = leg () |> changed [ "RequireClientCertificate", true ]

    withLegs TimeProvider.System [ leg ] (fun dispatcher ->
        let names: Collections.Generic.IReadOnlyList<string> ref = ref [||]

        dispatcher.SetReceiver(fun received ->
            names.Value <- received.VerifiedNames
            received.Respond(received.CreateResponse 200) |> ignore
            Receipt.Handled)

        let local = House.local dispatcher

        let connect chain = TlsPeer.connect (TlsPeer.clientOptions "example.com" chain) local

        let shown = Certificates.signedBy Certificates.root.Value Certificates.good
        use good = connect [ shown ]
        Expect.equal (asks good) 200 "with one"
        Expect.equal (Seq.toList names.Value) [ "example.com" ] "and we know whose it is"

        let refused chain =
            try
                use peer = connect chain
                peer.IsClosed()
            with failure when TlsPeer.isFailure failure ->
                true

        Expect.isTrue (refused []) "without one"
        Expect.isTrue (refused [ Certificates.selfSigned Certificates.good ]) "with a wrong one"

        Expect.isTrue
            (until (fun () -> House.counter dispatcher "certificate_refused" = 2L))
            "counted"

        Expect.equal (asks good) 200 "the first is still there")

/// A request that comes back over a connection that we opened, and verified for a name.
let private verifiedByUs (dispatcher: Dispatcher) =
    use server = new StreamServer()
    let names = Threading.Tasks.TaskCompletionSource<string list>()

    dispatcher.SetReceiver(fun received ->
        names.TrySetResult(List.ofSeq received.VerifiedNames) |> ignore
        Receipt.Handled)

    let accepting = accept server Certificates.example.Value
    let delivery = deliverTo dispatcher server "example.com"
    let peer, _ = House.wait accepting
    use peer = peer
    serveOne peer
    answered delivery
    peer.Send(peer.Request "OPTIONS")
    Expect.equal (House.wait names.Task) [ "example.com" ] "the name it was verified for"

/// Over TCP nobody vouches for anybody, nor over TLS without a client's certificate.
let private unverified () =
    withLegs TimeProvider.System [ tcp; leg () ] (fun dispatcher ->
        let names = Collections.Concurrent.ConcurrentQueue<string>()

        dispatcher.SetReceiver(fun received ->
            received.VerifiedNames |> Seq.iter names.Enqueue
            received.Respond(received.CreateResponse 200) |> ignore
            Receipt.Handled)

        use plain = StreamPeer.Connect dispatcher.Legs[0].LocalEndPoint
        Expect.equal (asks plain) 200 "TCP"
        let options = TlsPeer.clientOptions "example.com" []
        use secured = TlsPeer.connect options dispatcher.Legs[1].LocalEndPoint
        Expect.equal (asks secured) 200 "TLS"
        Expect.isEmpty names "nobody")

let private shownBy (peer: StreamPeer) =
    match (peer.Stream :?> SslStream).RemoteCertificate with
    | NonNull certificate -> certificate.GetSerialNumberString()
    | Null -> ""

let private replaced () =
    withLegs TimeProvider.System [ leg () ] (fun dispatcher ->
        answering dispatcher

        let connect () =
            TlsPeer.connect (TlsPeer.clientOptions "example.com" []) (House.local dispatcher)

        use before = connect ()
        Expect.equal (asks before) 200 "before"
        let next = Certificates.signedBy Certificates.root.Value Certificates.good
        dispatcher.Legs[0].ReplaceCertificate next
        use after = connect ()
        Expect.equal (asks after) 200 "after"
        Expect.equal (shownBy before) Certificates.example.Value.SerialNumber "the first one's"
        Expect.equal (shownBy after) next.SerialNumber "the next one's"
        Expect.equal (asks before) 200 "the old connection goes on")

let private withLeg run () = withLegs TimeProvider.System [ connectOnly () ] run

let tests =
    testList "TLS" [
        testCase "the name verified is asked for (SNI), and bears the request" <| withLeg byName
        testCase "V-11: two domains at one address, a connection each" <| withLeg twoDomains
        testCase "V-11: no request over a connection verified for another" <| withLeg otherDomain
        testCase "V-11: the name before SRV is verified, not the target's" srvTarget
        testCase "mutual TLS by one switch" mutual
        testCase "another certificate while running" replaced
        testCase "a request over our connection comes from the name it was verified for"
        <| withLeg verifiedByUs
        testCase "without a certificate nobody is verified" unverified
    ]
