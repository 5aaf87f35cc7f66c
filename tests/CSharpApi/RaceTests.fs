/// What happens beside something else: legs that come and go, stories told meanwhile.
module SipFun.Tests.CSharpApi.RaceTests

open System
open System.Collections.Concurrent
open System.Net
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House

let private coreLegs (dispatcher: Dispatcher) =
    dispatcher.Engine.Loop.State.Legs |> List.map _.Number

let private legs =
    testList "legs" [
        testCase "thousands added while others are removed: the core keeps none that is gone"
        <| inRealTime (fun dispatcher peer ->
            let kept = dispatcher.Legs[0]
            let each = if SipFun.Tests.Suite.long then 20_000 else 2_000
            use added = new CountdownEvent(2)

            let add () =
                for number in 1..each do
                    let at = IPEndPoint(IPAddress.Loopback, number)
                    (new FakeLink(at, fun _ _ _ -> ())).AddTo dispatcher |> ignore

                added.Signal() |> ignore

            let removeAll () =
                for leg in dispatcher.Legs do
                    if not (Object.ReferenceEquals(leg, kept)) then
                        wait (dispatcher.RemoveLegAsync leg) |> ignore

            let remove () =
                while not added.IsSet do
                    removeAll ()

            let threads = [ for work in [ add; add; remove; remove ] -> Thread work ]
            threads |> List.iter _.Start()
            threads |> List.iter _.Join()
            removeAll ()
            Expect.sequenceEqual dispatcher.Legs [ kept ] "one is left"
            Expect.sequenceEqual (coreLegs dispatcher) kept.Numbers "for the core too"
            dispatcher.Deliver(request dispatcher peer SipMethod.Options) |> ignore
            peer.ReceiveRequest() |> ignore
            Expect.equal peer.From kept.LocalEndPoint "by the one that is left")

        testCase "what a link reports while it starts is not lost"
        <| inRealTime (fun dispatcher _ ->
            let at = IPEndPoint(IPAddress.IPv6Loopback, 5999)
            let link = new FakeLink(at, fun owner number _ -> owner.Transmitted number)
            let mutable sent: Delivery option = None

            link.OnStart <-
                fun () ->
                    let uri = SipUri.Parse "sip:[::1]:5060"
                    let message = dispatcher.CreateRequest(SipMethod.Options, uri)

                    let deliver () =
                        dispatcher.Deliver(message, DeliverOptions(Retransmit = false))

                    sent <- Some(deliver ())

            link.AddTo dispatcher |> ignore

            match sent with
            | Some delivery ->
                Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Sent "reported"
            | None -> failtest "not started")
    ]

