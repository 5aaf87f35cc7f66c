// The end of the agent, and of its dispatcher: every task completes, exactly once.
module SipFun.Tests.CSharpApi.UserAgent.EndTests

open System
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.UserAgent.AgentHouse

/// One of everything that can be open.
let private open' room =
    let heard = TaskCompletionSource<Invitation>()

    room.Agent.OnInvitation <-
        fun invitation ->
            heard.SetResult invitation
            Task.CompletedTask

    let established, _ = answered room
    let info = established.SendAsync SipMethod.Info
    let ringing, _ = call room
    let asking = room.Agent.OptionsAsync room.Peer.Uri

    let registering =
        room.Agent.RegisterAsync(RegisterOptions(Registrar = room.Peer.Uri))

    request room SipMethod.Register |> ignore

    tell room (invite room)
    let invitation = wait heard.Task
    let calls = [ established; ringing; invitation.Call ]
    calls, invitation, [ info :> Task; asking; registering ]

let private allEnd room calls (invitation: Invitation) exchanges =
    for call: Call in calls do
        ended call |> ignore
        Expect.isTrue call.Ringing.IsCompletedSuccessfully "Ringing"
        Expect.isTrue call.Answered.IsCompletedSuccessfully "Answered"
        Expect.isTrue call.Acknowledged.IsCompletedSuccessfully "Acknowledged"

    wait invitation.Cancelled |> ignore

    for exchange: Task in exchanges do
        Expect.throws (fun () -> exchange.WaitAsync(Patience.span).GetAwaiter().GetResult()) "ended"

    Expect.isEmpty room.Agent.Calls "no call is left"

let private endsWithDispatcher room =
    let calls, invitation, exchanges = open' room
    finish room.Dispatcher
    allEnd room calls invitation exchanges

    for call in calls |> List.take 2 do
        Expect.equal (ended call).Kind CallEndKind.Disposed "how it ended"

    Expect.throwsT<ObjectDisposedException>
        (fun () -> wait (room.Agent.CallAsync room.Peer.Uri) |> ignore)
        "nothing new"

let private endsInSilence room =
    let calls, invitation, exchanges = open' room
    let disposing = room.Agent.DisposeAsync().AsTask()
    pass room disposing
    allEnd room calls invitation exchanges
    Expect.equal (counter room.Dispatcher "call_abandoned") 1L "counted"

    Expect.throwsT<ObjectDisposedException>
        (fun () -> wait (room.Agent.OptionsAsync room.Peer.Uri) |> ignore)
        "nothing new"

let private endsInGoodOrder room =
    let call, _ = answered room

    let registering =
        room.Agent.RegisterAsync(RegisterOptions(Registrar = room.Peer.Uri))

    let register = request room SipMethod.Register
    let contact = (Seq.head register.Contacts).ToString()
    let bound = register.CreateResponse(200, "r").WithHeader("Contact", contact)
    room.Peer.Send(bound, local room.Dispatcher)
    let registration = wait registering
    let disposing = room.Agent.DisposeAsync().AsTask()

    for _ in 1..2 do
        let last = room.Peer.ReceiveRequest()
        room.Peer.Answer(last, 200)

    advanceUntil room.Time (fun () -> disposing.IsCompleted)
    Expect.equal (ended call).Kind CallEndKind.HungUp "the call"
    Expect.equal (wait registration.Ended).Kind RegistrationEndKind.Unregistered "the binding"
    tell room (room.Peer.Request "OPTIONS")
    response room 480 SipMethod.Options |> ignore

/// What the dispatcher remembers of an answered INVITE for Timer M is not waited for.
let private endsAtOnce room =
    let call, _ = answered room
    let leaving = call.ByeAsync()
    answer room (request room SipMethod.Bye) 200
    wait leaving |> ignore
    wait (task { do! room.Agent.DisposeAsync() })
    Expect.equal (counter room.Dispatcher "call_abandoned") 0L "nothing was left"

let tests =
    testList "The end" [
        testCase "of the dispatcher: every task completes" (inRoom endsWithDispatcher)
        testCase "of the agent, nobody answers: every task completes" (inRoom endsInSilence)
        testCase "of the agent, after its calls: at once" (inRoom endsAtOnce)
        testCase "of the agent: BYE, and bindings taken back" (inRoom endsInGoodOrder)
    ]
