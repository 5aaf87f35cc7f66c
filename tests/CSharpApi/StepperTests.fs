module SipFun.Tests.CSharpApi.StepperTests

open System
open System.Collections.Generic
open System.Net
open Expecto
open SipFun
open SipFun.Stepping
open SipFun.Tests.CSharpApi.House

/// Writes each effect down as a line, and keeps the packets.
type private Recorder() =
    member val Lines = List<string>()
    member val Packets = List<byte array>()

    interface IEffectHandler with
        member this.Transmit(number, leg, hop, packet, report) =
            this.Packets.Add(packet.ToArray())
            this.Lines.Add $"transmit {number} by {leg} to {hop}, report {report}"

        member this.Connect(leg, hop) = this.Lines.Add $"connect by {leg} to {hop} as {hop.Flow}"
        member this.Disconnect(leg, flow) = this.Lines.Add $"disconnect {flow} of {leg}"
        member this.Ask question = this.Lines.Add $"ask {question}"
        member this.AskSource destination = this.Lines.Add $"source to {destination}"
        member this.PassUp(number, leg, source, _) = this.Lines.Add $"up {number} {leg} {source}"
        member this.PassUpStray(leg, source, _) = this.Lines.Add $"stray {leg} {source}"
        member this.TellSent(number, hop) = this.Lines.Add $"sent {number} {hop}"
        member this.HandUp(number, response) = this.Lines.Add $"hand {number} {response.StatusCode}"

        member this.Complete(number, outcome, explain, last) =
            this.Lines.Add $"complete {number} {outcome}, last {last}"
            Expect.isNotEmpty (explain.Invoke()) "a story"

        member this.Forget number = this.Lines.Add $"forget {number}"
        member this.Found(number, hops, _) = this.Lines.Add $"found {number}: {hops.Count}"
        member this.Ring(number, last) = this.Lines.Add $"ring {number} {last}"
        member this.Count reason = this.Lines.Add $"count {reason}"

let private ms (milliseconds: int) = TimeSpan.FromMilliseconds(float milliseconds)
let private peer = Hop.Parse "udp:192.0.2.9:5060"

let private options =
    SipRequest.Create(
        SipMethod.Options,
        SipUri.Parse "sip:192.0.2.9",
        NameAddr.Parse "<sip:a@example.com>;tag=1",
        NameAddr.Parse "<sip:b@example.com>",
        CallId.Parse "c",
        1u
    )

let private withLeg () =
    let recorder = Recorder()
    let stepper = Stepper recorder
    let address = IPAddress.Parse "192.0.2.1"
    stepper.Post(StepInput.AddLeg(1, Transport.Udp, address, 5060, "192.0.2.1:5060"), ms 0)
    recorder, stepper

/// Ticks at every alarm up to an instant; the instants at which packets went out.
let private run (recorder: Recorder) (stepper: Stepper) (until: TimeSpan) = [
    while stepper.NextAlarm.HasValue && stepper.NextAlarm.Value <= until do
        let now = stepper.NextAlarm.Value
        let before = recorder.Packets.Count
        stepper.Post(StepInput.Tick(), now)

        for _ in before .. recorder.Packets.Count - 1 do
            int now.TotalMilliseconds
]

let private exchange () =
    let recorder, stepper = withLeg ()
    stepper.Post(StepInput.Deliver(1L, 42UL, options), ms 0)
    stepper.Post(StepInput.Transmitted 1L, ms 0)
    let copies = run recorder stepper (ms 600)
    let sent = SipMessage.Parse(ReadOnlyMemory recorder.Packets[0]) :?> SipRequest
    let answer = sent.CreateResponse(200, "t")
    stepper.Post(StepInput.Received(2L, 1, peer, answer), ms 700)
    let later = run recorder stepper (TimeSpan.FromHours 1.0)
    copies, later, List.ofSeq recorder.Lines, stepper

