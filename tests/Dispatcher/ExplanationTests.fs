// What a person reads: the whole story of a delivery, line by line, compared as it stands.
module SipFun.Tests.Dispatcher.ExplanationTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let private explained number rig =
    effects rig
    |> List.pick (fun (_, effect) ->
        match effect with
        | Effect.Complete(each, _, trace, _) when each = number -> Some trace
        | _ -> None)
    |> Explanation.text

let private lines (text: string) =
    text.Split('\n', System.StringSplitOptions.RemoveEmptyEntries) |> List.ofArray

let private anywhere (order: Order) = { order with Destination = ValueNone }

let private byName () =
    let number, rig =
        deliverWith anywhere (requestTo "sip:bob@example.com" "OPTIONS" "c1" 1) start

    let naptr = Question.create "example.com" DnsType.Naptr
    let srv = Question.create "_sip._udp.example.com" DnsType.Srv
    let a = Question.create "gw.example.com" DnsType.A

    let record name data = { Name = name; Ttl = 300; Data = data }

    let rig =
        rig
        |> give (Input.Answered(naptr, Answer.failed DnsStatus.NoData))
        |> give (
            Input.Answered(
                srv,
                Answer.ok [| record srv.Name (ServiceAt(10, 60, 5070, "gw.example.com")) |]
            )
        )
        |> give (Input.Answered(a, Answer.ok [| record a.Name (AddressOf(address "127.0.0.7")) |]))
        |> runFor 700L<ms>
        |> answer "OPTIONS" 200

    explained number rig

let private cancelled () =
    let number, rig = deliver (request "INVITE" "c2") start
    let rig = runFor 600L<ms> rig |> give (CancelDelivery(ByNumber number))
    explained number rig

let private tells name story expected =
    testCase name <| fun () -> Expect.equal (lines (story ())) expected "line by line"

let tests =
    testList "Explanation" [
        tells "a name, its SRV and A records, a copy, the answer" byName [
            "   0.000  no Route: the Request-URI decides: sip:bob@example.com"
            "   0.000  the domain map has nothing for example.com"
            "   0.000  no outgoing proxy"
            "   0.000  transports: udp, tcp, tls, ws, wss (the usual order)"
            "   0.000  not over tcp, tls, ws, wss: no leg speaks them"
            "   0.000  no IPv6 addresses: no leg has one"
            "   0.000  asked the DNS for NAPTR example.com"
            "   0.000  NAPTR example.com: NoData"
            "   0.000  asked the DNS for SRV _sip._udp.example.com"
            "   0.000  SRV _sip._udp.example.com: Ok, 1 of them, TTL 300 s"
            "   0.000  asked the DNS for A gw.example.com"
            "   0.000  A gw.example.com: Ok, 1 of them, TTL 300 s"
            "   0.000  SRV _sip._udp.example.com: gw.example.com:5070, priority 10, weight 60 (draw 43 of 60)"
            "   0.000  candidate udp:127.0.0.7:5070"
            "   0.000  from leg udp:127.0.0.1:5060 (same scope)"
            "   0.000  the packet has 230 bytes"
            "   0.000  sent to udp:127.0.0.7:5070"
            "   0.500  copy 1 sent"
            "   0.700  200 from udp:127.0.0.7:5070"
            "   0.700  answered: 200 OK"
        ]
        tells "a destination given, and a cancel" cancelled [
            "   0.000  the caller named the destination: udp:127.0.0.7:5070"
            "   0.000  from leg udp:127.0.0.1:5060 (same scope)"
            "   0.000  the packet has 229 bytes"
            "   0.000  sent to udp:127.0.0.7:5070"
            "   0.500  copy 1 sent"
            "   0.600  cancelled: by its sender"
        ]

        testCase "an answer without records tells for how long it may be believed"
        <| fun () ->
            let question = { Name = "x.test"; Type = DnsType.A }

            for ttl, expected in [ 10, "A x.test: NoData, TTL 10 s"; 0, "A x.test: NoData" ] do
                let words = Explanation.words (Got(question, DnsStatus.NoData, 0, ttl))
                Expect.equal words expected "told"

        testCase "a peer's text comes out printable, on one line (V-15)"
        <| fun () ->
            let evil = "a\r\nb\u001b[31m\u202e" + String.replicate 5000 "x"
            let question = { Name = evil; Type = DnsType.A }

            for decision in
                [
                    EndedAs("unreachable", evil)
                    TargetIsVia evil
                    DomainNotMapped evil
                    DomainMapped(evil, uri "sip:x")
                    HostIsLocalhost evil
                    MaddrReplaces evil
                    Asked question
                    Got(question, DnsStatus.Ok, 1, 1)
                    ServiceDrawn(evil, evil, 1, 1, 1, 1, 1)
                    AliasIs(evil, evil)
                    ServiceSkipped(evil, evil, evil)
                    EndedWith(200, evil)
                    ResolutionFailed {
                        Stage = ResolutionStage.Target
                        Fault = ResolutionFault.NoLeg
                        Detail = evil
                    }
                ] do
                let trace = Trace.add 0L<ms> decision (Trace.empty 4)
                let text = Explanation.text trace
                Expect.equal (lines text).Length 1 "one line"
                Expect.isLessThan text.Length 500 "bounded"

                Expect.isTrue
                    (Seq.forall (fun c -> c = '\n' || (c >= ' ' && c <= '~')) text)
                    "printable"
    ]
