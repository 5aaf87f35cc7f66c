// Random histories of a dispatcher: requests to several targets, answers of peers, the DNS and the shell,
// requests that come in, legs, receivers, timers and limits, in any order and however late.
module SipFun.Tests.Dispatcher.Histories

open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

/// One thing that happens; numbers choose among what there is.
type Event =
    | Send of method: int * target: int * wishes: int
    | Respond of status: int * packet: int
    | Fail of packet: int
    | Word of packet: int
    | Ask of method: int * via: int
    | Receipt of kind: int * offer: int
    | Reply of status: int * offer: int
    | Resolve of question: int * fails: bool
    | Cancel of which: int
    | Legs of leg: int * add: bool
    | Flow of kind: int * which: int
    | Other of kind: int
    | Wait of duration: int
    | Late of duration: int

let private methods = [| "INVITE"; "OPTIONS"; "CANCEL"; "ACK"; "BYE" |]
let private statuses = [| 100; 180; 200; 302; 486; 503; 503 |]

let private targets = [|
    "sip:b@two.test"
    "sip:b@127.0.0.7:5070"
    "sip:b@gone.test"
    "sip:b@[::1]"
    "sip:b@127.0.0.7:5070;transport=tcp"
    "sip:b@two.test:5061;transport=tcp"
|]

let private vias = [|
    "SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKin1"
    "SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKin2;rport"
    "SIP/2.0/TCP old.test;branch=1"
    "SIP/2.0/TCP 127.0.0.7:5070;branch=z9hG4bKin3"
|]

let private event =
    let up to' = Gen.choose (0, to')
    let pair a b case = Gen.map2 (fun x y -> case (x, y)) (up a) (up b)

    Gen.frequency [
        5, Gen.map3 (fun m t w -> Send(m, t, w)) (up 4) (up 5) (up 1023)
        6, pair 6 20 Respond
        1, Gen.map Fail (up 20)
        2, Gen.map Word (up 20)
        4, pair 5 6 Flow
        3, pair 4 3 Ask
        3, pair 2 10 Receipt
        2, pair 6 10 Reply
        3, Gen.map2 (fun q fails -> Resolve(q, (fails = 0))) (up 20) (up 4)
        2, Gen.map Cancel (up 40)
        1, Gen.map2 (fun leg add -> Legs(leg, (add = 0))) (up 2) (up 1)
        2, Gen.map Other (up 20)
        4, Gen.map Wait (Gen.elements [ 0; 1; 100; 499; 500; 501; 4000; 20_000 ])
        2, Gen.map Late (Gen.elements [ 1; 700; 5000; 40_000; 400_000 ])
    ]

type Histories =
    static member Events() : Arbitrary<Event> = Arb.fromGen event

let config = {
    FsCheckConfig.defaultConfig with
        maxTest = (if SipFun.Tests.Suite.long then 100_000 else 1_000)
        endSize = 80
        arbitrary = [ typeof<Histories> ]
}

let private pick index items =
    match items with
    | [] -> None
    | _ -> Some(List.item (index % List.length items) items)

let requestsSent rig = [
    for _, _, message in wire rig do
        match message with
        | :? SipRequest as request -> request
        | _ -> ()
]

let transmits rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.Transmit(number, _, hop, _, report) -> number, hop, report
        | _ -> ()
]

let private asked rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.Ask question -> question
        | _ -> ()
]

/// two.test has two addresses, nothing else exists.
let private zone (question: Question) =
    let at text = { Name = question.Name; Ttl = 60; Data = AddressOf(address text) }

    if question = Question.create "two.test" DnsType.A then
        Answer.ok [| at "127.0.0.8"; at "127.0.0.9" |]
    else
        Answer.failed DnsStatus.NxDomain

/// What a delivery wants, from the bits of one number.
let private wished bits (order: Order) =
    let isSet bit = bits &&& (1 <<< bit) <> 0

    {
        order with
            TellSent = isSet 0
            Retransmit = not (isSet 1 && isSet 2)
            Legs = if isSet 3 && isSet 4 then [ 1 + bits % 3 ] else []
            AnswerWithin = if isSet 5 && isSet 6 then ValueSome 700L<ms> else ValueNone
            CallId = if isSet 7 then CallId.Parse $"own-{bits % 2}" else order.CallId
            Name =
                match isSet 8, isSet 9 with
                | true, true -> ValueSome { Number = 0L; Text = $"mine {bits % 2}" }
                | true, false -> ValueSome { Number = int64 (bits % 30); Text = null }
                | _ -> ValueNone
    }

let private send method target bits rig =
    let message = requestTo targets[target] methods[method] $"call-{bits % 2}" 1
    let number, rig = number rig
    give (Deliver(wished bits (order number message))) rig

let private ask method via rig =
    receive (incoming vias[via] methods[method] (if method = 3 then "our-tag" else "")) rig

/// Connections asked for and accepted, ended ones too.
let private flows rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.Connect(_, hop) -> hop.Flow
        | _ -> ()

    70L
    71L
]

/// Over a connection that was accepted; 70 and 71 are those of two peers.
let private askOver method via flow rig =
    let source = {
        Hop.create Transport.Tcp (address "127.0.0.7") 40_000 with
            Flow = flow
    }

    let own, rig = number rig

    let message =
        incoming vias[via] methods[method] (if method = 3 then "our-tag" else "")

    give (Received(own, 5, source, message)) rig

