// openssl s_client and Kamailio over TLS, with certificates made for the test.
module SipFun.Tests.Interop.TlsTests

open System
open System.IO
open System.Net
open System.Security.Cryptography.X509Certificates
open Expecto
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Dns
open SipFun.Tests.CSharpApi.Streams

let private program name =
    match Sipp.find name with
    | Some path -> path
    | None -> skiptest $"{name} is not installed"

let private writePem (own: X509Certificate2) certificate key =
    File.WriteAllText(certificate, own.ExportCertificatePem())
    let pair = Option.ofObj (own.GetECDsaPrivateKey()) |> Option.get
    File.WriteAllText(key, pair.ExportPkcs8PrivateKeyPem())

let private named name =
    Certificates.signedBy Certificates.root.Value {
        Certificates.good with
            Sans = [ UriName $"sip:{name}"; DnsName name ]
    }

let private request =
    String.Join(
        "\r\n",
        [
            "OPTIONS sip:us@example.com SIP/2.0"
            "Via: SIP/2.0/TLS 127.0.0.1:5099;branch=z9hG4bKopenssl;rport"
            "From: <sip:openssl@example.com>;tag=1"
            "To: <sip:us@example.com>"
            "Call-ID: openssl"
            "CSeq: 1 OPTIONS"
            "Max-Forwards: 70"
            "Content-Length: 0"
            ""
            ""
        ]
    )

/// openssl checks our chain and name too, and gives up if they are wrong.
let private openssl () =
    let path = program "openssl"

    let leg =
        LegOptions.Tls "127.0.0.1:0" |> StreamHouse.changed [ "Certificate", named "example.com" ]

    StreamHouse.withLegs TimeProvider.System [ leg ] (fun dispatcher ->
        StreamHouse.answering dispatcher

        Sipp.inFolder (fun folder ->
            let file name = Path.Combine(folder, name)
            File.WriteAllText(file "ca.pem", Certificates.root.Value.ExportCertificatePem())
            File.WriteAllText(file "request.txt", request)

            let command =
                $"exec {path} s_client -connect {House.local dispatcher} -servername example.com "
                + "-CAfile ca.pem -verify_return_error -verify_hostname example.com -quiet "
                + "< request.txt"

            use client = new Running("/bin/sh", [ "-c"; command ], folder)
            let line = client.WaitForLine(fun line -> line.StartsWith "SIP/2.0")
            Expect.stringStarts line "SIP/2.0 200" "answered"))

let private configuration port folder =
    String.Join(
        "\n",
        [
            "debug=0"
            "log_stderror=yes"
            "children=1"
            "tcp_children=1"
            "auto_aliases=no"
            $"listen=tls:127.0.0.1:{port}"
            "enable_tls=yes"
            "loadmodule \"tls.so\""
            "loadmodule \"pv.so\""
            "loadmodule \"sl.so\""
            $"modparam(\"tls\", \"private_key\", \"{folder}/key.pem\")"
            $"modparam(\"tls\", \"certificate\", \"{folder}/cert.pem\")"
            "modparam(\"tls\", \"tls_method\", \"TLSv1.2+\")"
            "request_route { sl_send_reply(\"200\", \"OK\"); }"
            ""
        ]
    )

/// Debian keeps modules below the folder of the processor.
let private hasTls () =
    Directory.GetDirectories "/usr/lib"
    |> Seq.append [ "/usr/lib" ]
    |> Seq.exists (fun folder -> File.Exists $"{folder}/kamailio/modules/tls.so")

/// A server of Kamailio's with our certificate.
let private withKamailio (check: int -> unit) =
    let path = program "kamailio"

    if not (hasTls ()) then
        skiptest "kamailio-tls-modules is not installed"

    Sipp.inFolder (fun folder ->
        let port = Dnsmasq.freePort ()
        writePem (named "example.com") $"{folder}/cert.pem" $"{folder}/key.pem"
        File.WriteAllText($"{folder}/kamailio.cfg", configuration port folder)

        let arguments = [
            "-f"
            $"{folder}/kamailio.cfg"
            "-DD"
            "-E"
            "-Y"
            folder
            "-w"
            folder
            "-m"
            "32"
            "-M"
            "4"
        ]

        use server = new Running(path, arguments, folder)

        try
            Sipp.waitUntilBound Sipp.Tcp server port
            check port
        finally
            server.Terminate()
            server.WaitForExit() |> ignore)

let private kamailio () =
    let roots = Certificates.collection [ Certificates.root.Value ]

    let leg =
        LegOptions.Tls "127.0.0.1:0" |> StreamHouse.changed [ "TrustedRoots", roots ]

    withKamailio (fun port ->
        StreamHouse.withLegs TimeProvider.System [ leg ] (fun dispatcher ->
            let deliver name =
                let hop = Hop(Transport.Tls, IPAddress.Loopback, port, VerifyName = name)
                let uri = SipUri.Parse $"sips:us@{name}"
                let request = dispatcher.CreateRequest(SipMethod.Options, uri)
                House.outcome (dispatcher.Deliver(request, DeliverOptions(Destination = hop)))

            for _ in 1..3 do
                match deliver "example.com" with
                | :? DeliveryOutcome.Answered as answered ->
                    Expect.equal answered.Response.StatusCode 200 "status"
                | other -> failtest $"{other}"

            Expect.equal (StreamHouse.link dispatcher 0).Count 1 "over one connection"

            match deliver "example.org" with
            | :? DeliveryOutcome.Unreachable as failed ->
                Expect.equal failed.Fault TransportFault.CertificateRefused "another name"
            | other -> failtest $"{other}"))

let tests =
    testList "TLS" [
        testCase "openssl s_client verifies us and gets its 200" openssl
        testCase "Kamailio answers, and is verified by its name (RFC 5922)" kamailio
    ]
