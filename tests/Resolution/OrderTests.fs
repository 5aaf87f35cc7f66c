// P-32: every order in which the answers of one resolution can come, exhaustively, also with answers
// that fail, come twice, or were never asked for: one list of hops, or one failure.
module SipFun.Tests.Resolution.OrderTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private legs =
    legs [
        "udp:192.0.2.200:5060"
        "tcp:192.0.2.200:5060"
        "tls:192.0.2.200:5061"
        "udp:[2001:db8::200]:5060"
    ]

/// NAPTR to two transports, three SRV targets, two families, one alias.
let private lines = [
    "example.com NAPTR 1 1 s SIP+D2U \"\" _sip._udp.example.com"
    "example.com NAPTR 1 2 s SIP+D2T \"\" _sip._tcp.example.com"
    "_sip._udp.example.com SRV 1 5 5060 a.example.com"
    "_sip._udp.example.com SRV 1 5 5060 b.example.com"
    "_sip._tcp.example.com SRV 1 5 5060 c.example.com"
    "a.example.com A 192.0.2.1"
    "a.example.com AAAA 2001:db8::1"
    "b.example.com CNAME b2.example.com"
    "b2.example.com A 192.0.2.2"
    "c.example.com A 192.0.2.3"
]

type private World = { Progress: Progress; Open: Question list }

let private fingerprint world =
    match world.Progress with
    | Resolved hops -> "hops " + String.concat " " (List.map Hop.toString hops)
    | Failed failure -> $"failure {failure.Stage} {failure.Fault} {failure.Detail}"
    | Waiting(resolution, _) -> $"%A{Map.toList resolution.Book |> List.map fst} %A{set world.Open}"

let private stray = Question.create "other.example.com" DnsType.A

let private given legs question answer world =
    match world.Progress with
    | Waiting(resolution, _) ->
        let struct (progress, _) = Resolution.answered rules legs question answer resolution

        let more =
            match progress with
            | Waiting(_, questions) -> questions
            | _ -> []

        {
            Progress = progress
            Open = (world.Open |> List.filter ((<>) question)) @ more
        }
    | _ -> world

/// Every state that some order of answers leads to, and how many steps were taken.
let private explore answerTo =
    let struct (progress, _) =
        Resolution.ofUri rules legs anything 1L (uri "sip:example.com")

    let opened =
        match progress with
        | Waiting(_, questions) -> questions
        | _ -> []

    let rec walk seen steps waiting =
        match waiting with
        | [] -> seen, steps
        | world :: rest when Map.containsKey (fingerprint world) seen -> walk seen steps rest
        | world :: rest ->
            let next = [
                for question in world.Open do
                    let once = given legs question (answerTo question) world
                    once
                    // The same answer again, and one that nobody asked for.
                    given legs question (answerTo question) once
                    given legs stray (Answer.failed DnsStatus.NoData) once
            ]

            walk (Map.add (fingerprint world) world seen) (steps + next.Length) (next @ rest)

    walk Map.empty 0 [ { Progress = progress; Open = opened } ]

let private ends seen =
    seen
    |> Map.toList
    |> List.filter (fun (_, world) -> not world.Progress.IsWaiting)
    |> List.map fst

let private answers = answer (zone lines)

let private questions =
    (Resolution.ofUri rules legs anything 1L (uri "sip:example.com")
     |> tellWith (fun _ -> 0) answers legs rules)
        .Questions

let tests =
    testList "Order" [
        testCase
            "P-32: every order of answers, repeated and unasked ones among them: one list of hops"
        <| fun () ->
            let seen, steps = explore answers
            Expect.equal (ends seen).Length 1 $"{ends seen}"
            Expect.isGreaterThan seen.Count 30 $"{seen.Count} states, {steps} steps"

            Expect.equal
                (ends seen)
                [
                    "hops udp:192.0.2.2:5060 udp:[2001:db8::1]:5060 udp:192.0.2.1:5060 tcp:192.0.2.3:5060"
                ]
                "and this one"

        testCase "P-32: each question lost, refused, failing or empty: one end all the same"
        <| fun () ->
            let statuses = [
                DnsStatus.TimedOut
                DnsStatus.Refused
                DnsStatus.ServFail
                DnsStatus.NxDomain
                DnsStatus.NoData
            ]

            let mutable steps = 0

            for broken in questions do
                for status in statuses do
                    let answerTo question =
                        if question = broken then Answer.failed status else answers question

                    let seen, taken = explore answerTo
                    steps <- steps + taken
                    Expect.equal (ends seen).Length 1 $"{Question.toString broken} {status}"

            Expect.isGreaterThan steps 1000 $"{steps} steps"
    ]
