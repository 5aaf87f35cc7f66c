// The proxy's face over loopback: each transport to each other, stores that answer late, its end.
module SipFun.Tests.CSharpApi.Proxy.StatelessProxyTests

open System
open System.Collections.Generic
open System.Threading.Tasks
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Proxy.ProxyHouse

let private anywhere = options [ "AllowForeign", true ]

let private memory () = new InMemoryLocationStore()

let private ofDomain (store: ILocationStore) more =
    options ([ "Domains", box [| "d.test" |]; "Locations", box store ] @ more)

let private passes =
    testCase "a request to a user's binding, and its response back"
    <| fun () ->
        use store = memory ()
        use caller = new Peer()
        use callee = new Peer()
        bind store "sip:bob@d.test" (callee.Uri.ToString())

        withProxy (ofDomain store []) (fun proxy ->
            caller.Send(ask "MESSAGE" "sip:bob@d.test" caller "z9hG4bK1" "", at proxy)
            let request = callee.ReceiveRequest()
            Expect.equal request.RequestUri callee.Uri "to his Contact"
            Expect.equal (request.ViaCount, request.MaxForwards) (2, Nullable 69) "passed on"
            callee.Send(request.CreateResponse(200, "x"), at proxy)
            let response = caller.ReceiveResponse()
            Expect.equal (response.StatusCode, response.ViaCount) (200, 1) "and back"
            caller.Send(ask "MESSAGE" "sip:carol@d.test" caller "z9hG4bK2" "", at proxy)
            Expect.equal (caller.ReceiveResponse()).StatusCode 480 "nobody is bound there")

let private addressed =
    testCase "a domain may be a numeric address, in any of its spellings"
    <| fun () ->
        use store = memory ()
        use caller = new Peer()
        use callee = new Peer()
        bind store "sip:bob@[2001:db8::1]" (callee.Uri.ToString())
        let domains = [| "2001:DB8:0::1" |]

        withProxy (options [ "Domains", box domains; "Locations", box store ]) (fun proxy ->
            for number, host in List.indexed [ "[2001:db8::1]"; "[2001:DB8:0:0::1]" ] do
                let branch = $"z9hG4bK{number}"
                caller.Send(ask "MESSAGE" $"sip:bob@{host}" caller branch "", at proxy)
                Expect.equal (callee.ReceiveRequest()).RequestUri callee.Uri host)

let private copies =
    testCase "each copy is passed on, byte for byte the same; nothing is kept (16.11)"
    <| fun () ->
        use caller = new Peer()
        use callee = new Peer()

        withProxy anywhere (fun proxy ->
            let text = ask "INVITE" (callee.Uri.ToString()) caller "z9hG4bK1" ""

            let seen = [
                for _ in 1..3 do
                    caller.Send(text, at proxy)
                    callee.ReceiveBytes()
            ]

            Expect.equal (List.distinct seen).Length 1 "the same three times"
            Expect.isTrue (House.becomesIdle proxy.Dispatcher) "nothing is kept"
            Expect.isFalse caller.HasMore "no 100 is made")

let private slow =
    testCase "a store of the user's may answer late, and is asked beside the turn"
    <| fun () ->
        use store = memory ()
        use caller = new Peer()
        use callee = new Peer()
        bind store "sip:bob@d.test" (callee.Uri.ToString())
        let slow = SlowStore store

        withProxy (ofDomain slow [ "MaxWaiting", 1 ]) (fun proxy ->
            caller.Send(ask "MESSAGE" "sip:bob@d.test" caller "z9hG4bK1" "", at proxy)
            // The first waits, so that there is no room for the second.
            caller.Send(ask "MESSAGE" "sip:bob@d.test" caller "z9hG4bK2" "", at proxy)
            let response = caller.ReceiveResponse()
            Expect.equal response.StatusCode 503 "too many"
            Expect.isNotNull response.RetryAfter "try again"
            Expect.equal (House.counter proxy.Dispatcher "proxy_queue_full") 1L "counted"
            slow.Open()
            let request = callee.ReceiveRequest()
            Expect.equal (string request.Vias[1].Branch) "z9hG4bK1" "the first"
            House.settle proxy.Dispatcher
            Expect.equal proxy.Waiting 0 "nobody waits")