let private stories =
    testList "Explain" [
        testCase "tells of a packet as soon as its peer can have it"
        <| fun () ->
            let answer = TaskCompletionSource<DnsAnswer>()

            let slow = {
                new IDnsResolver with
                    member _.QueryAsync(_, _) = answer.Task
            }

            let dispatcher = start (DispatcherOptions(Legs = loopback.Legs, Resolver = slow))
            let told = TaskCompletionSource<string>()
            let mutable delivery: Delivery option = None
            let explain _ _ _ = delivery |> Option.iter (fun one -> told.SetResult(one.Explain()))
            use link = new FakeLink(IPEndPoint(IPAddress.Loopback, 5998), explain)

            try
                let options = DeliverOptions(Leg = link.AddTo dispatcher)
                let uri = SipUri.Parse "sip:one.example:5997"
                let message = dispatcher.CreateRequest(SipMethod.Options, uri)
                delivery <- Some(dispatcher.Deliver(message, options))

                let record =
                    AddressRecord("one.example", TimeSpan.FromMinutes 1.0, IPAddress.Loopback)

                answer.SetResult(DnsAnswer.Of [| record |])
                Expect.stringContains (wait told.Task) "sent to udp:127.0.0.1:5997" "told"
            finally
                finish dispatcher

        testCase "has the story between the last step and the end"
        <| fun () ->
            use peer = new Peer()

            let zone =
                StaticDnsResolver()
                    .AddAddress("two.example", "127.0.0.1")
                    .AddAddress("two.example", "127.0.0.2")

            let dispatcher = start (DispatcherOptions(Legs = loopback.Legs, Resolver = zone))

            let mutable others: Delivery list = []
            let mutable told: string list = []

            // The first goes on over it in the step in which the second ends, just before.
            let link =
                new FakeLink(
                    IPEndPoint(IPAddress.Loopback, 5999),
                    fun _ _ _ -> told <- others |> List.map _.Explain()
                )

            try
                let leg = dispatcher.Legs[0]
                link.AddTo dispatcher |> ignore
                use sent = new ManualResetEventSlim()
                let uri = SipUri.Parse $"sip:two.example:{peer.Port}"

                dispatcher.Deliver(
                    dispatcher.CreateRequest(SipMethod.Options, uri),
                    DeliverOptions(OnSent = fun _ -> sent.Set())
                )
                |> ignore

                Expect.isTrue (sent.Wait Patience.span) "the first is under way"
                let message = request dispatcher peer SipMethod.Options
                let second = dispatcher.Deliver(message, DeliverOptions(Leg = leg))
                others <- [ second ]
                Expect.isTrue (wait (dispatcher.RemoveLegAsync leg)) "removed"
                Expect.equal (outcome second).Kind DeliveryOutcomeKind.Unreachable "ended"
                Expect.hasLength told 1 "asked meanwhile"
                Expect.stringContains told[0] $"sent to {peer.Hop}" "the story so far"
                Expect.stringContains (second.Explain()) "unreachable" "the whole story"
            finally
                finish dispatcher
    ]

let private turns =
    testList "the turn" [
        testCase "what is more than one holder's patience is stepped by others"
        <| inRealTime (fun dispatcher _ ->
            let loop = dispatcher.Engine.Loop

            while not (loop.TryTake()) do
                Thread.Yield() |> ignore

            let before = counter dispatcher "late_input"
            let callers = [ for _ in 1..8 -> Thread(fun () -> settle dispatcher) ]

            for number in 1..5_000 do
                loop.Post(SipFun.Core.Input.Transmitted(-int64 number))

            callers |> List.iter _.Start()
            loop.GiveBack()
            callers |> List.iter (fun one -> Expect.isTrue (one.Join Patience.span) "came back")
            settle dispatcher
            Expect.equal (counter dispatcher "late_input" - before) 5_000L "all were stepped")
    ]

let private orders =
    testList "callbacks" [
        testCase "a response that overtakes the report of its sending: OnSent comes first"
        <| inRealTime (fun dispatcher _ ->
            let packets = ConcurrentQueue<struct (int64 * byte array)>()
            let at = IPEndPoint(IPAddress.Loopback, 5999)
            let keep _ number packet = packets.Enqueue(struct (number, packet))
            let link = new FakeLink(at, keep)
            let leg = link.AddTo dispatcher
            let source = Hop(Transport.Udp, IPAddress.Loopback, 5998)

            for _ in 1..200 do
                let seen = ConcurrentQueue<string>()

                let options =
                    DeliverOptions(
                        Leg = leg,
                        Destination = source,
                        OnSent = (fun _ -> seen.Enqueue "sent"),
                        OnResponse = (fun _ -> seen.Enqueue "response"),
                        OnCompleted = fun _ -> seen.Enqueue "completed"
                    )

                let uri = SipUri.Parse "sip:127.0.0.1:5998"
                let message = dispatcher.CreateRequest(SipMethod.Options, uri)
                let delivery = dispatcher.Deliver(message, options)

                match packets.TryDequeue() with
                | true, struct (number, packet) ->
                    let asked = SipMessage.Parse(ReadOnlyMemory packet) :?> SipRequest
                    dispatcher.Inject(asked.CreateResponse(200, "peer"), leg, source)
                    link.Owner.Transmitted number
                | _ -> failtest "nothing was sent"

                outcome delivery |> ignore
                settle dispatcher
                Expect.sequenceEqual seen [ "sent"; "response"; "completed" ] "in order")
    ]

let tests = testList "Races" [ legs; turns; stories; orders ]
