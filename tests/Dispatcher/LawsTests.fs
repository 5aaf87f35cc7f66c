// Laws D1 to D7, Q1 and Q2 after random histories: whatever comes, in whatever order, however late.
module SipFun.Tests.Dispatcher.LawsTests

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
|]

let private vias = [|
    "SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKin1"
    "SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKin2;rport"
    "SIP/2.0/TCP old.test;branch=1"
|]

let private event =
    let up to' = Gen.choose (0, to')
    let pair a b case = Gen.map2 (fun x y -> case (x, y)) (up a) (up b)

    Gen.frequency [
        5, Gen.map3 (fun m t w -> Send(m, t, w)) (up 4) (up 3) (up 1023)
        6, pair 6 20 Respond
        1, Gen.map Fail (up 20)
        2, Gen.map Word (up 20)
        3, pair 4 2 Ask
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

let private config = {
    FsCheckConfig.defaultConfig with
        maxTest = (if SipFun.Tests.Suite.long then 100_000 else 1_000)
        endSize = 80
        arbitrary = [ typeof<Histories> ]
}

let private pick index items =
    match items with
    | [] -> None
    | _ -> Some(List.item (index % List.length items) items)

let private requestsSent rig = [
    for _, _, message in wire rig do
        match message with
        | :? SipRequest as request -> request
        | _ -> ()
]

let private transmits rig = [
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

let private other kind rig =
    let own, next = number rig
    let every = if kind % 2 = 0 then ValueNone else ValueSome 500L<ms>

    match kind % 7 with
    | 0 -> give (SetReceiver ValueNone) rig
    | 1 -> give (SetReceiver(ValueSome { receiver with ForwardsResponses = true })) rig
    | 2 -> give (AddTimer(own, rig.Now + int64 kind * 100L<ms>, every)) next
    | 3 -> give (CancelTimer(int64 kind)) rig
    | 4 -> give (ResolveUri(own, uri "sip:two.test", { Transports = []; Legs = [] })) next
    | 5 ->
        match pick kind (offered rig) with
        | Some(number, _) -> give (Overflowed number) rig
        | None -> rig
    | _ -> receiving rig

let private give1 rig event =
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
    | Other kind -> other kind rig
    | Wait duration -> runFor (int64 duration * 1L<ms>) rig
    | Late duration -> { rig with Now = rig.Now + int64 duration * 1L<ms> } |> give Tick

let private told rig = outcomes rig |> List.map (fun (_, number, _) -> number)

/// After its outcome nothing mentions a delivery but the ACK, what a 2xx brings, and the farewell.
let private quietAfterOutcome rig =
    let rec walk ended effects =
        match effects with
        | [] -> true
        | (_, effect) :: rest ->
            match effect with
            | Effect.Complete(number, _, _, _) ->
                not (Set.contains number ended) && walk (Set.add number ended) rest
            | Effect.Transmit(number, _, _, bytes, _) when Set.contains number ended ->
                isRequest "ACK" (packet bytes) && walk ended rest
            | Effect.HandUp(number, response) when Set.contains number ended ->
                response.IsSuccess && walk ended rest
            | Effect.TellSent(number, _) -> not (Set.contains number ended) && walk ended rest
            | _ -> walk ended rest

    walk Set.empty (effects rig)

/// Every handle that was to stay after its outcome is given up once, and no other.
let private farewells rig =
    let kept = [
        for _, effect in effects rig do
            match effect with
            | Effect.Complete(number, _, _, false) -> number
            | _ -> ()
    ]

    let forgotten = [
        for _, effect in effects rig do
            match effect with
            | Effect.Forget number -> number
            | _ -> ()
    ]

    List.sort kept = List.sort forgotten

/// Few of everything, so that every limit is met.
let private tight = {
    settings with
        Limits = {
            limits with
                Deliveries = 6
                Transactions = 4
                Lingering = 3
                PerStep = 3
                HeldCopies = 2
                Decisions = 5
        }
}

let private started settings = withSettings settings |> receiving |> legs 2 true

let private history settings events = List.fold give1 (started settings) events

let private law name check =
    testPropertyWithConfig config name (fun (events: Event list) (isTight: bool) ->
        check events (history (if isTight then tight else settings) events))

/// Every packet and every outcome, each with its instant from `from` on.
let private story from rig = [
    for at, hop, message in wire rig do
        at - from, hop.Port, System.Convert.ToHexString message.Bytes.Span

    for at, number, outcome in outcomes rig do
        int64 at * 1L<ms> - from, int number, $"{outcome}"
]

/// The words the shell still owes.
let private worded rig =
    transmits rig
    |> List.filter (fun (_, _, report) -> report)
    |> List.map (fun (number, _, _) -> number)
    |> List.distinct
    |> List.fold (fun rig number -> give (Transmitted number) rig) rig

/// Nobody wants anything any more, and time enough passes.
let private drained rig =
    let stopped rig =
        Queue.toList rig.State.Queue
        |> List.fold
            (fun rig (number, _) ->
                give (CancelDelivery(ByNumber number)) rig |> give (CancelTimer number))
            rig

    let once rig = worded rig |> stopped |> runFor 1_000_000L<ms>

    once rig |> once

let tests =
    testList "Laws" [
        law "D1, D2: one outcome each, and silence after it" (fun _ rig ->
            let told = told rig
            List.distinct told = told && quietAfterOutcome rig)

        law "D3: after a tick with nothing more due the alarm is later than now" (fun _ rig ->
            let rig = runFor 0L<ms> rig

            match Dispatcher.alarm rig.State with
            | ValueSome at -> at > rig.Now
            | ValueNone -> true)

        law "D5: an input about something unknown changes nothing but a counter" (fun _ rig ->
            let unknown = [
                Transmitted 99_999L
                Input.Failed(99_999L, peer, TransportFault.SendFailed, "")
                Receipted(99_999L, Receipt.Handled)
                Overflowed 99_999L
                CancelTimer 99_999L
                CancelDelivery(ByNumber 99_999L)
                RemoveLeg 99
            ]

            unknown
            |> List.forall (fun input ->
                let after = give input rig
                after.State = { rig.State with Now = after.State.Now }))

        law "D6: an alarm that rings early changes nothing" (fun _ rig ->
            let rig = runFor 0L<ms> rig
            let early = give Tick rig
            early.State = { rig.State with Now = early.State.Now } && early.Log = rig.Log)

        law "D6: an input that arrived before the tick wins" (fun _ rig ->
            match Dispatcher.alarm rig.State, requestsSent rig |> List.tryLast with
            | ValueSome at, Some sent when sent.Method = SipMethod.Options ->
                let late = { rig with Now = max at rig.Now }
                let answered = receive (sent.CreateResponse(200, "peer")) late |> give Tick
                (copies "OPTIONS" answered).Length <= (copies "OPTIONS" (give Tick late)).Length
            | _ -> true)

        law "P-22: splitting one tick into many changes nothing" (fun _ rig ->
            let few = {
                rig.Settings with
                    Limits = { rig.Settings.Limits with PerStep = 1 }
            }

            let whole = runFor 9000L<ms> rig
            let split = runFor 9000L<ms> { rig with Settings = few }
            story 0L<ms> whole = story 0L<ms> split)

        law "L-2, D7: when no new work comes, every table becomes empty" (fun _ rig ->
            let rig = drained rig
            State.idle rig.State && (Dispatcher.alarm rig.State).IsNone)

        law "every handle kept after its outcome is given up once" (fun _ rig ->
            farewells (drained rig))

        law "L-6: Close leaves nothing, and every delivery has its one outcome" (fun _ rig ->
            let closed = give Close rig
            let told = told closed
            State.idle closed.State && List.distinct told = told)

        law "S-20: every word of the shell twice changes nothing" (fun _ rig ->
            let once = worded rig
            (worded once).State = once.State)

        law "S-18: time never runs backwards" (fun _ rig ->
            (give Tick { rig with Now = 0L<ms> }).State.Now >= rig.State.Now)

        testPropertyWithConfig
            config
            "P-23: the same history later gives the same effects, as much later"
            (fun (events: Event list) ->
                let run start = List.fold give1 start events
                let early = run (started settings)
                let late = run { started settings with Now = 1_000_000L<ms> }

                story 0L<ms> early = story 1_000_000L<ms> late)
    ]