let private broken =
    testCase "a store that throws is our trouble: 500; one that says nothing in time: 504"
    <| fun () ->
        use store = memory ()
        use caller = new Peer()
        let slow = SlowStore store
        let time = FakeTimeProvider()

        let dispatcher =
            House.start (DispatcherOptions(Legs = [| udp |], TimeProvider = time))

        try
            let proxy = new StatelessProxy(dispatcher, ofDomain slow [])
            dispatcher.SetReceiver proxy
            caller.Send(ask "MESSAGE" "sip:bob@d.test" caller "z9hG4bK1" "", at proxy)
            House.advanceUntil time (fun () -> caller.HasMore)
            Expect.equal (caller.ReceiveResponse()).StatusCode 504 "late"
            slow.Break()
            caller.Send(ask "MESSAGE" "sip:bob@d.test" caller "z9hG4bK2" "", at proxy)
            Expect.equal (caller.ReceiveResponse()).StatusCode 500 "broken"
            Expect.equal (House.counter dispatcher "locations_failed") 1L "counted"
        finally
            House.finish dispatcher

let private drains =
    testCase "its end waits for who waits for an answer, and no longer than it may"
    <| fun () ->
        use store = memory ()
        use caller = new Peer()
        use callee = new Peer()
        bind store "sip:bob@d.test" (callee.Uri.ToString())
        let slow = SlowStore store

        withProxy (ofDomain slow []) (fun proxy ->
            caller.Send(ask "MESSAGE" "sip:bob@d.test" caller "z9hG4bK1" "", at proxy)
            let isWaiting () = proxy.Waiting = 1

            Expect.isTrue
                (Threading.SpinWait.SpinUntil(isWaiting, Patience.milliseconds))
                "it waits"

            let ended = [ for _ in 1..2 -> proxy.DisposeAsync().AsTask() ]
            Expect.all ended (fun one -> not one.IsCompleted) "not yet"
            slow.Open()
            callee.ReceiveRequest() |> ignore
            Expect.isTrue (Task.WhenAll(ended).Wait Patience.milliseconds) "now"
            let abandoned = House.counter proxy.Dispatcher "callback_abandoned"
            Expect.equal abandoned 0L "whoever asked for it, in time")

let private outlives =
    testCase "its end may come after the dispatcher's, or meet it: nothing was abandoned"
    <| fun () ->
        use store = memory ()
        use caller = new Peer()
        let slow = SlowStore store
        let mutable met = Task.CompletedTask
        let mutable survivor: StatelessProxy | null = null

        withProxy (ofDomain slow []) (fun proxy ->
            caller.Send(ask "MESSAGE" "sip:bob@d.test" caller "z9hG4bK1" "", at proxy)
            let isWaiting () = proxy.Waiting = 1

            Expect.isTrue
                (Threading.SpinWait.SpinUntil(isWaiting, Patience.milliseconds))
                "it waits"

            met <- proxy.DisposeAsync().AsTask()
            survivor <- proxy)

        match survivor with
        | null -> failwith "no proxy"
        | proxy ->
            Expect.isTrue (met.Wait Patience.milliseconds) "it ends with the dispatcher"
            Expect.isTrue (proxy.DisposeAsync().AsTask().Wait Patience.milliseconds) "and again"
            let abandoned = House.counter proxy.Dispatcher "callback_abandoned"
            Expect.equal abandoned 0L "a plain end"

let private binding (q: decimal) =
    Binding(
        Contact = NameAddr.Parse "<sip:bob@127.0.0.1>",
        Q = q,
        ExpiresIn = TimeSpan.FromHours 1.0,
        CallId = CallId.Parse "reg",
        CSeq = 1u
    )

/// A list that says it has a row, and has none.
let private hollow = {
    new IReadOnlyList<Binding> with
        member _.Count = 1

        member _.Item
            with get _ = invalidOp "no row"

        member _.GetEnumerator() : IEnumerator<Binding> = invalidOp "no row"
        member _.GetEnumerator() : Collections.IEnumerator = invalidOp "no row"
}

let private odd =
    testCase "what a store answers that makes no sense is its fault: 500, and no harm to the turn"
    <| fun () ->
        let unlike: IReadOnlyList<Binding> list = [
            Unchecked.defaultof<_>
            [| Unchecked.defaultof<Binding> |]
            [| binding Decimal.MaxValue |]
            [| binding -1m |]
            hollow
        ]

        use caller = new Peer()
        let store = AnsweringStore(fun before -> Task.FromResult unlike[before])

        withProxy (ofDomain store []) (fun proxy ->
            for number in 1 .. unlike.Length do
                let branch = $"z9hG4bK{number}"
                caller.Send(ask "MESSAGE" "sip:bob@d.test" caller branch "", at proxy)
                Expect.equal (caller.ReceiveResponse()).StatusCode 500 $"answer {number}"

            let failed = House.counter proxy.Dispatcher "locations_failed"
            Expect.equal failed (int64 unlike.Length) "each is counted"
            Expect.equal proxy.Waiting 0 "nobody waits")

