// Bindings (RFC 3261, 10.2): made, refreshed before they end, taken back.
module SipFun.Tests.CSharpApi.UserAgent.RegisteringTests

open System
open System.Threading
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.UserAgent.AgentHouse

let private options room = RegisterOptions(Registrar = room.Peer.Uri)

/// The registrar binds what is asked for so long.
let private bind room (register: SipRequest) (seconds: int) =
    let contact = (Seq.head register.Contacts).WithParameter("expires", string seconds)
    let bound = register.CreateResponse(200, "registrar")
    room.Peer.Send(bound.WithHeader("Contact", contact.ToString()), local room.Dispatcher)

let private registered room (options: RegisterOptions) =
    let registering = room.Agent.RegisterAsync options
    let register = request room SipMethod.Register
    bind room register 600
    wait registering, register

let private isTakenBack room (registration: Registration) =
    let leaving = registration.UnregisterAsync()
    let register = request room SipMethod.Register
    Expect.equal register.Expires (Nullable 0u) "10.2.2"
    let answer = register.CreateResponse(200, "registrar")
    room.Peer.Send(answer, local room.Dispatcher)
    Expect.equal (wait leaving).Kind RegistrationEndKind.Unregistered "how it ended"
    Expect.isEmpty room.Agent.Registrations "over"
    leavesNothing room

let private isBound room =
    let registration, register = registered room (options room)
    Expect.equal (register.To.Uri.ToString()) "sip:alice@example.com" "the address of record"
    Expect.equal registration.Expires (TimeSpan.FromSeconds 600.0) "as granted"
    Expect.equal registration.Bindings.Count 1 "the bindings"
    Expect.equal room.Agent.Registrations.Count 1 "under way"
    isTakenBack room registration

let private isRefreshed room =
    let count = ref 0
    let changed = Action<Registration>(fun _ -> Interlocked.Increment count |> ignore)

    let registration, first =
        registered room (RegisterOptions(Registrar = room.Peer.Uri, OnChanged = changed))

    room.Time.Advance(TimeSpan.FromSeconds 599.0)
    let second = request room SipMethod.Register
    Expect.equal second.CallId first.CallId "the same registration"
    Expect.isGreaterThan second.CSeq.Number first.CSeq.Number "rising"
    bind room second 300
    Threading.SpinWait.SpinUntil((fun () -> count.Value = 2), Patience.span) |> ignore
    Expect.equal registration.Expires (TimeSpan.FromSeconds 300.0) "as granted"
    Expect.isNull registration.LastFailure "no failure"
    isTakenBack room registration

let private isRefused room =
    let registering = room.Agent.RegisterAsync(options room)
    let register = request room SipMethod.Register
    room.Peer.Answer(register, 403)

    try
        wait registering |> ignore
        failtest "refused"
    with :? RegistrationException as error ->
        Expect.equal (status error.Response) 403 "by what"

    leavesNothing room

let private isUnanswered room =
    let registering = room.Agent.RegisterAsync(options room)
    room.Peer.Receive() |> ignore
    pass room registering

    try
        wait registering |> ignore
        failtest "nobody answered"
    with :? RegistrationException as error ->
        Expect.isTrue (error.Outcome :? DeliveryOutcome.TimedOut) "Timer F"

    leavesNothing room

let private failsLater room =
    let failed = Tasks.TaskCompletionSource<RegistrationException>()

    let changed =
        Action<Registration>(fun registration ->
            match registration.LastFailure with
            | null -> ()
            | failure -> failed.TrySetResult failure |> ignore)

    let registration, _ =
        registered room (RegisterOptions(Registrar = room.Peer.Uri, OnChanged = changed))

    room.Time.Advance(TimeSpan.FromSeconds 599.0)
    room.Peer.Answer(request room SipMethod.Register, 500)
    Expect.equal (status (wait failed.Task).Response) 500 "told"
    Expect.isFalse registration.Ended.IsCompleted "it is tried again"
    room.Time.Advance(TimeSpan.FromMinutes 1.0)
    bind room (request room SipMethod.Register) 600
    isTakenBack room registration

let private isGivenUp room =
    use source = new CancellationTokenSource()
    let registering = room.Agent.RegisterAsync(options room, source.Token)
    let register = request room SipMethod.Register
    source.Cancel()
    cancelled registering
    bind room register 600
    let taken = request room SipMethod.Register
    Expect.equal taken.Expires (Nullable 0u) "what was bound is taken back"
    room.Peer.Answer(taken, 200)
    leavesNothing room

let tests =
    testList "Registering" [
        testCase "bound, and taken back" (inRoom isBound)
        testCase "refreshed before it ends" (inRoom isRefreshed)
        testCase "a refusal is an exception with the response" (inRoom isRefused)
        testCase "silence is an exception with the outcome" (inRoom isUnanswered)
        testCase "a refresh that fails is told and tried again" (inRoom failsLater)
        testCase "a token gives it up" (inRoom isGivenUp)
    ]
