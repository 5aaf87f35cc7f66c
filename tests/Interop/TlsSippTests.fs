// sipp over TLS, both ways, OpenSSL at its end: one copy of everything (RFC 3261, 17, 26.3.1). Each
// side shows a certificate, and each looks at the other's.
module SipFun.Tests.Interop.TlsSippTests

open System
open System.Net
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams

let private leg =
    lazy
        (LegOptions.Tls "127.0.0.1:0"
         |> StreamHouse.changed [
             "Certificate", Stunnel.certificate.Value
             "TrustedRoots", Certificates.collection [ Certificates.root.Value ]
             "RequireClientCertificate", true
         ])

let private withLeg run () = StreamHouse.withLegs TimeProvider.System [ leg.Value ] run

let private has expected counts =
    for name, count in expected do
        Expect.equal (Map.tryFind name counts) (Some count) name

/// Its own address would be behind the stunnel.
let private via (server: IPEndPoint) =
    let hop =
        Hop(Transport.Tls, server.Address, server.Port, VerifyName = "example.com")

    DeliverOptions(Destination = hop)

let private deliver (dispatcher: Dispatcher) (method: SipMethod) (server: IPEndPoint) =
    let request =
        dispatcher
            .CreateRequest(method, SipUri.Parse $"sips:sipp@{server}")
            .WithAddedHeader("Contact", $"<sips:us@{dispatcher.Legs[0].SentBy}>")

    let response = House.wait (dispatcher.SendAsync(request, via server))
    Expect.equal response.StatusCode 200 "status"
    request, response

/// sipp waits behind a stunnel for one call over TLS.
let private calls scenario expected call =
    Sipp.asServerBy Sipp.TcpUnderTls scenario (fun sipp -> Stunnel.server sipp call) |> has expected

let private answersOptions (dispatcher: Dispatcher) =
    calls
        "uas-options"
        [ "0_OPTIONS_Recv", 1; "0_OPTIONS_Retrans", 0; "2_200_Sent", 1 ]
        (fun server -> deliver dispatcher SipMethod.Options server |> ignore)

let private answersInvite (dispatcher: Dispatcher) =
    calls
        "uas-invite-answer"
        [ "0_INVITE_Recv", 1; "0_INVITE_Retrans", 0; "5_ACK_Recv", 1 ]
        (fun server ->
            let invite, response = deliver dispatcher SipMethod.Invite server
            let ack = dispatcher.Deliver(invite.CreateAck response, via server)
            Expect.isTrue (House.outcome ack :? DeliveryOutcome.Sent) "the ACK was written")

let private serves scenario expected (dispatcher: Dispatcher) =
    StreamHouse.answering dispatcher

    Stunnel.client (House.local dispatcher) (fun entry ->
        Sipp.asClientBy Sipp.TcpUnderTls scenario entry |> has expected)

let tests =
    testList "TLS with sipp" [
        testCase "OPTIONS to sipp: one copy, however late the 200" <| withLeg answersOptions
        testCase "INVITE to sipp: 180, 200, ACK" <| withLeg answersInvite
        testCase "OPTIONS from sipp"
        <| withLeg (
            serves "uac-options" [ "0_OPTIONS_Sent", 1; "0_OPTIONS_Retrans", 0; "2_200_Recv", 1 ]
        )
        testCase "INVITE from sipp: 200, ACK"
        <| withLeg (serves "uac-invite-answer" [ "2_200_Recv", 1; "3_ACK_Sent", 1 ])
    ]
