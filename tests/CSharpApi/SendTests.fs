module SipFun.Tests.CSharpApi.SendTests

open System
open System.Threading
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi.House

let private sends =
    testList "SendAsync" [
        testCase "gives the final response, whatever its status"
        <| inRealTime (fun dispatcher peer ->
            let sending = dispatcher.SendAsync(request dispatcher peer SipMethod.Message)
            peer.Answer(peer.ReceiveRequest(), 404)
            Expect.equal (wait sending).StatusCode 404 "a response is no exception")

        testCase "throws DeliveryException with what to do next"
        <| inVirtualTime (fun time dispatcher peer ->
            let sending = dispatcher.SendAsync(request dispatcher peer SipMethod.Message)
            peer.ReceiveBytes() |> ignore
            time.Advance(TimeSpan.FromSeconds 33.0)

            match Expect.throwsC (fun () -> wait sending |> ignore) id with
            | :? DeliveryException as failure ->
                Expect.equal failure.Outcome.Kind DeliveryOutcomeKind.TimedOut "outcome"
                Expect.stringContains failure.Message "Explain" "what to do next"
            | other -> failtest $"{other}")

        testCase "a token cancels, and an INVITE by a SIP CANCEL (RFC 3261, 9.1)"
        <| inRealTime (fun dispatcher peer ->
            use cancel = new CancellationTokenSource()
            use rang = new ManualResetEventSlim()
            let options = DeliverOptions(OnResponse = fun _ -> rang.Set())
            let invite = request dispatcher peer SipMethod.Invite
            let sending = dispatcher.SendAsync(invite, options, cancel.Token)
            let asked = peer.ReceiveRequest()
            peer.Answer(asked, 180)
            Expect.isTrue (rang.Wait Patience.span) "the 180 came"
            cancel.Cancel()
            let failure = Expect.throwsC (fun () -> wait sending |> ignore) id
            Expect.isTrue (failure :? OperationCanceledException) "cancelled"

            let rec next () =
                let message = peer.ReceiveRequest()
                if message.Method = SipMethod.Invite then next () else message

            let heard = next ()
            Expect.equal heard.Method SipMethod.Cancel "the peer hears of it"
            Expect.equal heard.TopVia.Branch asked.TopVia.Branch "with the INVITE's branch")

        testCase "the CANCEL is repeated, even where deliveries are stateless by default"
        <| fun () ->
            let time = FakeTimeProvider()
            use peer = new Peer()

            let options =
                DispatcherOptions(Legs = loopback.Legs, Retransmit = false, TimeProvider = time)

            let dispatcher = start options

            try
                use cancel = new CancellationTokenSource()
                use rang = new ManualResetEventSlim()
                let options = DeliverOptions(Retransmit = true, OnResponse = fun _ -> rang.Set())
                let invite = request dispatcher peer SipMethod.Invite
                let sending = dispatcher.SendAsync(invite, options, cancel.Token)
                peer.Answer(peer.ReceiveRequest(), 180)
                Expect.isTrue (rang.Wait Patience.span) "the 180 came"
                cancel.Cancel()
                Expect.throws (fun () -> wait sending |> ignore) "cancelled"
                Expect.equal (peer.ReceiveRequest().Method) SipMethod.Cancel "the CANCEL"
                time.Advance(TimeSpan.FromMilliseconds 500.0)
                settle dispatcher
                Expect.equal (peer.ReceiveRequest().Method) SipMethod.Cancel "its copy"
            finally
                finish dispatcher

        testCase "an ACK has no response to wait for"
        <| inRealTime (fun dispatcher peer ->
            Expect.throwsT<ArgumentException>
                (fun () -> dispatcher.SendAsync(request dispatcher peer SipMethod.Ack) |> ignore)
                "misuse is told at once")
    ]

let private creates =
    testList "CreateRequest" [
        testCase "fills what RFC 3261, 8.1.1 asks for, and nothing else"
        <| inRealTime (fun dispatcher peer ->
            let made = dispatcher.CreateRequest(SipMethod.Message, peer.Uri)
            let other = dispatcher.CreateRequest(SipMethod.Message, peer.Uri)
            Expect.isNotNull made.FromTag "a From tag (8.1.1.3)"
            Expect.isNull made.ToTag "no To tag (8.1.1.2)"
            Expect.isTrue (made.To.Uri.IsEquivalentTo peer.Uri) "To is the Request-URI"
            Expect.equal made.From.Uri.Host "anonymous.invalid" "nobody (8.1.1.3)"
            Expect.equal made.CSeq (CSeq(1u, SipMethod.Message)) "CSeq (8.1.1.5)"
            Expect.equal (made.GetHeader "Max-Forwards") "70" "Max-Forwards (8.1.1.6)"
            Expect.isEmpty made.Vias "no Via before it is delivered"
            Expect.isFalse (made.CallId = other.CallId) "each has its own Call-ID"
            Expect.isFalse (made.FromTag = other.FromTag) "and its own tag")

        testCase "a tag of one's own is kept, the caller's object never changes"
        <| inRealTime (fun dispatcher peer ->
            let from = NameAddr.Parse "<sip:me@example.com>;tag=mine"
            let made = dispatcher.CreateRequest(SipMethod.Options, peer.Uri, from)
            let before = made.Bytes.ToArray()
            dispatcher.Deliver made |> ignore
            Expect.equal (peer.ReceiveRequest().FromTag) "mine" "kept"
            Expect.sequenceEqual (made.Bytes.ToArray()) before "unchanged"
            Expect.isEmpty made.Vias "our Via is not in it")
    ]

let tests = testList "Send" [ creates; sends ]
