/// O-7: without descriptors accepting rests and recovers; other failures end nothing.
module SipFun.Tests.CSharpApi.Streams.ListenerTests

open System
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun.Shell
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse

let private failing (error: SocketError) times run =
    let time = FakeTimeProvider()
    let dispatcher = House.virtually time
    use link = new FakeLink(House.local dispatcher, fun _ _ _ -> ())
    link.AddTo dispatcher |> ignore
    use stop = new CancellationTokenSource()
    let tries = ref 0
    let admitted = new TaskCompletionSource<Socket>()

    let accept (cancel: CancellationToken) =
        if Interlocked.Increment tries <= times then
            ValueTask<Socket>(Task.FromException<Socket>(SocketException(int error)))
        elif admitted.Task.IsCompleted then
            ValueTask<Socket>(
                task {
                    do! Task.Delay(Timeout.Infinite, cancel)
                    return failwith "never"
                }
            )
        else
            ValueTask<Socket>(
                new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            )

    let listener =
        Listener(accept, (fun socket -> admitted.SetResult socket), link.Owner, time)

    let running = listener.RunAsync stop.Token
    run time dispatcher tries admitted.Task
    stop.Cancel()
    Expect.isTrue (running.Wait Patience.span) "it ends when it is told to"
    admitted.Task.Result.Dispose()
    House.finish dispatcher

let tests =
    testList "Accepting" [
        testCase "O-7: EMFILE: one try a second, then it goes on"
        <| fun () ->
            failing SocketError.TooManyOpenSockets 3 (fun time dispatcher tries admitted ->
                for round in 1..3 do
                    Expect.isTrue (until (fun () -> tries.Value = round)) $"try {round}"
                    Thread.Yield() |> ignore
                    Expect.equal tries.Value round "and no other within the second"
                    let count () = House.counter dispatcher "accept_paused"
                    Expect.isTrue (until (fun () -> count () = int64 round)) "counted"
                    time.Advance(TimeSpan.FromSeconds 1.0)

                House.wait admitted |> ignore)

        testCase "a connection that cannot be accepted is counted, the next one is taken at once"
        <| fun () ->
            failing SocketError.ConnectionAborted 5 (fun _ dispatcher _ admitted ->
                House.wait admitted |> ignore
                Expect.equal (House.counter dispatcher "accept_failed") 5L "each counted")
    ]