let private ordered =
    testCase "a CANCEL does not overtake its INVITE at a slow store: one question for both"
    <| fun () ->
        use caller = new Peer()
        use callee = new Peer()
        let first = TaskCompletionSource<IReadOnlyList<Binding>>()

        let bindings: IReadOnlyList<Binding> = [|
            Binding(
                Contact = NameAddr.Parse $"<{callee.Uri}>",
                ExpiresIn = TimeSpan.FromHours 1.0,
                CallId = CallId.Parse "reg",
                CSeq = 1u
            )
        |]

        let store =
            AnsweringStore(fun before ->
                if before = 0 then first.Task else Task.FromResult bindings)

        withProxy (ofDomain store []) (fun proxy ->
            let isWaiting count () = proxy.Waiting = count && store.Asked > 0

            for count, method in [ 1, "INVITE"; 2, "CANCEL" ] do
                caller.Send(ask method "sip:bob@d.test" caller "z9hG4bK1" "", at proxy)

                Expect.isTrue
                    (Threading.SpinWait.SpinUntil(isWaiting count, Patience.milliseconds))
                    $"the {method} waits"

            first.SetResult bindings
            let methods = [ for _ in 1..2 -> string (callee.ReceiveRequest()).Method ]
            Expect.equal methods [ "INVITE"; "CANCEL" ] "in order"
            Expect.equal store.Asked 1 "asked once")

let private named =
    testCase "a name is resolved by RFC 3263, once its answer is there at once"
    <| fun () ->
        use caller = new Peer()
        use callee = new Peer()

        let zone = StaticDnsResolver().AddAddress("far.test", "127.0.0.1")

        let dispatcher = House.start (DispatcherOptions(Legs = [| udp |], Resolver = zone))

        try
            let proxy = new StatelessProxy(dispatcher, anywhere)
            dispatcher.SetReceiver proxy

            for branch in [ "z9hG4bK1"; "z9hG4bK2" ] do
                let uri = $"sip:b@far.test:{callee.Port}"
                caller.Send(ask "MESSAGE" uri caller branch "", at proxy)
                let request = callee.ReceiveRequest()
                Expect.equal (string request.RequestUri) uri "as it was"
                Expect.equal (string request.Vias[1].Branch) branch "in order"

            caller.Send(ask "MESSAGE" "sip:b@nobody.test" caller "z9hG4bK3" "", at proxy)
            Expect.equal (caller.ReceiveResponse()).StatusCode 404 "nobody's name"
        finally
            House.finish dispatcher

let private misuse =
    testCase "what makes no sense is told at once"
    <| fun () ->
        use store = memory ()

        withProxy anywhere (fun proxy ->
            let dispatcher = proxy.Dispatcher

            for changes in
                [
                    [ "Domains", box [| "d.test" |] ]
                    [ "Domains", box [| "d.test:5060" |]; "Locations", box store ]
                    [ "Aliases", box [| "no host" |] ]
                    [ "Secret", box (ReadOnlyMemory [| 1uy |]) ]
                    [ "MaxWaiting", box 0 ]
                    [ "LookupWithin", box TimeSpan.Zero ]
                ] do
                Expect.throwsT<ArgumentException>
                    (fun () -> new StatelessProxy(dispatcher, options changes) |> ignore)
                    $"%A{changes}")

let private restart =
    testCase "a restart loses no response in flight when its secret is the same"
    <| fun () ->
        use caller = new Peer()
        use callee = new Peer()
        let secret = ReadOnlyMemory(Array.create 16 7uy)
        let options = options [ "AllowForeign", true; "Secret", box secret ]
        let mutable at' = Net.IPEndPoint(Net.IPAddress.Loopback, 0)
        let mutable request: SipRequest | null = null

        withProxy options (fun proxy ->
            at' <- at proxy
            caller.Send(ask "INVITE" (callee.Uri.ToString()) caller "z9hG4bK1" "", at')
            request <- callee.ReceiveRequest())

        withProxyOn [ LegOptions.Udp(string at') ] options (fun proxy ->
            match request with
            | null -> failwith "nothing came"
            | request ->
                callee.Send(request.CreateResponse(200, "x"), at proxy)
                Expect.equal (caller.ReceiveResponse()).StatusCode 200 "it arrives")

let tests =
    testList "StatelessProxy" [
        passes
        addressed
        copies
        slow
        broken
        drains
        outlives
        odd
        ordered
        named
        misuse
        restart
    ]
