// Blocker, Dropper and Redirector in a chain before a receiver that answers everything with 200.
module SipFun.Tests.CSharpApi.Proxy.SmallReceiverTests

open System
open System.Collections.Generic
open System.Threading.Tasks
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House

let private answering =
    Receiver.From(
        Func<Received, Receipt>(fun received ->
            if received.Message.CSeq.Method <> SipMethod.Ack then
                received.Respond(received.CreateResponse(200, "Behind")) |> ignore

            Receipt.Handled),
        SipMethod.Message,
        SipMethod.Subscribe
    )

let private behind (small: IReceiver) run =
    inVirtualTime (fun time dispatcher peer ->
        dispatcher.SetReceiver(Receiver.Chain(small, answering))
        run time dispatcher peer)

let private send (dispatcher: Dispatcher) (peer: Peer) (text: string) =
    peer.Send(text, local dispatcher)

let private ask dispatcher (peer: Peer) text =
    send dispatcher peer text
    peer.ReceiveResponse()

let private blocks =
    let methods =
        Dictionary(
            dict [
                SipMethod.Subscribe, BlockedMethod 405
                SipMethod.Invite,
                BlockedMethod(
                    503,
                    Reason = "Not Tonight",
                    Headers = [| KeyValuePair("Retry-After", "600") |]
                )
            ]
        )

    behind (Blocker(BlockerOptions(Methods = methods))) (fun _ dispatcher peer ->
        let refused = ask dispatcher peer (peer.Request "SUBSCRIBE")
        Expect.equal refused.StatusCode 405 "blocked"
        Expect.equal (refused.GetHeader "Allow") "MESSAGE" "what else there is (8.2.1)"
        let invite = peer.Request "INVITE"
        let refused = ask dispatcher peer invite
        Expect.equal refused.ReasonPhrase "Not Tonight" "the reason"
        Expect.equal (refused.GetHeader "Retry-After") "600" "the header"
        let ack = (SipMessage.Parse invite :?> SipRequest).CreateErrorAck refused
        peer.Send(ack, local dispatcher)
        Expect.equal (waitForCounter dispatcher "stray_ack" 1L) 1L "its ACK goes no further"
        Expect.isTrue (becomesIdle dispatcher) "without a trace"
        Expect.equal (counter dispatcher "blocked") 2L "counted"
        Expect.equal (ask dispatcher peer (peer.Request "MESSAGE")).StatusCode 200 "others pass")

let private dropsByField =
    let rules = [|
        DropRule.Contains("User-Agent", "friendly-scanner")
        DropRule.Matches("f", "tag=0{4,}")
    |]

    behind (Dropper(DropperOptions(Rules = rules))) (fun _ dispatcher peer ->
        let scan =
            (peer.Request "MESSAGE").Replace("Max-", "User-Agent: Friendly-Scanner/1\r\nMax-")

        send dispatcher peer scan
        let scan = (peer.Request "MESSAGE").Replace("tag=1", "tag=000000")
        send dispatcher peer scan
        Expect.equal (ask dispatcher peer (peer.Request "MESSAGE")).StatusCode 200 "others pass"
        Expect.equal (counter dispatcher "dropped_by_field") 2L "counted"
        Expect.isFalse peer.HasMore "not a word")

let private dropsByRate =
    behind (Dropper(DropperOptions(MaxPerSource = 2))) (fun time dispatcher peer ->
        for _ in 1..2 do
            Expect.equal (ask dispatcher peer (peer.Request "MESSAGE")).StatusCode 200 "heard"

        send dispatcher peer (peer.Request "MESSAGE")
        Expect.equal (waitForCounter dispatcher "dropped_by_rate" 1L) 1L "too much"
        time.Advance(TimeSpan.FromSeconds 59.0)
        send dispatcher peer (peer.Request "MESSAGE")
        Expect.equal (waitForCounter dispatcher "dropped_by_rate" 2L) 2L "still silent"
        time.Advance(TimeSpan.FromSeconds 1.0)
        Expect.equal (ask dispatcher peer (peer.Request "MESSAGE")).StatusCode 200 "over")

let private sparesTrusted =
    let loopbacks = [| Net.IPNetwork.Parse "127.0.0.0/8" |]

    behind
        (Dropper(DropperOptions(Networks = loopbacks, Trusted = loopbacks)))
        (fun _ dispatcher peer ->
            Expect.equal (ask dispatcher peer (peer.Request "MESSAGE")).StatusCode 200 "trusted")

let private dropsNetworks =
    let loopbacks = [| Net.IPNetwork.Parse "127.0.0.0/8" |]

    behind (Dropper(DropperOptions(Networks = loopbacks))) (fun _ dispatcher peer ->
        send dispatcher peer (peer.Request "MESSAGE")
        Expect.equal (waitForCounter dispatcher "dropped_by_source" 1L) 1L "counted"
        Expect.isTrue (becomesIdle dispatcher) "without a trace")

