module SipFun.Tests.CSharpApi.SendTests

open System
open System.Threading
open Expecto
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

        testCase "an ACK has no response to wait for"
        <| inRealTime (fun dispatcher peer ->
            Expect.throwsT<ArgumentException>
                (fun () -> dispatcher.SendAsync(request dispatcher peer SipMethod.Ack) |> ignore)
                "misuse is told at once")
    ]

let tests = sends
