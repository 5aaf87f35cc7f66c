// stunnel (Debian: stunnel4): OpenSSL between a program that speaks TCP and one that speaks TLS. Each
// side shows a certificate of the tests' authority, and both look.
module SipFun.Tests.Interop.Stunnel

open System
open System.IO
open System.Net
open System.Security.Cryptography.X509Certificates
open Expecto
open SipFun.Tests
open SipFun.Tests.CSharpApi.Dns
open SipFun.Tests.CSharpApi.Streams

/// For both sides of each connection.
let certificate =
    lazy
        (Certificates.signedBy Certificates.root.Value {
            Certificates.good with
                Sans = [ UriName "sip:example.com"; IpName "127.0.0.1" ]
        })

/// Its certificate, its key, and the authority's certificate.
let pems () =
    let own = certificate.Value
    let key = Option.ofObj (own.GetECDsaPrivateKey()) |> Option.get

    own.ExportCertificatePem(),
    key.ExportPkcs8PrivateKeyPem(),
    Certificates.root.Value.ExportCertificatePem()

let private write folder =
    let own, key, root = pems ()

    for name, text in [ "certificate.pem", own; "key.pem", key; "root.pem", root ] do
        File.WriteAllText(Path.Combine(folder, name), text)

let private configuration folder port (target: IPEndPoint) role =
    String.Join(
        "\n",
        [
            "foreground = quiet"
            "debug = warning"
            "pid ="
            "[sip]"
            $"accept = 127.0.0.1:{port}"
            $"connect = {target}"
            $"cert = {folder}/certificate.pem"
            $"key = {folder}/key.pem"
            $"CAfile = {folder}/root.pem"
            "verifyChain = yes"
            yield! role
            ""
        ]
    )

let private before role target check =
    match Sipp.find "stunnel" with
    | None -> skiptest "stunnel is not installed (Debian: stunnel4)"
    | Some path ->
        Sipp.inFolder (fun folder ->
            let port = Dnsmasq.freePort ()
            write folder
            let file = Path.Combine(folder, "stunnel.conf")
            File.WriteAllText(file, configuration folder port target role)
            use stunnel = new Running(path, [ file ], folder)
            Sipp.waitUntilBound Sipp.Tcp stunnel port
            check (IPEndPoint(IPAddress.Loopback, port)))

/// TLS to where the check is told goes on as TCP to the target.
let server (target: IPEndPoint) (check: IPEndPoint -> unit) = before [] target check

/// TCP to where the check is told goes on as TLS to the target, which must be 127.0.0.1.
let client (target: IPEndPoint) (check: IPEndPoint -> unit) =
    before [ "client = yes"; "checkIP = 127.0.0.1" ] target check
