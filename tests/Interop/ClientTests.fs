// SipFun asks, and sipp, which is slow, answers and counts the copies (RFC 3261, 17.1).
module SipFun.Tests.Interop.ClientTests

open System
open System.Net
open Expecto
open SipFun
open SipFun.Tests.CSharpApi

/// Copies at 0, 250, 750 and 1750 ms.
let private options =
    DispatcherOptions(
        Legs = House.loopback.Legs,
        Timers = Timers(TimeSpan.FromMilliseconds 250.0, Timers.Rfc3261.T2, Timers.Rfc3261.T4)
    )

let private withDispatcher run =
    let dispatcher = House.start options

    try
        run dispatcher
    finally
        House.finish dispatcher

let private request (dispatcher: Dispatcher) (method: SipMethod) (server: IPEndPoint) =
    dispatcher
        .CreateRequest(method, SipUri.Parse $"sip:sipp@{server}")
        .WithAddedHeader("Contact", $"<sip:{dispatcher.Legs[0].SentBy}>")

let private status (delivery: Delivery) =
    match House.outcome delivery with
    | :? DeliveryOutcome.Answered as answered -> answered.Response.StatusCode
    | other -> failtest $"{other}: {delivery.Explain()}"

let private deliver (dispatcher: Dispatcher) method server =
    dispatcher.Deliver(request dispatcher method server)

let private has expected counts =
    for name, count in expected do
        Expect.equal (Map.tryFind name counts) (Some count) name

let private answersOptions () =
    Sipp.asServer "uas-options" (fun server ->
        withDispatcher (fun dispatcher ->
            Expect.equal (status (deliver dispatcher SipMethod.Options server)) 200 "status"))
    |> has [
        "0_OPTIONS_Recv", 1
        "0_OPTIONS_Retrans", 2
        "2_200_Sent", 1
        "2_200_Retrans", 0
    ]

/// sipp loses the first ACK and repeats its 486; the transaction acknowledges it again (Timer D).
let private declinesInvite () =
    withDispatcher (fun dispatcher ->
        Sipp.asServer "uas-invite-busy" (fun server ->
            Expect.equal (status (deliver dispatcher SipMethod.Invite server)) 486 "status")
        |> has [ "0_INVITE_Recv", 1; "0_INVITE_Retrans", 2; "3_ACK_Lost", 1; "5_ACK_Recv", 1 ])

let private answersInvite () =
    Sipp.asServer "uas-invite-answer" (fun server ->
        withDispatcher (fun dispatcher ->
            let invite = request dispatcher SipMethod.Invite server
            let response = House.wait (dispatcher.SendAsync invite)
            Expect.equal response.StatusCode 200 "status"
            let ack = dispatcher.Deliver(invite.CreateAck response)
            Expect.isTrue (House.outcome ack :? DeliveryOutcome.Sent) "the ACK was sent"))
    |> has [ "0_INVITE_Recv", 1; "0_INVITE_Retrans", 1; "5_ACK_Recv", 1 ]

let tests =
    testList "Client" [
        testCase "OPTIONS: three copies until the late 200 (17.1.2)" answersOptions
        testCase "INVITE: three copies until the 486, each 486 has its ACK (17.1.1)" declinesInvite
        testCase "INVITE: the 180 ends the copies, the 200 has its ACK (17.1.1.2)" answersInvite
    ]
