// C6: two deliveries to one name, NAPTR to three transports, three SRV records: every order in which
// answers come, good, empty, failing, too late or never, and the second delivery at any moment of it.
module SipFun.Tests.Model.Names

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Resolution
open SipFun.Tests.Dispatcher
open SipFun.Tests.Model.Explorer

type Said =
    | Good
    | Empty
    | Failing

type Action =
    | Deliver
    | Say of Question * Said
    | Stray
    | Ring
    | RingLate
    | Refuse of int64
    | Cancel of int64

type World = {
    Rig: Rig
    Delivered: int
    /// The targets sent to, newest first, by delivery.
    Targets: Map<int64, int list>
    Outcomes: Map<int64, string list>
    /// A question was asked that was under way.
    Doubled: bool
}

let private quiet = { settings with Limits = { limits with Decisions = 0 } }

let private zone = [
    "b.test NAPTR 1 1 s SIPS+D2T \"\" _sips._tcp.b.test"
    "b.test NAPTR 1 2 s SIP+D2T \"\" _sip._tcp.b.test"
    "b.test NAPTR 1 3 s SIP+D2U \"\" _sip._udp.b.test"
    "_sips._tcp.b.test SRV 1 1 5061 h1.b.test"
    "_sip._tcp.b.test SRV 1 1 5060 h2.b.test"
    "_sip._udp.b.test SRV 1 1 5060 h3.b.test"
    "h1.b.test A 127.0.0.11"
    "h2.b.test A 127.0.0.12"
    "h3.b.test A 127.0.0.13"
]

let private parsed = Resolving.zone zone

let private answerTo question said =
    match said with
    | Good -> Resolving.answer parsed question
    | Empty -> Answer.empty DnsStatus.NoData 60
    | Failing -> Answer.failed DnsStatus.ServFail

let private named outcome =
    match outcome with
    | Unreachable _ -> "unreachable"
    | Unresolved failure -> $"unresolved {failure.Fault}"
    | other -> $"{other}"

let private add key item table =
    Map.add key (item :: (Map.tryFind key table |> Option.defaultValue [])) table

let private sent number (hop: Hop) world =
    let target = int (hop.Address.Low &&& 15UL)

    match Map.tryFind number world.Targets with
    | Some(last :: _) when last = target -> world
    | _ -> { world with Targets = add number target world.Targets }

let private observe before world effect =
    match effect with
    | Effect.Ask question -> {
        world with
            Doubled = world.Doubled || Map.containsKey question before
      }
    | Effect.Transmit(number, _, hop, _, _) -> sent number hop world
    | Effect.Complete(number, outcome, _, _) -> {
        world with
            Outcomes = add number (named outcome) world.Outcomes
      }
    | _ -> world

let private taken world rig =
    let before = world.Rig.State.Questions

    let world =
        List.foldBack (fun (_, effect) world -> observe before world effect) rig.Log {
            world with
                Rig = rig
        }

    { world with Rig = { rig with Log = [] } }

let private alarm world = Dispatcher.alarm world.Rig.State

let private underWay world =
    [ 1L .. int64 world.Delivered ]
    |> List.filter (fun number -> State.isUnderWay number world.Rig.State)

let private attempt number world =
    match State.tryFind number world.Rig.State with
    | ValueSome(ClientEntry { Phase = Calling attempt; Told = false }) -> Some attempt
    | _ -> None

let private actions world = [
    if world.Delivered < 2 then
        Deliver

    for question in Map.keys world.Rig.State.Questions do
        for said in [ Good; Empty; Failing ] do
            Say(question, said)

    Stray

    if (alarm world).IsSome then
        Ring
        RingLate

    for number in underWay world do
        if (attempt number world).IsSome then
            Refuse number

        Cancel number
]

let private ringAt late world =
    match alarm world with
    | ValueSome at -> { world.Rig with Now = at + late } |> give Tick
    | ValueNone -> world.Rig

let private deliver world =
    let number = int64 world.Delivered + 1L
    let request = requestTo "sip:b@b.test" "OPTIONS" $"call-{number}" 1
    let order = { order number request with Destination = ValueNone }
    give (Input.Deliver order) world.Rig

let private stray = Question.create "evil.test" DnsType.A

let private poison =
    Answer.ok [|
        {
            Name = stray.Name
            Ttl = 60
            Data = AddressOf(address "127.0.0.66")
        }
    |]

let private refuse number world =
    match attempt number world with
    | Some attempt when attempt.Hop.Flow <> 0L ->
        give (FlowClosed(attempt.Hop.Flow, TransportFault.ConnectionRefused, "no")) world.Rig
    | Some attempt ->
        give (Input.Failed(number, attempt.Hop, TransportFault.HostUnreachable, "no")) world.Rig
    | None -> world.Rig

