// What the tests of streams have in common: a dispatcher with stream legs, and whether all is well.
module SipFun.Tests.CSharpApi.Streams.StreamHouse

open System
open System.Net
open System.Threading
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Shell
open SipFun.Tests.CSharpApi

/// A leg's options with some of them changed: what C# writes as `with { ... }`.
let changed (changes: (string * objnull) list) (leg: LegOptions) : LegOptions =
    let part found =
        match found with
        | NonNull found -> found
        | Null -> failwith "no such member"

    let clone: Reflection.MethodInfo = part (typeof<LegOptions>.GetMethod "<Clone>$")
    let copy = part (clone.Invoke(leg, [||]))

    for name, value in changes do
        let property: Reflection.PropertyInfo = part (typeof<LegOptions>.GetProperty name)
        property.SetValue(copy, value)

    copy :?> LegOptions

let tcp = LegOptions.Tcp "127.0.0.1:0"

let startWith (time: TimeProvider) (legs: LegOptions list) =
    House.start (DispatcherOptions(Legs = Array.ofList legs, TimeProvider = time))

/// Runs a test with a dispatcher that has these legs.
let withLegs (time: TimeProvider) legs run =
    let dispatcher = startWith time legs

    try
        run dispatcher
    finally
        House.finish dispatcher

let inRealTime legs run () = withLegs TimeProvider.System legs run

let inVirtualTime legs run () =
    let time = FakeTimeProvider()
    withLegs time legs (run time)

/// Every request gets 200.
let answering (dispatcher: Dispatcher) =
    dispatcher.SetReceiver(fun received ->
        if received.Message.CSeq.Method <> SipMethod.Ack then
            received.Respond(received.CreateResponse 200) |> ignore

        Receipt.Handled)

let link (dispatcher: Dispatcher) index = dispatcher.Legs[index].Links[0] :?> StreamLink

/// Waits for what must come; never how long it takes.
let until (condition: unit -> bool) = SpinWait.SpinUntil(condition, Patience.milliseconds)

/// A socket that is closed meanwhile tells nothing.
let private asked (question: StreamLink -> bool) dispatcher () =
    try
        question (link dispatcher 0)
    with :? ObjectDisposedException ->
        false

/// Whether a peer that does not read lets nothing more out.
let isStuck dispatcher = asked _.IsStuck dispatcher ()

/// Waits until what was sent to it is read, and what it sends is written.
let settle dispatcher =
    if not (until (asked _.IsQuiet dispatcher)) then
        failwith "a connection does not come to rest"

/// Moves time on by seconds, one at a time, as the sweep does, whatever the sockets do.
let lapse (time: FakeTimeProvider) seconds =
    for _ in 1..seconds do
        time.Advance(TimeSpan.FromSeconds 1.0)

/// Moves time on by seconds. What was sent is read in its own second: virtual time does not outrun
/// the sockets.
let pass (time: FakeTimeProvider) dispatcher seconds =
    settle dispatcher

    for _ in 1..seconds do
        lapse time 1
        settle dispatcher

/// A good OPTIONS over this connection gets 200.
let asks (peer: StreamPeer) =
    peer.Send(peer.Request "OPTIONS")
    peer.ReceiveResponse().StatusCode

/// A good OPTIONS over a connection of its own gets 200.
let isAliveAt (target: IPEndPoint) =
    use peer = StreamPeer.Connect target
    asks peer = 200

let isAlive dispatcher = isAliveAt (House.local dispatcher)

/// No fault of ours was counted.
let noFaults (dispatcher: Dispatcher) =
    [ "step_failed"; "effect_failed" ]
    |> List.filter (fun name -> House.counter dispatcher name > 0L)

/// A request to a test's server, at its address alone.
let deliver (dispatcher: Dispatcher) (server: StreamServer) (method: SipMethod) =
    dispatcher.Deliver(dispatcher.CreateRequest(method, server.Uri))
