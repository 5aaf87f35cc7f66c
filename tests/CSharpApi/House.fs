// What the tests of the facade have in common: a dispatcher on loopback, in virtual or real time.
module SipFun.Tests.CSharpApi.House

open System
open System.Threading.Tasks
open Microsoft.Extensions.Time.Testing
open SipFun

/// One leg on loopback, and a clock that only the test moves.
let loopback = DispatcherOptions(Legs = [| LegOptions.Udp "127.0.0.1:0" |])

let start (options: DispatcherOptions) = Dispatcher.StartAsync(options).GetAwaiter().GetResult()

let virtually (time: FakeTimeProvider) =
    start (DispatcherOptions(Legs = loopback.Legs, TimeProvider = time))

let finish (dispatcher: Dispatcher) =
    dispatcher.DisposeAsync().AsTask().Wait Patience.span |> ignore

/// Waits for what must come.
let wait (task: Task<'a>) = task.WaitAsync(Patience.span).GetAwaiter().GetResult()

let outcome (delivery: Delivery) = wait delivery.Completion

/// When this returns, every input that came before was stepped.
let settle (dispatcher: Dispatcher) = dispatcher.CancelDelivery(CallId.Parse "nobody") |> ignore

/// Whether nothing is left to do without the clock: what a transaction keeps stays until time goes on,
/// what a socket reports comes soon.
let becomesIdle (dispatcher: Dispatcher) =
    Threading.SpinWait.SpinUntil(
        (fun () -> Core.State.idle dispatcher.Engine.Loop.State),
        Patience.span
    )

/// Runs a test with a dispatcher on loopback in virtual time, and a peer.
let inVirtualTime run () =
    let time = FakeTimeProvider()
    use peer = new Peer()
    let dispatcher = virtually time

    try
        run time dispatcher peer
    finally
        finish dispatcher

/// Runs a test with a dispatcher on loopback in real time, and a peer.
let inRealTime run () =
    use peer = new Peer()
    let dispatcher = start loopback

    try
        run dispatcher peer
    finally
        finish dispatcher

let request (dispatcher: Dispatcher) (peer: Peer) (method: SipMethod) =
    dispatcher.CreateRequest(method, peer.Uri)

let local (dispatcher: Dispatcher) = dispatcher.Legs[0].LocalEndPoint

/// Moves time in steps, and notes when the peer had received how many packets: one entry a packet.
let instants (time: FakeTimeProvider) dispatcher (peer: Peer) (step: int) (until: int) = [
    for _ in peer.Drain() do
        0

    for now in step..step..until do
        time.Advance(TimeSpan.FromMilliseconds(float step))
        settle dispatcher

        for _ in peer.Drain() do
            now
]

let counter (dispatcher: Dispatcher) name = dispatcher.Counters[name]

/// Moves time on until something is done.
let advanceUntil (time: FakeTimeProvider) (isDone: unit -> bool) =
    let deadline = Environment.TickCount64 + int64 Patience.milliseconds

    while not (isDone ()) && Environment.TickCount64 < deadline do
        time.Advance(TimeSpan.FromSeconds 1.0)
        Threading.Thread.Yield() |> ignore

/// Whether a local address is free again.
let canBind (local: Net.IPEndPoint) =
    use socket =
        new Net.Sockets.Socket(
            local.AddressFamily,
            Net.Sockets.SocketType.Dgram,
            Net.Sockets.ProtocolType.Udp
        )

    try
        socket.Bind local
        true
    with :? Net.Sockets.SocketException ->
        false

/// Waits until a counter has reached a number. The counter is what is waited for, not time.
let waitForCounter (dispatcher: Dispatcher) name (least: int64) =
    let deadline = Environment.TickCount64 + int64 Patience.milliseconds

    while counter dispatcher name < least && Environment.TickCount64 < deadline do
        Threading.Thread.Yield() |> ignore

    counter dispatcher name