let tests =
    testList "Stepper" [
        testCase "a whole exchange without sockets, threads or clock"
        <| fun () ->
            let copies, later, lines, stepper = exchange ()
            Expect.equal copies [ 500 ] "one copy before the answer"
            Expect.isEmpty later "none after it"
            Expect.contains lines $"sent 1 {peer}" "told"
            Expect.contains lines "hand 1 200" "handed up"
            Expect.exists lines (fun line -> line.StartsWith "complete 1 Answered: 200") "ended"
            Expect.isTrue stepper.IsIdle "nothing is left, once Timer K has passed"
            Expect.isFalse stepper.NextAlarm.HasValue "D3: no alarm when idle"

        testCase "the same inputs give the same effects"
        <| fun () ->
            let _, _, once, _ = exchange ()
            let _, _, again, _ = exchange ()
            Expect.equal again once "line for line"

        testCase "P-42: the facade sends at the same instants"
        <| inVirtualTime (fun time dispatcher peer ->
            let recorder, stepper = withLeg ()
            stepper.Post(StepInput.Deliver(1L, 42UL, options), ms 0)
            let pure' = 0 :: run recorder stepper (ms 32_000)
            dispatcher.Deliver(request dispatcher peer SipMethod.Options) |> ignore
            Expect.equal (instants time dispatcher peer 100 32_000) pure' "the same copies")

        testCase "a handler may post while it carries an effect out"
        <| fun () ->
            let mutable stepper: Stepper option = None
            let recorder = Recorder()
            let mutable receipts = 0

            let handler = {
                new IEffectHandler with
                    member _.PassUp(number, _, _, _) =
                        receipts <- receipts + 1

                        stepper
                        |> Option.iter (fun stepper ->
                            stepper.Post(StepInput.Receipted(number, Receipt.Pass), ms 1))

                    member _.Transmit(a, b, c, d, e) =
                        (recorder :> IEffectHandler).Transmit(a, b, c, d, e)

                    member _.Connect(_, _) = ()
                    member _.Disconnect(_, _) = ()
                    member _.Ask _ = ()
                    member _.AskSource _ = ()
                    member _.PassUpStray(_, _, _) = ()
                    member _.TellSent(_, _) = ()
                    member _.HandUp(_, _) = ()
                    member _.Complete(_, _, _, _) = ()
                    member _.Forget _ = ()
                    member _.Found(_, _, _) = ()
                    member _.Ring(_, _) = ()
                    member _.Count _ = ()
            }

            let made = Stepper handler
            stepper <- Some made
            let address = IPAddress.Parse "192.0.2.1"
            made.Post(StepInput.AddLeg(1, Transport.Udp, address, 5060, "192.0.2.1"), ms 0)
            made.Post(StepInput.SetReceiver([| SipMethod.Message |], false), ms 0)
            let via = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx"

            made.Post(
                StepInput.Received(1L, 1, Hop.Parse "udp:192.0.2.9:5060", options.PushVia via),
                ms 1
            )

            Expect.equal receipts 1 "passed up once"
            let answer = SipMessage.Parse(ReadOnlyMemory recorder.Packets[0]) :?> SipResponse
            Expect.equal answer.StatusCode 405 "nobody takes OPTIONS"

        testCase "of several legs that suit, the one is taken whose address the system names"
        <| fun () ->
            let recorder, stepper = withLeg ()
            let second = IPAddress.Parse "198.51.100.1"
            stepper.Post(StepInput.AddLeg(2, Transport.Udp, second, 5060, "198.51.100.1"), ms 0)
            stepper.Post(StepInput.Deliver(1L, 42UL, options), ms 0)
            Expect.sequenceEqual recorder.Lines [ "source to 192.0.2.9" ] "asked first"
            stepper.Post(StepInput.SourceChosen(peer.Address, second), ms 1)
            Expect.contains recorder.Lines $"transmit 1 by 2 to {peer}, report True" "its leg"

        testCase "options that make no sense are misuse"
        <| fun () ->
            let wrong = StepperOptions(Limits = Limits(PerStep = 0))

            Expect.throwsT<ArgumentException>
                (fun () -> Stepper(Recorder(), wrong) |> ignore)
                "told"
    ]