let private accept flow rig =
    let port = 40_000 + int flow % 2

    let source = {
        Hop.create Transport.Tcp (address "127.0.0.7") port with
            Flow = flow
    }

    match Trie.tryFind (uint64 flow) rig.State.Flows with
    | ValueSome _ -> rig
    | ValueNone -> give (FlowAccepted(5, source, [])) rig

let private flow kind which rig =
    match pick which (flows rig), kind with
    | None, _ -> rig
    | Some flow, 0
    | Some flow, 1 -> give (FlowOpened flow) rig
    | Some flow, 2 -> give (FlowClosed(flow, TransportFault.Closed, "gone")) rig
    | Some flow, 3 -> give (FlowIdle flow) rig
    | Some flow, 4 -> give (FlowExpired flow) rig
    | Some _, _ -> accept (70L + int64 (which % 2)) rig |> askOver 1 3 (70L + int64 (which % 2))

let private cancelled which =
    match which % 4 with
    | 0 -> ByNumber(int64 which)
    | 1 -> ByName { Number = 0L; Text = $"mine {which % 3}" }
    | 2 -> ByCallId(CallId.Parse $"own-{which % 3}")
    | _ -> ByCallId(CallId.Parse $"call-{which % 3}")

let private legs number add rig =
    let known = rig.State.Legs |> List.exists (fun (leg: Leg) -> leg.Number = number)

    if not add then give (RemoveLeg number) rig
    elif known then rig
    else give (AddLeg(leg number $"127.0.0.{number}" 5060)) rig

/// A request that is cut short; the answer to it is whole.
let private garbled =
    requestTo "sip:us@127.0.0.1" "OPTIONS" "garbled" 1
    |> _.PushVia(Via.Parse "SIP/2.0/UDP c.test;branch=z9hG4bKcut")
    |> fun whole -> (string whole).Replace("Content-Length: 0", "Content-Length: 9")
    |> System.Text.Encoding.UTF8.GetBytes
    |> System.ReadOnlyMemory<byte>

let private other kind rig =
    let own, next = number rig
    let every = if kind % 2 = 0 then ValueNone else ValueSome 500L<ms>

    match kind % 8 with
    | _ when kind = 20 -> give Drain rig
    | _ when kind = 19 -> give (Unparsed(1, peer, garbled, 400)) rig
    | 0 -> give (SetReceiver ValueNone) rig
    | 1 ->
        let stateless = {
            receiver with
                ForwardsResponses = true
                KeepsNothing = kind % 3 = 0
        }

        give (SetReceiver(ValueSome stateless)) rig
    | 2 -> give (AddTimer(own, rig.Now + int64 kind * 100L<ms>, every)) next
    | 3 -> give (CancelTimer(int64 kind)) rig
    | 4 -> give (ResolveUri(own, uri "sip:two.test", Wishes.none)) next
    | 5 ->
        match pick kind (offered rig) with
        | Some(number, _) -> give (Overflowed number) rig
        | None -> rig
    | 6 ->
        match pick kind (requestsSent rig) with
        | Some sent -> give (PathMtuLearnt(string sent.TopVia.Branch, 600)) rig
        | None -> rig
    | _ -> receiving rig

let give1 rig event =
    match event with
    | Send(method, target, bits) -> send method target bits rig
    | Respond(status, packet) ->
        match pick packet (requestsSent rig) with
        | Some sent when sent.Method <> SipMethod.Ack ->
            receive (sent.CreateResponse(statuses[status], "peer")) rig
        | _ -> rig
    | Fail packet ->
        match pick packet (transmits rig) with
        | Some(number, hop, _) ->
            give (Input.Failed(number, hop, TransportFault.SendFailed, "no")) rig
        | None -> rig
    | Word packet ->
        match transmits rig |> List.filter (fun (_, _, report) -> report) |> pick packet with
        | Some(number, _, _) -> give (Transmitted number) rig
        | None -> rig
    | Ask(method, via) -> ask method via rig
    | Receipt(kind, offer) ->
        match pick offer (offered rig) with
        | Some(number, _) -> give (Receipted(number, enum<SipFun.Receipt> kind)) rig
        | None -> rig
    | Reply(status, offer) ->
        match
            offered rig |> List.filter (fun (_, r) -> r.Method <> SipMethod.Ack) |> pick offer
        with
        | Some(_, request) -> snd (respond statuses[status] request rig)
        | None -> rig
    | Resolve(question, fails) ->
        match pick question (asked rig) with
        | Some question when fails ->
            give (Input.Answered(question, Answer.failed DnsStatus.ServFail)) rig
        | Some question -> give (Input.Answered(question, zone question)) rig
        | None -> rig
    | Cancel which -> give (CancelDelivery(cancelled which)) rig
    | Legs(leg, add) -> legs (1 + leg) add rig
    | Flow(kind, which) -> flow kind which rig
    | Other kind -> other kind rig
    | Wait duration -> runFor (int64 duration * 1L<ms>) rig
    | Late duration -> { rig with Now = rig.Now + int64 duration * 1L<ms> } |> give Tick

/// Few of everything, so that every limit is met.
let tight = {
    settings with
        Limits = {
            limits with
                Deliveries = 6
                Transactions = 4
                Lingering = 3
                PerStep = 3
                HeldCopies = 2
                Decisions = 5
                Flows = 3
                FlowQueue = 2
        }
}

let private tcp = { leg 5 "127.0.0.1" 5060 with Transport = Transport.Tcp }

let started settings = withSettings settings |> receiving |> legs 2 true |> give (AddLeg tcp)

let history settings events = List.fold give1 (started settings) events
