/// TLS legs: connections by name (RFC 5922; V-11), mutual TLS, other certificates while running,
/// options, and peers that speak something else.
module SipFun.Tests.CSharpApi.Streams.TlsTests

open System
open System.Collections.Generic
open System.IO
open System.Net
open System.Net.Security
open System.Net.Sockets
open System.Reflection
open System.Security.Cryptography.X509Certificates
open System.Threading.Tasks
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse

let private roots = lazy (Certificates.collection [ Certificates.root.Value ])

let private leg () =
    LegOptions.Tls "127.0.0.1:0"
    |> changed [ "Certificate", Certificates.example.Value; "TrustedRoots", roots.Value ]

let private connectOnly () = LegOptions.Tls "127.0.0.1:0" |> changed [ "TrustedRoots", roots.Value ]

let private deliverTo (dispatcher: Dispatcher) (server: StreamServer) (name: string) =
    let hop =
        Hop(Transport.Tls, IPAddress.Loopback, server.EndPoint.Port, VerifyName = name)

    let request = dispatcher.CreateRequest(SipMethod.Options, server.Uri)
    dispatcher.Deliver(request, DeliverOptions(Destination = hop))

let private fault delivery =
    match House.outcome delivery with
    | :? DeliveryOutcome.Unreachable as failed -> failed.Fault
    | other -> failtest $"{other}"

let private answered delivery =
    Expect.equal (House.outcome delivery).Kind DeliveryOutcomeKind.Answered "answered"

/// The next connection, with TLS; what SNI it asked for.
let private accept (server: StreamServer) certificate =
    let asked = ref ""
    let options = TlsPeer.serverOptions [ certificate ]
    options.ServerCertificateContext <- null

    options.ServerCertificateSelectionCallback <-
        ServerCertificateSelectionCallback(fun _ name ->
            asked.Value <- string name
            certificate)

    Task.Run(fun () -> TlsPeer.accept options (server.AcceptSocket()), asked)

let private serveOne (peer: StreamPeer) = peer.Answer(peer.ReceiveRequest(), 200)

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
        answering dispatcher
        let local = House.local dispatcher

        let connect chain = TlsPeer.connect (TlsPeer.clientOptions "example.com" chain) local

        let shown = Certificates.signedBy Certificates.root.Value Certificates.good
        use good = connect [ shown ]
        Expect.equal (asks good) 200 "with one"

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

let private onlyConnects (dispatcher: Dispatcher) =
    use socket =
        new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)

    let connect () = socket.Connect(House.local dispatcher)
    Expect.throwsT<SocketException> connect "nothing listens"
    byName dispatcher

/// What a server that is no TLS server makes of our handshake.
let private strangeServer (speak: Socket -> unit) expected () =
    withLegs TimeProvider.System [ connectOnly () ] (fun dispatcher ->
        use server = new StreamServer()
        let delivery = deliverTo dispatcher server "example.com"
        use socket = server.AcceptSocket()
        Expect.isTrue (socket.Poll(Patience.span, SelectMode.SelectRead)) "the handshake began"
        speak socket
        Expect.equal (fault delivery) expected "why"

        Expect.isTrue
            (until (fun () -> House.counter dispatcher "handshake_failed" = 1L))
            "counted")

let private strangeClient (speak: StreamPeer -> unit) () =
    withLegs TimeProvider.System [ leg () ] (fun dispatcher ->
        answering dispatcher

        let connect () =
            TlsPeer.connect (TlsPeer.clientOptions "example.com" []) (House.local dispatcher)

        use good = connect ()
        let strange = StreamPeer.Connect(House.local dispatcher)
        speak strange

        Expect.isTrue
            (until (fun () -> House.counter dispatcher "handshake_failed" = 1L))
            "counted"

        Expect.equal (asks good) 200 "the others stay"
        use next = connect ()
        Expect.equal (asks next) 200 "new ones come in")

let private resetting (socket: Socket) =
    socket.LingerState <- LingerOption(true, 0)
    socket.Dispose()

let private saying (bytes: byte array) (socket: Socket) = socket.Send bytes |> ignore
let private garbage = Array.init 600 (fun index -> byte (index * 31 + 200))
let private plainResponse = "SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n"B

let private closing (bytes: byte array) (peer: StreamPeer) =
    peer.Send bytes
    peer.IsClosed() |> ignore

let private stallingServer () =
    let time = FakeTimeProvider()

    withLegs time [ connectOnly () ] (fun dispatcher ->
        use server = new StreamServer()
        let delivery = deliverTo dispatcher server "example.com"
        use socket = server.AcceptSocket()
        Expect.isTrue (socket.Poll(Patience.span, SelectMode.SelectRead)) "the handshake began"
        pass time 10
        Expect.isFalse delivery.Completion.IsCompleted "not before 10 s"
        pass time 1
        Expect.equal (fault delivery) TransportFault.HandshakeTimedOut "after 10 s"
        Expect.equal (House.counter dispatcher "handshake_too_slow") 1L "counted")

let private stallingClient () =
    let time = FakeTimeProvider()

    withLegs time [ leg () ] (fun dispatcher ->
        use peer = StreamPeer.Connect(House.local dispatcher)
        Expect.isTrue (until (fun () -> (link dispatcher 0).Count = 1)) "accepted"
        pass time 10
        Expect.equal (House.counter dispatcher "handshake_too_slow") 0L "not before 10 s"
        pass time 1
        Expect.isTrue (peer.IsClosed()) "closed after 10 s"

        Expect.isTrue
            (until (fun () -> House.counter dispatcher "handshake_too_slow" = 1L))
            "counted")

