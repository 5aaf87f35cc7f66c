// Failover by RFC 3263, 4.3, and what is remembered of targets from one delivery to the next.
module SipFun.Tests.Dispatcher.ReputationTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Resolver

let private uri = "sip:b@example.com"
let private second = 1000L<ms>

/// Three targets in a definite order.
let private zone = [
    for n in 1..3 do
        $"_sip._udp.example.com SRV {n} 1 5070 h{n}.example.com"
        $"h{n}.example.com A 127.0.0.1{n}"
]

let private script = fromZone zone
let private started = world script start
let private remembering change = { settings with Memories = change Memories.standard }
let private with' change = world script (withSettings (remembering change))

/// The last numbers of the addresses in order, each as often as it was sent to in a row.
let private targets world =
    wire world.Rig |> List.map (fun (_, hop, _) -> int (hop.Address.Low &&& 255UL) % 10)

let private deliver callId world = deliverTo uri callId "OPTIONS" world
let private wait seconds = runFor (seconds * second)

let private withHeader name value status world =
    let request = lastRequest "OPTIONS" world.Rig

    let response =
        request.CreateResponse(status, "peer-tag").WithAddedHeader(name, value)

    act (receive response) world

let private answered status world = act (answer "OPTIONS" status) world

let private refused fault world =
    let number, hop =
        effects world.Rig
        |> List.choose (fun (_, effect) ->
            match effect with
            | Effect.Transmit(number, _, hop, _, _) -> Some(number, hop)
            | _ -> None)
        |> List.last

    act (give (Input.Failed(number, hop, fault, "no"))) world

let private marks world =
    State.marks world.Rig.Now world.Rig.State
    |> List.map (fun mark -> int (mark.Hop.Address.Low &&& 255UL) % 10, mark.Reason)

let private left world =
    State.marks world.Rig.Now world.Rig.State
    |> List.map (fun mark -> int ((mark.Until - world.Rig.Now) / second))

let private outcome number world = snd (outcomeOf number world.Rig)

let private failover =
    testList "failover" [
        testCase "each attempt: a new branch, the same Call-ID, CSeq and From tag (RFC 3263, 4.3)"
        <| fun () ->
            let number, world = deliver "c1" started

            let world =
                world |> refused TransportFault.ConnectionRefused |> wait 33L |> answered 200

            let requests = [ for _, _, message in wire world.Rig -> message :?> SipRequest ]
            let distinct (choose: SipRequest -> string) = requests |> List.distinctBy choose
            same (distinct (fun r -> string r.TopVia.Branch)).Length 3 "three branches"
            same (distinct (fun r -> $"{r.CallId} {r.CSeq} {r.FromTag}")).Length 1 "one request"
            same (List.distinct (targets world)) [ 1; 2; 3 ] "three targets"

            match outcome number world with
            | Outcome.Answered response -> same response.StatusCode 200 "the third answered"
            | other -> failtestf "%A" other

        testCase "the best outcome of all, once: Answered, then TimedOut, then Unreachable"
        <| fun () ->
            let _, world = deliver "c1" started
            let refuse = refused TransportFault.HostUnreachable
            let all = world |> refuse |> refuse |> refuse

            match outcome 1L all with
            | Unreachable(_, TransportFault.HostUnreachable, _) -> ()
            | other -> failtestf "%A" other

            same (outcome 1L (world |> refuse |> wait 33L |> refuse)) TimedOut "one timed out"

            match outcome 1L (world |> answered 503 |> refuse |> refuse) with
            | Outcome.Answered response -> same response.StatusCode 503 "one answered"
            | other -> failtestf "%A" other

        testCase "S-10: after a 1xx neither silence nor refusal leads elsewhere"
        <| fun () ->
            let rung = snd (deliver "c1" started) |> answered 100
            same (List.distinct (targets (wait 60L rung))) [ 1 ] "silence"
            let refused = refused TransportFault.HostUnreachable rung
            same (List.distinct (targets (wait 60L refused))) [ 1 ] "refusal"
            let elsewhere = answered 503 rung
            same (List.distinct (targets elsewhere)) [ 1; 2 ] "but 503 does"

        testCase "TryNextAfter: the next target sooner, and the last one has all its time"
        <| fun () ->
            let soon = with' (fun m -> { m with TryNextAfter = ValueSome(4L * second) })
            let number, world = deliver "c1" soon
            let world = wait 60L world
            let at, outcome = outcomeOf number world.Rig
            same (at, outcome) (40_000, TimedOut) "4 s, 4 s and 32 s"
            same (List.distinct (targets world)) [ 1; 2; 3 ] "three targets"

        testCase "TryNextAfter: a provisional response gives it Timer F again"
        <| fun () ->
            let soon = with' (fun m -> { m with TryNextAfter = ValueSome(4L * second) })
            let number, world = deliver "c1" soon
            let world = answered 100 world |> wait 60L

            same
                (fst (outcomeOf number world.Rig), List.distinct (targets world))
                (32_000, [ 1 ])
                "F"

        testCase "a delivery says for itself when to try the next"
        <| fun () ->
            let change (order: Order) = {
                order with
                    Destination = ValueNone
                    TryNextAfter = ValueSome second
            }

            let _, rig = deliverWith change (requestTo uri "OPTIONS" "c1" 1) start
            let world = world script rig |> wait 2L
            same (List.distinct (targets world)) [ 1; 2; 3 ] "a second each"
    ]

