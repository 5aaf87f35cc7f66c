/// What a TLS leg may be given, and what not.
module SipFun.Tests.CSharpApi.Streams.TlsOptionsTests

open System
open System.IO
open System.Net.Security
open System.Net.Sockets
open System.Reflection
open System.Security.Cryptography.X509Certificates
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse
open SipFun.Tests.CSharpApi.Streams.TlsHouse

let private onlyConnects (dispatcher: Dispatcher) =
    use socket =
        new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)

    let connect () = socket.Connect(House.local dispatcher)
    Expect.throwsT<SocketException> connect "nothing listens"
    use server = new StreamServer()
    let accepting = accept server Certificates.example.Value
    let delivery = deliverTo dispatcher server "example.com"
    let peer, _ = House.wait accepting
    use peer = peer
    serveOne peer
    answered delivery

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

/// The user's choice by the name asked for goes before the leg's own certificate.
let private byName () =
    let other =
        Certificates.signedBy Certificates.root.Value {
            Certificates.good with
                Sans = [ UriName "sip:example.org" ]
        }

    let choose =
        ServerCertificateSelectionCallback(fun _ name ->
            if name = "example.org" then other else Certificates.example.Value)

    let options =
        SslServerAuthenticationOptions(ServerCertificateSelectionCallback = choose)

    let leg = leg () |> changed [ "SslServerAuthenticationOptions", options ]

    withLegs TimeProvider.System [ leg ] (fun dispatcher ->
        answering dispatcher

        for name, expected in [ "example.com", Certificates.example.Value; "example.org", other ] do
            let local = House.local dispatcher
            use peer = TlsPeer.connect (TlsPeer.clientOptions name []) local
            Expect.equal (asks peer) 200 name

            match (peer.Stream :?> SslStream).RemoteCertificate with
            | NonNull shown ->
                Expect.equal (shown.GetSerialNumberString()) expected.SerialNumber "whose it is"
            | Null -> failtest "none was shown")

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
    testList "TLS options" [
        testCase "a leg without a certificate only connects" <| withLeg onlyConnects
        testCase "the user's own validation wins" usersCallback
        testCase "a certificate by the name asked for (SNI), by the user's callback" byName
        testCase "certificate, chain, key and roots from PEM files" pemFiles
        testCase "misuse throws at once" misuse
        testCase "only what listens has a certificate to replace" cannotReplace

    ]
