/// Start, and the end.
module SipFun.Tests.CSharpApi.LifeTests

open System
open System.Collections.Generic
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House

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
            use socket = Sockets.bound ()

            let wrong = [
                DispatcherOptions(Legs = legs, Timers = Timers(zero, second, second))
                DispatcherOptions(Legs = legs, Timers = Timers(second, second / 2.0, second))
                DispatcherOptions(Legs = legs, Limits = Limits(Deliveries = 0))
                DispatcherOptions(Legs = legs, OutgoingProxy = SipUri.Parse "tel:+123")
                DispatcherOptions(Legs = legs, DomainProxies = map [ "", sip ])
                DispatcherOptions(Legs = legs, DomainProxies = map [ "a.*", sip ])
                DispatcherOptions(Legs = legs, DomainProxies = map [ "A.com", sip; "a.com.", sip ])
                DispatcherOptions(Legs = Array.map LegOptions.FromSocket [| socket; socket |])
                DispatcherOptions(Legs = [| Unchecked.defaultof<LegOptions> |])
            ]

            for options in wrong do
                Expect.throwsT<ArgumentException> (fun () -> start options |> ignore) $"{options}"

        testCase "a proxy that no leg can reach is told at once, with advice"
        <| fun () ->
            let wrong = [
                "sip:[2001:db8::1]", "IPv6"
                "sip:192.0.2.1;transport=tcp", "TCP"
                "sips:127.0.0.1", "TLS"
                "sip:127.0.0.1;transport=sctp", "udp"
                "sip:127.0.0.1;maddr=[::1]", "IPv6"
                "sip:name;transport=tcp", "TCP"
                "sips:name", "TLS"
            ]

            for text, advice in wrong do
                let proxy = SipUri.Parse text
                let map = Dictionary(dict [ "example.com", proxy ])

                for options in
                    [
                        DispatcherOptions(Legs = loopback.Legs, OutgoingProxy = proxy)
                        DispatcherOptions(Legs = loopback.Legs, DomainProxies = map)
                    ] do
                    match Expect.throwsC (fun () -> start options |> finish) id with
                    | :? ArgumentException as failure ->
                        Expect.stringContains failure.Message text "which"
                        Expect.stringContains failure.Message advice "advice"
                    | other -> failtest $"{other}"

        testCase "a proxy that may be reached, and no proxy without legs, are fine"
        <| fun () ->
            for text in [ "sip:127.0.0.1"; "sip:name.invalid"; "sip:name.invalid;transport=udp" ] do
                let proxy = SipUri.Parse text
                start (DispatcherOptions(Legs = loopback.Legs, OutgoingProxy = proxy)) |> finish

            start (DispatcherOptions(Legs = [||])) |> finish

            let proxy = SipUri.Parse "sip:127.0.0.1"

            Expect.throwsT<ArgumentException>
                (fun () -> start (DispatcherOptions(Legs = [||], OutgoingProxy = proxy)) |> finish)
                "a proxy, and no leg"

        testCase "by default there is a leg for IPv4 at least"
        <| fun () ->
            let dispatcher = start (DispatcherOptions())

            try
                Expect.isNonEmpty dispatcher.Legs "legs"
            finally
                finish dispatcher
    ]

let tests = testList "Life" [ starts; ends ]