let private binding uri q =
    Binding(
        Contact = NameAddr.Parse $"<{uri}>",
        Q = q,
        ExpiresIn = TimeSpan.FromSeconds 60.0,
        CallId = CallId.Parse "1",
        CSeq = 1u
    )

let private bob = AddressOfRecord.Parse "sip:bob@example.com"

/// A store that answers when it is told to.
type private SlowStore(bindings: Task<IReadOnlyList<Binding>>) =
    interface ILocationStore with
        member _.LookupAsync(_, _) = ValueTask<IReadOnlyList<Binding>> bindings
        member _.UpdateAsync(_, _, _) = ValueTask<bool> false
        member _.add_Expired _ = ()
        member _.remove_Expired _ = ()

let private bindings =
    [| binding "sip:bob@192.0.2.1" 0.5m; binding "sip:bob@192.0.2.2" 1m |] :> IReadOnlyList<Binding>

let private redirectorOf store =
    Redirector(RedirectorOptions(Domains = [| "example.com" |], Locations = store))

let private expectRedirection (response: SipResponse) =
    Expect.equal response.StatusCode 302 "elsewhere"
    let uris = [ for contact in response.Contacts -> contact.Uri.ToString() ]
    Expect.equal uris [ "sip:bob@192.0.2.2"; "sip:bob@192.0.2.1" ] "by q"
    Expect.equal (response.Contacts[0].Expires.GetValueOrDefault()) 60u "for how long"

let private redirects () =
    use store = new InMemoryLocationStore(10, FakeTimeProvider())
    let update = store.UpdateAsync(bob, fun _ -> bindings)
    Expect.isTrue (update.AsTask().Result) "stored"

    behind
        (redirectorOf store)
        (fun _ dispatcher peer ->
            let text = peer.Request("INVITE", "sip:bob@example.com")
            let response = ask dispatcher peer text
            expectRedirection response
            let invite = SipMessage.Parse text :?> SipRequest
            peer.Send(invite.CreateCancel(), local dispatcher)
            Expect.equal (peer.ReceiveResponse().StatusCode) 200 "its CANCEL (8.3)"
            peer.Send(invite.CreateErrorAck response, local dispatcher)
            let stray = ask dispatcher peer (peer.Request("CANCEL", "sip:bob@example.com"))
            Expect.equal stray.ReasonPhrase "Behind" "the receiver behind"
            let nobody = ask dispatcher peer (peer.Request("MESSAGE", "sip:eve@example.com"))
            Expect.equal nobody.StatusCode 480 "nobody there"
            let other = ask dispatcher peer (peer.Request "MESSAGE")
            Expect.equal other.StatusCode 200 "others pass")
        ()

let private waitsForStores =
    let found = TaskCompletionSource<IReadOnlyList<Binding>>()

    behind (redirectorOf (SlowStore found.Task)) (fun _ dispatcher peer ->
        send dispatcher peer (peer.Request("INVITE", "sip:bob@example.com"))
        Expect.equal (ask dispatcher peer (peer.Request "MESSAGE")).StatusCode 200 "nobody waits"
        found.SetResult bindings
        expectRedirection (peer.ReceiveResponse()))

let private misuse = [
    let throws name make =
        testCase $"misuse throws at once: {name}"
        <| fun () ->
            try
                make () |> ignore
                failtest "it was taken"
            with :? ArgumentException ->
                ()

    let blocking method (blocked: BlockedMethod) () =
        box (Blocker(BlockerOptions(Methods = Dictionary(dict [ method, blocked ]))))

    throws "an ACK is blocked" (blocking SipMethod.Ack (BlockedMethod 405))
    throws "blocked with 200" (blocking SipMethod.Invite (BlockedMethod 200))

    throws
        "a header of two lines"
        (blocking SipMethod.Invite (BlockedMethod(486, Headers = [| KeyValuePair("X", "a\r\nb") |])))

    throws "an empty text" (fun () -> box (DropRule.Contains("User-Agent", "")))
    throws "a broken pattern" (fun () -> box (DropRule.Matches("User-Agent", "(")))
    throws "no requests" (fun () -> box (Dropper(DropperOptions(MaxPerSource = 0))))
    throws "nobody to redirect" (fun () -> box (Redirector(RedirectorOptions())))

    throws "a domain with a port" (fun () ->
        let options =
            RedirectorOptions(
                Domains = [| "example.com:5060" |],
                Locations = new InMemoryLocationStore()
            )

        box (Redirector options))

    throws "no store" (fun () -> box (Redirector(RedirectorOptions(Domains = [| "example.com" |]))))
]

let tests =
    testList
        "Small receivers"
        ([
            testCase "Blocker: by method, with reason and headers, without a trace" blocks
            testCase "Dropper: by header field, without a word" dropsByField
            testCase "Dropper: who sends too much is silent for a while" dropsByRate
            testCase "Dropper: by network" dropsNetworks
            testCase "Dropper: the trusted are spared" sparesTrusted
            testCase "Redirector: to bindings, from memory" redirects
            testCase "Redirector: a store that takes its time holds nobody up" waitsForStores
         ]
         @ misuse)
