/// Start, legs coming and going, timers, and the end.
module SipFun.Tests.CSharpApi.LifeTests

open System
open System.Collections.Generic
open System.IO
open System.Net
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi.House

let private answering (dispatcher: Dispatcher) =
    dispatcher.SetReceiver(fun received ->
        received.Respond(received.CreateResponse 200) |> ignore
        Receipt.Handled)

let private isAnswered (peer: Peer) (target: IPEndPoint) =
    peer.Send(peer.Request "OPTIONS", target)
    peer.ReceiveResponse().StatusCode = 200 && peer.From.Equals target

/// F# has no `with` for a C# record.
let private advertising (host: string) (options: LegOptions) =
    match typeof<LegOptions>.GetProperty "Advertise" with
    | NonNull property -> property.SetValue(options, host)
    | _ -> failtest "no Advertise"

    options

let private legs =
    testList "legs" [
        testCase "added and removed while running"
        <| inRealTime (fun dispatcher peer ->
            answering dispatcher
            let leg = wait (dispatcher.AddLegAsync(LegOptions.Udp "127.0.0.1:0"))
            Expect.isTrue (isAnswered peer leg.LocalEndPoint) "received and answered there"

            let options = DeliverOptions(Leg = leg)
            dispatcher.Deliver(request dispatcher peer SipMethod.Options, options) |> ignore
            peer.ReceiveRequest() |> ignore
            Expect.equal peer.From leg.LocalEndPoint "sent from there"

            Expect.isTrue (wait (dispatcher.RemoveLegAsync leg)) "removed"
            Expect.isFalse (wait (dispatcher.RemoveLegAsync leg)) "only once"
            Expect.equal dispatcher.Legs.Count 1 "one is left"

            use again =
                new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)

            again.Bind leg.LocalEndPoint)

        testCase "GetLegs filters by address, port, transport and condition"
        <| inRealTime (fun dispatcher _ ->
            let leg = wait (dispatcher.AddLegAsync(LegOptions.Udp "127.0.0.1:0"))
            let port = Nullable leg.LocalEndPoint.Port
            Expect.equal (dispatcher.GetLegs().Count) 2 "all"
            Expect.sequenceEqual (dispatcher.GetLegs(port = port)) [ leg ] "by port"
            Expect.equal (dispatcher.GetLegs(IPAddress.Loopback).Count) 2 "by address"
            Expect.isEmpty (dispatcher.GetLegs(IPAddress.Parse "192.0.2.1")) "by address"
            Expect.isEmpty (dispatcher.GetLegs(transport = Nullable Transport.Tcp)) "by transport"

            Expect.sequenceEqual
                (dispatcher.GetLegs(where = fun one -> Object.ReferenceEquals(one, leg)))
                [ leg ]
                "by condition")

        testCase "0.0.0.0 is one socket for each address, never 0.0.0.0 in a Via"
        <| fun () ->
            use peer = new Peer()
            let dispatcher = start (DispatcherOptions(Legs = [| LegOptions.Udp "0.0.0.0:0" |]))

            try
                answering dispatcher
                let leg = dispatcher.Legs[0]
                let ports = leg.LocalEndPoints |> Seq.map _.Port |> Seq.distinct |> List.ofSeq
                Expect.equal ports [ leg.LocalEndPoint.Port ] "one port on all"

                for local in leg.LocalEndPoints do
                    Expect.notEqual local.Address IPAddress.Any "a real address"

                let loopback = IPEndPoint(IPAddress.Loopback, leg.LocalEndPoint.Port)
                Expect.isTrue (isAnswered peer loopback) "answered from where it was asked"
                let options = DeliverOptions(Leg = leg)
                dispatcher.Deliver(request dispatcher peer SipMethod.Options, options) |> ignore
                let asked = peer.ReceiveRequest()
                Expect.notEqual asked.TopVia.Host "0.0.0.0" "our Via"
            finally
                finish dispatcher

        testCase "IPv6 works from end to end, with brackets in the Via"
        <| fun () ->
            if not Socket.OSSupportsIPv6 then
                skiptest "this machine has no IPv6"

            use peer = new Peer(IPAddress.IPv6Loopback)
            let dispatcher = start (DispatcherOptions(Legs = [| LegOptions.Udp "[::1]:0" |]))

            try
                answering dispatcher
                Expect.isTrue (isAnswered peer (local dispatcher)) "receives and answers"
                let delivery = dispatcher.Deliver(request dispatcher peer SipMethod.Options)
                let asked = peer.ReceiveRequest()
                Expect.equal asked.TopVia.Host "[::1]" "sent-by (RFC 3261, 25.1)"
                peer.Answer(asked, 200)
                Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Answered "answered"
            finally
                finish dispatcher

        testCase "Advertise stands in the Via; FromSocket takes a socket of one's own"
        <| fun () ->
            use peer = new Peer()
            let socket = Sockets.bound ()
            let own = advertising "sip.example.com" (LegOptions.FromSocket socket)
            let dispatcher = start (DispatcherOptions(Legs = [| own |]))

            try
                let leg = dispatcher.Legs[0]
                Expect.equal leg.LocalEndPoint (Sockets.endPointOf socket) "the socket"
                let delivery = dispatcher.Deliver(request dispatcher peer SipMethod.Options)
                let via = peer.ReceiveRequest().TopVia
                Expect.equal via.SentBy $"sip.example.com:{leg.LocalEndPoint.Port}" "advertised"
                Expect.isTrue (delivery.Cancel()) "cancelled"
            finally
                finish dispatcher

        testCase "what cannot be bound says so"
        <| inRealTime (fun dispatcher peer ->
            let taken = LegOptions.Udp peer.HostPort

            let failure =
                Expect.throwsC
                    (fun () -> wait (dispatcher.AddLegAsync taken) |> ignore)
                    (fun failure -> failure)

            Expect.isTrue (failure :? IOException) "IOException"
            Expect.stringContains failure.Message peer.HostPort "which address"

            for wrong in [ "127.0.0.1"; "localhost:5060"; ""; "127.0.0.1:70000"; "::1" ] do
                Expect.throwsT<ArgumentException>
                    (fun () -> LegOptions.Udp wrong |> ignore)
                    $"\"{wrong}\" is no address and port")
    ]