let private usersCallback () =
    let seen = ref 0

    let callback =
        RemoteCertificateValidationCallback(fun _ _ _ _ ->
            seen.Value <- seen.Value + 1
            true)

    let options =
        SslClientAuthenticationOptions(RemoteCertificateValidationCallback = callback)

    let leg = connectOnly () |> changed [ "SslClientAuthenticationOptions", options ]

    withLegs TimeProvider.System [ leg ] (fun dispatcher ->
        use server = new StreamServer()
        let accepting = accept server (Certificates.selfSigned Certificates.good)
        let delivery = deliverTo dispatcher server "another.example"
        let peer, _ = House.wait accepting
        use peer = peer
        serveOne peer
        answered delivery
        Expect.equal seen.Value 1 "asked once"
        Expect.isNull options.TargetHost "the user's options are not written to")

let private inFolder run =
    let folder = Directory.CreateTempSubdirectory "sipfun-pem-"

    try
        run (fun name -> Path.Combine(folder.FullName, name))
    finally
        folder.Delete true

let private pemFiles () =
    inFolder (fun path ->
        let middle =
            Certificates.signedBy Certificates.root.Value {
                Certificates.authority with
                    Subject = "CN=SipFun test middle"
            }

        let own = Certificates.signedBy middle Certificates.good

        File.WriteAllText(
            path "cert.pem",
            own.ExportCertificatePem() + "\n" + middle.ExportCertificatePem()
        )

        let key = Option.ofObj (own.GetECDsaPrivateKey()) |> Option.get
        File.WriteAllText(path "key.pem", key.ExportPkcs8PrivateKeyPem())
        File.WriteAllText(path "ca.pem", Certificates.root.Value.ExportCertificatePem())

        let leg =
            LegOptions.Tls("127.0.0.1:0").WithPem(path "cert.pem", path "key.pem", path "ca.pem")

        let asked = LegOptions.Tls("127.0.0.1:0").WithTrust(path "ca.pem")

        withLegs TimeProvider.System [ leg; asked ] (fun dispatcher ->
            answering dispatcher
            let local = House.local dispatcher

            let hop = Hop(Transport.Tls, local.Address, local.Port, VerifyName = "example.com")

            let request =
                dispatcher.CreateRequest(SipMethod.Options, SipUri.Parse "sips:us@example.com")

            let options = DeliverOptions(Destination = hop, Leg = dispatcher.Legs[1])
            answered (dispatcher.Deliver(request, options))))

let private misuse () =
    inFolder (fun path ->
        File.WriteAllText(path "empty.pem", "")
        let tls = LegOptions.Tls "127.0.0.1:0"

        let throws text (run: unit -> obj) = Expect.throwsT<ArgumentException> (run >> ignore) text

        throws "no certificate" (fun () -> tls.WithPem(path "empty.pem"))
        throws "no root" (fun () -> tls.WithTrust(path "empty.pem"))
        let bare = X509CertificateLoader.LoadCertificate Certificates.example.Value.RawData

        Expect.throwsT<TargetInvocationException>
            (fun () -> changed [ "Certificate", bare ] tls |> ignore)
            "no private key"

        let started leg =
            fun () ->
                let options = DispatcherOptions(Legs = [| leg |])
                Dispatcher.StartAsync(options).GetAwaiter().GetResult() :> obj

        throws "nothing to show" (started (changed [ "RequireClientCertificate", true ] tls))
        throws "TLS options on TCP" (started (changed [ "TrustedRoots", roots.Value ] tcp)))

let private cannotReplace () =
    withLegs TimeProvider.System [ tcp; connectOnly () ] (fun dispatcher ->
        for leg in dispatcher.Legs do
            Expect.throwsT<InvalidOperationException>
                (fun () -> leg.ReplaceCertificate Certificates.example.Value)
                $"{leg}")

let private withLeg run () = withLegs TimeProvider.System [ connectOnly () ] run

let tests =
    testList "TLS" [
        testCase "the name verified is asked for (SNI), and bears the request" <| withLeg byName
        testCase "V-11: two domains at one address, a connection each" <| withLeg twoDomains
        testCase "V-11: no request over a connection verified for another" <| withLeg otherDomain
        testCase "V-11: the name before SRV is verified, not the target's" srvTarget
        testCase "mutual TLS by one switch" mutual
        testCase "another certificate while running" replaced
        testCase "a leg without a certificate only connects" <| withLeg onlyConnects
        testCase "matrix reset, client" <| strangeServer resetting TransportFault.HandshakeFailed
        testCase "matrix garbage, client"
        <| strangeServer (saying garbage) TransportFault.HandshakeFailed
        testCase "matrix plain-sip, client"
        <| strangeServer (saying plainResponse) TransportFault.HandshakeFailed
        testCase "matrix stall, client: HandshakeTimeout" stallingServer
        testCase "matrix stall, server: HandshakeTimeout" stallingClient
        testCase "matrix reset, server" <| strangeClient _.Reset()
        testCase "matrix garbage, server" <| strangeClient (closing garbage)
        testCase "matrix plain-sip, server"
        <| strangeClient (fun peer ->
            closing (Text.Encoding.ASCII.GetBytes(peer.Request "OPTIONS")) peer)
        testCase "HTTP on the TLS port"
        <| strangeClient (closing "GET / HTTP/1.1\r\nHost: h\r\n\r\n"B)
        testCase "the user's own validation wins" usersCallback
        testCase "certificate, chain, key and roots from PEM files" pemFiles
        testCase "misuse throws at once" misuse
        testCase "only what listens has a certificate to replace" cannotReplace
    ]