let private next world action =
    match action with
    | Deliver -> taken { world with Delivered = world.Delivered + 1 } (deliver world)
    | Say(question, said) ->
        taken world (give (Input.Answered(question, answerTo question said)) world.Rig)
    | Stray -> taken world (give (Input.Answered(stray, poison)) world.Rig)
    | Ring -> taken world (ringAt 0L<ms> world)
    | RingLate -> taken world (ringAt 40_000L<ms> world)
    | Refuse number -> taken world (refuse number world)
    | Cancel number -> taken world (give (CancelDelivery(ByNumber number)) world.Rig)

let private from now (instant: Instant) =
    if instant = Queue.never then "-" else string (instant - now)

let private phaseKey now (client: Client) =
    let attempt (attempt: Attempt) =
        let schedule = attempt.Schedule
        let later = attempt.Later |> List.map (fun hop -> hop.Address.Low &&& 15UL)
        $"{attempt.Hop.Address.Low &&& 15UL} {from now schedule.NextAt} {from now schedule.GiveUpAt} {later}"

    match client.Phase with
    | Resolving(_, resolution, _) ->
        let book =
            Map.toList resolution.Book
            |> List.map (fun (q, a) -> $"{int q.Type}{q.Name}{int a.Status}")
            |> String.concat " "

        $"resolving {book} {from now resolution.AnswerBy} {from now client.Until}"
    | Calling each -> $"calling {attempt each}"
    | phase -> $"{phase.IsCompleted}"

let private key world =
    let now = world.Rig.Now
    let state = world.Rig.State

    let entries =
        Queue.toList state.Queue
        |> List.map (fun (number, waiting) ->
            match waiting.Value with
            | ClientEntry client ->
                let best = ValueOption.map named client.Best
                $"{number} {phaseKey now client} {client.Told} {from now waiting.Due} {best}"
            | other -> $"%A{other}")

    let cache = [
        for pair in state.Cache.Answers do
            if now < pair.Value.Until then
                let kept = pair.Value
                $"{int pair.Key.Type}{pair.Key.Name}{int kept.Answer.Status} {from now kept.Until}"
    ]

    let marks =
        State.marks now state
        |> List.map (fun mark -> $"{mark.Hop.Address.Low &&& 15UL} {from now mark.Until}")

    let flows =
        Trie.toList state.Flows |> List.map (fun (_, flow) -> Hop.toString flow.Hop)

    let outcomes = [ for pair in world.Outcomes -> $"{pair.Key} " + String.concat " " pair.Value ]

    [
        entries
        cache
        marks
        flows
        outcomes
        [ $"{world.Delivered} {world.Doubled}" ]
    ]
    |> List.map (String.concat ";")
    |> String.concat "|"

let private onceEach (world: World) =
    world.Outcomes |> Map.forall (fun _ outcomes -> outcomes.Length = 1)

let private always = [
    law "D1: at most one outcome each" onceEach
    law "R2: no question is asked while it is under way" (fun world -> not world.Doubled)
    law "V-12: what nobody asked is not believed" (fun world ->
        world.Targets |> Map.forall (fun _ targets -> not (List.contains 2 targets)))
    law "D7 and its kin" (fun world -> Laws.violations quiet world.Rig.State = [])
]

let private outcome text world =
    world.Outcomes |> Map.exists (fun _ outcomes -> List.contains text outcomes)

let private sometimes = [
    law "both were resolved" (fun world ->
        world.Delivered = 2 && [ 1L; 2L ] |> List.forall (fun n -> (attempt n world).IsSome))
    law "R-10: the second asked nothing" (fun world ->
        world.Delivered = 2 && (attempt 2L world).IsSome && world.Rig.State.Questions.IsEmpty)
    law "the DNS failed" (outcome "unresolved DnsFailure")
    law "nobody answered" (outcome "unresolved TimedOut")
    law "there was no address" (outcome "unresolved NoAddress")
    law "R-5: cancelled while resolving" (outcome "Cancelled")
    law "nothing was left" (fun world -> world.Delivered = 2 && State.idle world.Rig.State)
]

let private model =
    let rig =
        withSettings quiet |> give (AddLeg Streams.tcpLeg) |> give (AddLeg Streams.tlsLeg)

    {
        Start = {
            Rig = { rig with Log = [] }
            Delivered = 0
            Targets = Map.empty
            Outcomes = Map.empty
            Doubled = false
        }
        Actions = actions
        Next = next
        Key = key
        Always = always
        Sometimes = sometimes
    }

let private most = if Suite.long then 1_000_000 else 15_000

let tests =
    testCase "C6: two deliveries, NAPTR and three SRV: every order of answers"
    <| fun () ->
        let explored = explore most model

        printfn
            $"C6: {explored.States} distinct states, {explored.Transitions} transitions, depth {explored.Depth}, closed {explored.Closed}"

        Expect.equal explored.Broken None "no law is broken anywhere"
        Expect.isTrue (explored.Closed || explored.States >= most) "closed, or as many as asked for"

        if explored.Closed || Suite.long then
            Expect.equal explored.NeverSeen [] "and all that should happen was seen"
