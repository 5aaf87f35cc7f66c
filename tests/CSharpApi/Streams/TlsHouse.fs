// What the tests of TLS legs have in common.
module SipFun.Tests.CSharpApi.Streams.TlsHouse

open System.Net
open System.Net.Security
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse

let roots = lazy (Certificates.collection [ Certificates.root.Value ])

let leg () =
    LegOptions.Tls "127.0.0.1:0"
    |> changed [ "Certificate", Certificates.example.Value; "TrustedRoots", roots.Value ]

let connectOnly () = LegOptions.Tls "127.0.0.1:0" |> changed [ "TrustedRoots", roots.Value ]

let deliverTo (dispatcher: Dispatcher) (server: StreamServer) (name: string) =
    let hop =
        Hop(Transport.Tls, IPAddress.Loopback, server.EndPoint.Port, VerifyName = name)

    let request = dispatcher.CreateRequest(SipMethod.Options, server.Uri)
    dispatcher.Deliver(request, DeliverOptions(Destination = hop))

let fault delivery =
    match House.outcome delivery with
    | :? DeliveryOutcome.Unreachable as failed -> failed.Fault
    | other -> failtest $"{other}"

let answered delivery =
    Expect.equal (House.outcome delivery).Kind DeliveryOutcomeKind.Answered "answered"

/// The next connection, with TLS; what SNI it asked for.
let accept (server: StreamServer) certificate =
    let asked = ref ""
    let options = TlsPeer.serverOptions [ certificate ]
    options.ServerCertificateContext <- null

    options.ServerCertificateSelectionCallback <-
        ServerCertificateSelectionCallback(fun _ name ->
            asked.Value <- string name
            certificate)

    Task.Run(fun () -> TlsPeer.accept options (server.AcceptSocket()), asked)

let serveOne (peer: StreamPeer) = peer.Answer(peer.ReceiveRequest(), 200)
