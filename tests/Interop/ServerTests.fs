// sipp asks and counts, and SipFun answers (RFC 3261, 17.2).
module SipFun.Tests.Interop.ServerTests

open System
open System.Collections.Concurrent
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi

/// T1 of 250 ms: a 486 is repeated after 250, 750 and 1750 ms (Timer G).
let private options =
    DispatcherOptions(
        Legs = House.loopback.Legs,
        Timers = Timers(TimeSpan.FromMilliseconds 250.0, Timers.Rfc3261.T2, Timers.Rfc3261.T4)
    )

/// Runs a scenario against a dispatcher; gives what sipp counted and the methods received.
let private against scenario (answer: Received -> unit) =
    let dispatcher = House.start options
    let methods = ConcurrentQueue<string>()

    dispatcher.SetReceiver(fun received ->
        methods.Enqueue received.Message.CSeq.Method.Name

        if received.Message.CSeq.Method <> SipMethod.Ack then
            answer received

        Receipt.Handled)

    try
        let counts = Sipp.asClient scenario (House.local dispatcher)
        counts, List.ofSeq methods
    finally
        House.finish dispatcher

let private respond (status: int) (received: Received) =
    received.Respond(received.CreateResponse status) |> ignore

let private respondLate (received: Received) =
    received.Dispatcher.AddTimer(TimeSpan.FromMilliseconds 1250.0, fun () -> respond 200 received)
    |> ignore

let private has expected counts =
    for name, count in expected do
        Expect.equal (Map.tryFind name counts) (Some count) name

let private answersLate () =
    let counts, methods = against "uac-options" respondLate
    counts |> has [ "0_OPTIONS_Sent", 1; "0_OPTIONS_Retrans", 2; "2_200_Recv", 1 ]
    Expect.equal methods [ "OPTIONS" ] "copies are absorbed"

let private answersAgain () =
    let counts, methods = against "uac-copies" (respond 200)
    counts |> has [ "2_OPTIONS_Sent", 1; "3_200_Recv", 1 ]
    Expect.equal methods [ "OPTIONS" ] "the transaction answers the copy"

let private declines () =
    let response = TaskCompletionSource<Delivery>()

    let counts, methods =
        against "uac-invite-busy" (fun received ->
            response.SetResult(received.Respond(received.CreateResponse 486)))

    counts |> has [ "2_486_Recv", 1; "2_486_Retrans", 2 ]
    Expect.equal methods [ "INVITE" ] "the ACK to a 486 is the transaction's"
    let outcome = House.outcome response.Task.Result
    Expect.isTrue (outcome :? DeliveryOutcome.Sent) "the ACK ended the delivery of the 486"

let private answersInvite () =
    let acked = TaskCompletionSource()
    let dispatcher = House.start options

    dispatcher.SetReceiver(fun received ->
        if received.Message.CSeq.Method = SipMethod.Ack then
            acked.SetResult()
        else
            respond 200 received

        Receipt.Handled)

    try
        Sipp.asClient "uac-invite-answer" (House.local dispatcher)
        |> has [ "2_200_Recv", 1; "3_ACK_Sent", 1 ]

        acked.Task.Wait Patience.span |> Expect.isTrue <| "the ACK to a 200 is handed up"
    finally
        House.finish dispatcher

let tests =
    testList "Server" [
        testCase "OPTIONS: copies before the late 200 are absorbed (17.2.2)" answersLate
        testCase "OPTIONS: a copy after the 200 gets it again (17.2.2)" answersAgain
        testCase "INVITE: 486 is repeated until the ACK (17.2.1)" declines
        testCase "INVITE: the ACK to a 200 reaches the receiver (13.3.1.4)" answersInvite
    ]
