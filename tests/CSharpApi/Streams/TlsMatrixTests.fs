/// The TLS matrix: each certificate and each kind of peer, as a client and as a server, over IPv4
/// and IPv6, against the table in tls-matrix.tsv.
module SipFun.Tests.CSharpApi.Streams.TlsMatrixTests

open System
open System.IO
open System.Net
open System.Net.Security
open System.Net.Sockets
open System.Security.Cryptography.X509Certificates
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Shell
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse
open SipFun.Tests.CSharpApi.Streams.TlsCases

type private Row = { Name: string; Client: string; Server: string; Names: string }

let private table =
    File.ReadAllLines(Path.Combine(__SOURCE_DIRECTORY__, "tls-matrix.tsv"))
    |> Array.filter (fun line -> not (line.StartsWith '#') && not (line.StartsWith "row\t"))
    |> Array.map (fun line ->
        let cells = line.Split '\t'

        {
            Name = cells[0]
            Client = cells[1]
            Server = cells[2]
            Names = cells[3]
        })
    |> List.ofArray

/// Rows that are about no certificate, with their own tests in TlsTests.
let private elsewhere =
    set [
        "ocsp-staple"
        "srv-target"
        "two-domains"
        "stall"
        "reset"
        "garbage"
        "plain-sip"
    ]

let private families = [ "IPv4", IPAddress.Loopback; "IPv6", IPAddress.IPv6Loopback ]

let private legAt (address: IPAddress) (case: Case) =
    LegOptions.Tls(string (IPEndPoint(address, 0)))
    |> changed [
        "Certificate", Certificates.example.Value
        "TrustedRoots", Certificates.collection [ Certificates.root.Value ]
    ]
    |> case.Leg

/// The peer's own judgement of what we show.
let private judges asks : RemoteCertificateValidationCallback =
    RemoteCertificateValidationCallback(fun _ certificate chain _ ->
        match asks, certificate, chain with
        | Nothing, _, _ -> true
        | Some', NonNull _, _ -> true
        | FromAuthority root, NonNull certificate, NonNull chain ->
            chain.ChainPolicy.TrustMode <- X509ChainTrustMode.CustomRootTrust
            chain.ChainPolicy.CustomTrustStore.Add root |> ignore
            chain.Build(X509CertificateLoader.LoadCertificate(certificate.GetRawCertData()))
        | _ -> false)

let private serverOptions (case: Case) =
    let options = TlsPeer.serverOptions case.Shown
    options.EnabledSslProtocols <- case.Protocols
    options.ClientCertificateRequired <- case.Asks <> Nothing
    options.RemoteCertificateValidationCallback <- judges case.Asks
    options

let private renegotiate (peer: StreamPeer) =
    (peer.Stream :?> SslStream).NegotiateClientCertificateAsync().Wait Patience.span |> ignore

/// A server that shows its certificate and, if that was taken, answers one request.
let private serve (case: Case) (server: StreamServer) =
    Task.Run(fun () ->
        try
            use peer = TlsPeer.accept (serverOptions case) (server.AcceptSocket())

            let request = peer.ReceiveRequest()

            if case.Renegotiates then
                renegotiate peer

            peer.Answer(request, 200)
            peer.IsClosed() |> ignore
        with failure when TlsPeer.isFailure failure ->
            ())

let private asClient (address: IPAddress) (case: Case) =
    use server = new StreamServer(address)
    let serving = serve case server

    let outcome =
        withLegs TimeProvider.System [ legAt address case ] (fun dispatcher ->
            let hop = Hop(Transport.Tls, address, server.EndPoint.Port, VerifyName = case.Name)

            let request = dispatcher.CreateRequest(SipMethod.Options, server.Uri)
            let delivery = dispatcher.Deliver(request, DeliverOptions(Destination = hop))

            match House.outcome delivery with
            | :? DeliveryOutcome.Answered -> "ok"
            | :? DeliveryOutcome.Unreachable as failed -> $"refused {failed.Fault} {failed.Detail}"
            | other -> string other)

    Expect.isTrue (serving.Wait Patience.span) "the peer has ended"
    outcome

let private asServer (address: IPAddress) (case: Case) =
    let leg = legAt address case |> changed [ "RequireClientCertificate", true ]

    let leg =
        if isNull leg.Certificate then
            changed [ "Certificate", Certificates.example.Value ] leg
        else
            leg

    withLegs TimeProvider.System [ leg ] (fun dispatcher ->
        answering dispatcher
        let presented = defaultArg case.Presents case.Shown
        let options = TlsPeer.clientOptions "example.com" presented
        options.EnabledSslProtocols <- case.Protocols

        try
            use peer = TlsPeer.connect options (House.local dispatcher)
            if asks peer = 200 then "ok" else "another answer"
        with failure when TlsPeer.isFailure failure ->
            "refused")

/// "refused" alone leaves the fault open.
let private agrees (expected: string) (actual: string) =
    Expect.isTrue (actual.StartsWith(expected, StringComparison.Ordinal)) $"{expected}: {actual}"

let private direction name (expected: string) run (make: unit -> Case) =
    if expected = "-" then
        []
    else
        [
            for family, address in families do
                testCase $"{name}, {family}: {expected}"
                <| fun () ->
                    if family = "IPv6" && not Socket.OSSupportsIPv6 then
                        skiptest "this machine has no IPv6"
                    else
                        agrees expected (run address (make ()))
        ]

/// What stands in the table: "*" for a hundred of them.
let private speaksFor (row: Row) (make: unit -> Case) =
    testCase $"{row.Name}, names: {row.Names}"
    <| fun () ->
        let domains = (SipIdentity.Of (make ()).Shown.Head).Domains
        let shown = String.Join(", ", domains).Replace("\u0000", "\\0")

        if row.Names <> "*" then
            Expect.equal shown row.Names "names"

let private tests' (row: Row) =
    match List.tryFind (fun (name, _) -> name = row.Name) TlsCases.all with
    | Some(_, make) -> [
        yield! direction $"{row.Name}, client" row.Client asClient make
        yield! direction $"{row.Name}, server" row.Server asServer make
        speaksFor row make
      ]
    | None -> []

let tests =
    testList "TLS matrix" [
        testCase "the table and the cases have the same rows"
        <| fun () ->
            let rows = table |> List.map _.Name |> Set.ofList
            let cases = TlsCases.all |> List.map fst |> Set.ofList
            Expect.equal rows (cases + elsewhere) "rows"
            Expect.equal rows.Count table.Length "each once"

        yield! List.collect tests' table
    ]
