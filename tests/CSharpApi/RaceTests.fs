/// What happens beside something else: legs that come and go, stories told meanwhile.
module SipFun.Tests.CSharpApi.RaceTests

open System
open System.Net
open System.Threading
open Expecto
open Microsoft.Extensions.Time.Testing
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
        testCase "has the story between the last step and the end"
        <| fun () ->
            let time = FakeTimeProvider()
            use peer = new Peer()
            let dispatcher = virtually time
            let mutable explained = [ "not asked" ]
            let mutable others: Delivery list = []

            // The copy of the first goes out in the step in which the second ends, just before.
            let link =
                new FakeLink(
                    IPEndPoint(IPAddress.Loopback, 5999),
                    fun _ _ _ -> explained <- others |> List.map _.Explain()
                )

            try
                let leg = link.AddTo dispatcher

                let deliver options =
                    dispatcher.Deliver(request dispatcher peer SipMethod.Options, options)

                deliver (DeliverOptions(Leg = leg)) |> ignore
                let within = Nullable(TimeSpan.FromMilliseconds 500.0)
                let second = deliver (DeliverOptions(AnswerWithin = within))
                others <- [ second ]
                time.Advance(TimeSpan.FromMilliseconds 500.0)
                Expect.equal (outcome second).Kind DeliveryOutcomeKind.TimedOut "ended"
                Expect.hasLength explained 1 "asked"
                Expect.stringContains explained[0] $"{peer.Hop}" "the story so far"
                Expect.stringContains (second.Explain()) "timed out" "the whole story"
            finally
                finish dispatcher
    ]

let tests = testList "Races" [ legs; stories ]