let private timers =
    testList "AddTimer" [
        testCase "rings at its instant, repeats, and stops when disposed"
        <| inVirtualTime (fun time dispatcher _ ->
            use rang = new SemaphoreSlim(0)

            let timer =
                dispatcher.AddTimer(
                    TimeSpan.FromMilliseconds 100.0,
                    (fun () -> rang.Release() |> ignore),
                    Nullable(TimeSpan.FromMilliseconds 50.0)
                )

            let advance (milliseconds: float) =
                time.Advance(TimeSpan.FromMilliseconds milliseconds)
                settle dispatcher

            advance 99.0
            Expect.equal rang.CurrentCount 0 "not early"
            advance 1.0
            Expect.isTrue (rang.Wait Patience.milliseconds) "at 100 ms"
            advance 50.0
            Expect.isTrue (rang.Wait Patience.milliseconds) "again at 150 ms"
            timer.Dispose()
            timer.Dispose()
            advance 500.0
            Expect.isFalse (rang.Wait 0) "no more")

        testCase "zero, the past, and an instant"
        <| inVirtualTime (fun time dispatcher _ ->
            use rang = new SemaphoreSlim(0)
            let ring () = rang.Release() |> ignore
            dispatcher.AddTimer(TimeSpan.Zero, ring) |> ignore
            Expect.isTrue (rang.Wait Patience.milliseconds) "zero: as soon as possible"
            dispatcher.AddTimer(DateTimeOffset.MinValue, ring) |> ignore
            Expect.isTrue (rang.Wait Patience.milliseconds) "the past: as soon as possible"
            let due = time.GetUtcNow().AddSeconds 10.0
            dispatcher.AddTimer(due, ring) |> ignore
            time.Advance(TimeSpan.FromSeconds 9.999)
            settle dispatcher
            Expect.isFalse (rang.Wait 0) "not early"
            time.Advance(TimeSpan.FromMilliseconds 1.0)
            Expect.isTrue (rang.Wait Patience.milliseconds) "at its instant")

        testCase "one that throws is counted; repeat must be more than zero"
        <| inRealTime (fun dispatcher _ ->
            dispatcher.AddTimer(TimeSpan.Zero, fun () -> failwith "rang") |> ignore
            Expect.equal (waitForCounter dispatcher "callback_failed" 1L) 1L "counted"

            Expect.throwsT<ArgumentOutOfRangeException>
                (fun () ->
                    dispatcher.AddTimer(TimeSpan.Zero, ignore, Nullable TimeSpan.Zero) |> ignore)
                "misuse")
    ]