let private setAside =
    testList "marks" [
        testCase "a target that refused is tried last by the next delivery, until its time is over"
        <| fun () ->
            let _, world = deliver "c1" started
            let world = refused TransportFault.ConnectionRefused world
            same (marks world) [ 1, MarkReason.Unreachable ] "set aside"
            same (left world) [ 30 ] "for 30 s"
            let _, second' = deliver "c2" (answered 200 world)
            same (List.last (targets second')) 2 "the next"
            let _, later = deliver "c3" (wait 30L (answered 200 world))
            same (List.last (targets later)) 1 "the first again"
            same (marks later) [] "no mark"

        testCase "one that said nothing until Timer F is set aside"
        <| fun () ->
            let _, world = deliver "c1" started
            same (marks (wait 32L world)) [ 1, MarkReason.TimedOut ] "set aside"

        testCase "TLS and connection failures have their reasons, ours set nothing aside"
        <| fun () ->
            for fault, expected in
                [
                    TransportFault.ConnectTimedOut, [ 1, MarkReason.TimedOut ]
                    TransportFault.HandshakeFailed, [ 1, MarkReason.HandshakeFailed ]
                    TransportFault.CertificateRefused, [ 1, MarkReason.HandshakeFailed ]
                    TransportFault.HostUnreachable, [ 1, MarkReason.Unreachable ]
                    TransportFault.SendFailed, []
                    TransportFault.TooLarge, []
                    TransportFault.QueueFull, []
                ] do
                let world = snd (deliver "c1" started) |> refused fault
                same (marks world) expected (string fault)

        testCase "503 with Retry-After: for as long as it says, at most an hour (RFC 3261, 21.5.4)"
        <| fun () ->
            let after (value: string) =
                snd (deliver "c1" started) |> withHeader "Retry-After" value 503

            same (marks (after "120")) [ 1, MarkReason.Unavailable ] "set aside"
            same (left (after "120 (maintenance)")) [ 120 ] "two minutes"
            same (left (after "999999")) [ 3600 ] "an hour"
            same (marks (after "0")) [] "not at all"

        testCase "503 without Retry-After: this request goes elsewhere, others may come (21.5.4)"
        <| fun () ->
            let world = snd (deliver "c1" started) |> answered 503
            same (marks world) [] "no mark"
            same (List.last (targets world)) 2 "elsewhere"

        testCase "any answer but 503 clears the mark"
        <| fun () ->
            for status in [ 100; 200; 404; 500 ] do
                let _, world = deliver "c1" started
                let refuse = refused TransportFault.ConnectionRefused
                let all = world |> refuse |> refuse |> refuse
                same (marks all |> List.map fst) [ 1; 2; 3 ] "all three"
                let _, again = deliver "c2" all
                same (List.last (targets again)) 1 "in the order of the DNS"
                let cleared = answered status again
                same (marks cleared |> List.map fst) [ 2; 3 ] $"{status}"

        testCase "by order: one is cleared, or all"
        <| fun () ->
            let refuse = refused TransportFault.ConnectionRefused
            let world = snd (deliver "c1" started) |> refuse |> refuse
            let first = (State.marks 0L<ms> world.Rig.State).Head.Hop
            same (marks (act (give (ClearMarks(ValueSome first))) world)).Length 1 "one"
            same (marks (act (give (ClearMarks ValueNone)) world)) [] "all"

        testCase "SetAsideFor zero: nothing is set aside"
        <| fun () ->
            let never = with' (fun m -> { m with MarkFor = 0L<ms> })
            let world = snd (deliver "c1" never) |> refused TransportFault.ConnectionRefused
            same (marks world) [] "no mark"

        testCase "a candidate list by itself has the same order"
        <| fun () ->
            let world = snd (deliver "c1" started) |> refused TransportFault.ConnectionRefused

            let world =
                act (give (ResolveUri(9L, SipUri.Parse uri, Wishes.none))) world |> runFor 0L<ms>

            match List.map snd world.Rig.Log |> List.head with
            | Effect.Found(9L, found) ->
                same
                    (found.Hops |> List.map (fun (h, _) -> int (h.Address.Low &&& 255UL) % 10))
                    [ 2; 3; 1 ]
                    "last"
            | other -> failtestf "%A" other
    ]

let private equals = [
    for n in 1..3 do
        $"_sip._udp.example.com SRV 1 1 5070 h{n}.example.com"
        $"h{n}.example.com A 127.0.0.1{n}"
]

let private staying =
    let firstOf callId world =
        let before = (targets world).Length
        let _, world = deliver callId world
        (targets world)[before], answered 200 world

    testList "keeping to a target" [
        testCase "requests of one Call-ID stay with the target that answered"
        <| fun () ->
            let target, world = firstOf "c1" (world (fromZone equals) start)

            let again, _ =
                List.mapFold (fun world _ -> firstOf "c1" (wait 20L world)) world [ 1..10 ]

            same (List.distinct again) [ target ] "all eleven"

        testCase "other calls, and none at all, draw anew"
        <| fun () ->
            let draws world =
                List.mapFold (fun world n -> firstOf $"c{n}" world) world [ 1..20 ] |> fst

            same (draws (world (fromZone equals) start) |> List.distinct).Length 3 "shared out"

            let never = withSettings (remembering (fun m -> { m with StickyFor = 0L<ms> }))

            let same', _ =
                List.mapFold (fun world _ -> firstOf "c1" world) (world (fromZone equals) never) [
                    1..20
                ]

            same (List.distinct same').Length 3 "KeepTargetFor zero"

        testCase "where there was no choice nothing is kept"
        <| fun () ->
            let _, world = firstOf "c1" (world (fromZone [ "example.com A 127.0.0.11" ]) start)
            same (Sticky.count world.Rig.State.Sticky) 0 "one target"

        testCase "RFC 3263, 4.4: without state, copies of one request go one way, whatever failed"
        <| fun () ->
            let stateless (order: Order) = {
                order with
                    Destination = ValueNone
                    Retransmit = false
            }

            let send callId world =
                let request = requestTo uri "OPTIONS" callId 1
                let number, rig = deliverWith stateless request world.Rig
                let world = runFor 0L<ms> { world with Rig = rig }
                List.last (targets world), act (give (Transmitted number)) world

            let ways, _ =
                List.mapFold (fun world n -> send $"c{n % 5}" world) (world (fromZone equals) start) [
                    0..24
                ]

            let byCall = ways |> List.mapi (fun n way -> n % 5, way) |> List.distinct
            same byCall.Length 5 "one way for each call"
            same (byCall |> List.map snd |> List.distinct |> List.length > 1) true "shared out"
    ]

let tests = testList "Reputation" [ failover; setAside; staying ]
