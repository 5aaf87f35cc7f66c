// sipp over TCP, both ways: nothing is repeated there (RFC 3261, 17.1.1.2, 17.1.2.2, 18).
module SipFun.Tests.Interop.TcpTests

open System.Net
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams

let private has expected counts =
    for name, count in expected do
        Expect.equal (Map.tryFind name counts) (Some count) name

let private request (dispatcher: Dispatcher) (method: SipMethod) (server: IPEndPoint) =
    let uri = SipUri.Parse $"sip:sipp@{server};transport=tcp"

    dispatcher
        .CreateRequest(method, uri)
        .WithAddedHeader("Contact", $"<sip:{dispatcher.Legs[0].SentBy};transport=tcp>")

let private answersOptions () =
    Sipp.asServerBy Sipp.Tcp "uas-options" (fun server ->
        StreamHouse.inRealTime
            [ StreamHouse.tcp ]
            (fun dispatcher ->
                let options = request dispatcher SipMethod.Options server
                let response = House.wait (dispatcher.SendAsync options)
                Expect.equal response.StatusCode 200 "status")
            ())
    |> has [ "0_OPTIONS_Recv", 1; "0_OPTIONS_Retrans", 0; "2_200_Sent", 1 ]

let private answersInvite () =
    StreamHouse.inRealTime
        [ StreamHouse.tcp ]
        (fun dispatcher ->
            Sipp.asServerBy Sipp.Tcp "uas-invite-answer" (fun server ->
                let invite = request dispatcher SipMethod.Invite server
                let response = House.wait (dispatcher.SendAsync invite)
                Expect.equal response.StatusCode 200 "status"
                let ack = dispatcher.Deliver(invite.CreateAck response)
                Expect.isTrue (House.outcome ack :? DeliveryOutcome.Sent) "the ACK was written")
            |> has [ "0_INVITE_Recv", 1; "0_INVITE_Retrans", 0; "5_ACK_Recv", 1 ])
        ()

let private serves scenario expected () =
    StreamHouse.inRealTime
        [ StreamHouse.tcp ]
        (fun dispatcher ->
            StreamHouse.answering dispatcher
            Sipp.asClientBy Sipp.Tcp scenario (House.local dispatcher) |> has expected)
        ()

let tests =
    testList "TCP" [
        testCase "OPTIONS to sipp: one copy, however late the 200" answersOptions
        testCase "INVITE to sipp: 180, 200, ACK" answersInvite
        testCase "OPTIONS from sipp"
        <| serves "uac-options" [ "0_OPTIONS_Sent", 1; "0_OPTIONS_Retrans", 0; "2_200_Recv", 1 ]
        testCase "INVITE from sipp: 200, ACK"
        <| serves "uac-invite-answer" [ "2_200_Recv", 1; "3_ACK_Sent", 1 ]
    ]