let private ends =
    testList "DisposeAsync" [
        testCase "completes every delivery Disposed, and may be called again"
        <| fun () ->
            use peer = new Peer()
            let dispatcher = start loopback
            let told = ref 0

            let options =
                DeliverOptions(OnCompleted = fun _ -> Interlocked.Increment told |> ignore)

            let deliveries = [
                for _ in 1..100 ->
                    dispatcher.Deliver(request dispatcher peer SipMethod.Options, options)
            ]

            finish dispatcher
            finish dispatcher

            for delivery in deliveries do
                Expect.isTrue delivery.Completion.IsCompletedSuccessfully "completed"
                Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Disposed "outcome"

            Expect.equal told.Value 100 "every callback was waited for"

        testCase "afterwards: ObjectDisposedException, and the port is free"
        <| fun () ->
            use peer = new Peer()
            let dispatcher = start loopback
            let message = request dispatcher peer SipMethod.Options
            let leg = dispatcher.Legs[0]
            finish dispatcher

            let calls: (unit -> unit) list = [
                fun () -> dispatcher.Deliver message |> ignore
                fun () -> wait (dispatcher.SendAsync message) |> ignore
                fun () -> wait (dispatcher.ResolveUriAsync peer.Uri) |> ignore
                fun () -> wait (dispatcher.AddLegAsync(LegOptions.Udp "127.0.0.1:0")) |> ignore
                fun () -> wait (dispatcher.RemoveLegAsync leg) |> ignore
                fun () -> dispatcher.CancelDelivery(DeliveryId.New()) |> ignore
                fun () -> dispatcher.CancelDelivery(CallId.Parse "x") |> ignore
                fun () -> dispatcher.SetReceiver(null: IReceiver | null)
                fun () -> dispatcher.AddTimer(TimeSpan.Zero, ignore) |> ignore
                fun () -> dispatcher.Inject(message, leg, peer.Hop)
            ]

            for call in calls do
                Expect.throwsT<ObjectDisposedException> call "disposed"

            use again =
                new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)

            again.Bind leg.LocalEndPoint

        testCase "a resolution that waits ends with the dispatcher"
        <| fun () ->
            let never = {
                new IDnsResolver with
                    member _.QueryAsync(_, _) = TaskCompletionSource<DnsAnswer>().Task
            }

            let dispatcher = start (DispatcherOptions(Legs = loopback.Legs, Resolver = never))
            let resolving = dispatcher.ResolveUriAsync(SipUri.Parse "sip:example.com")
            finish dispatcher

            Expect.throwsT<ObjectDisposedException>
                (fun () -> wait resolving |> ignore)
                "it does not hang"
    ]

let private starts =
    testList "StartAsync" [
        testCase "options that make no sense are told at once, with advice"
        <| fun () ->
            let sip = SipUri.Parse "sip:192.0.2.1"
            let map entries = Dictionary<string, SipUri>(dict entries)
            let zero = TimeSpan.Zero
            let second = TimeSpan.FromSeconds 1.0
            let legs = loopback.Legs

            let wrong = [
                DispatcherOptions(Legs = legs, Timers = Timers(zero, second, second))
                DispatcherOptions(Legs = legs, Timers = Timers(second, second / 2.0, second))
                DispatcherOptions(Legs = legs, Limits = Limits(Deliveries = 0))
                DispatcherOptions(Legs = legs, OutgoingProxy = SipUri.Parse "tel:+123")
                DispatcherOptions(Legs = legs, DomainProxies = map [ "", sip ])
                DispatcherOptions(Legs = legs, DomainProxies = map [ "a.*", sip ])
                DispatcherOptions(Legs = legs, DomainProxies = map [ "A.com", sip; "a.com.", sip ])
                DispatcherOptions(Legs = legs, OutgoingProxy = SipUri.Parse "sip:[2001:db8::1]")
                DispatcherOptions(
                    Legs = legs,
                    OutgoingProxy = SipUri.Parse "sip:192.0.2.1;transport=tcp"
                )
            ]

            for options in wrong do
                Expect.throwsT<ArgumentException> (fun () -> start options |> ignore) $"{options}"

        testCase "by default there is a leg for IPv4 at least"
        <| fun () ->
            let dispatcher = start (DispatcherOptions())

            try
                Expect.isNonEmpty dispatcher.Legs "legs"
            finally
                finish dispatcher
    ]

let tests = testList "Life" [ starts; legs; timers; ends ]
