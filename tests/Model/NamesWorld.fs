// C6's world: two deliveries to one name, NAPTR to three transports, three SRV records, and a DNS that
// answers good (with poison beside it), empty, failing, too late or never, and what nobody asked.
module SipFun.Tests.Model.NamesWorld

open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Resolution

type Said =
    | Good
    | Empty
    | Failing

type Action =
    | Deliver
    | Say of Question * Said
    | Stray of Question
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
    /// What was asked and not answered, and when; whoever waits for it.
    UnderWay: Map<Question, Instant>
    /// A question was asked that was under way.
    Doubled: bool
    /// A question was asked that only a poisoned answer leads to.
    Misled: bool
}

let quiet = { settings with Limits = { limits with Decisions = 0 } }

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

/// Every question that the zone leads to.
let private known = [
    Resolving.question "NAPTR" "b.test"
    Resolving.question "A" "b.test"

    for prefix in [ "_sips._tcp"; "_sip._tcp"; "_sip._udp" ] do
        Resolving.question "SRV" (prefix + ".b.test")

    for host in [ "h1"; "h2"; "h3" ] do
        Resolving.question "A" (host + ".b.test")
]

let private evil = "evil.test"

/// Records that send whoever believes them to 127.0.0.66.
let private poison (question: Question) = [|
    let record name data = { Name = name; Ttl = 60; Data = data }

    match question.Type with
    | DnsType.Naptr -> record question.Name (PointerTo(0, 0, "s", "SIP+D2U", "", evil))
    | DnsType.Srv -> record question.Name (ServiceAt(0, 9, 5060, evil))
    | _ -> record question.Name (AddressOf(address "127.0.0.66"))
|]

/// The zone's answer, and beside it poison for all that was not asked (V-12).
let private laden question =
    let answer = Resolving.answer parsed question
    let beside = known |> List.except [ question ] |> List.map poison |> Array.concat

    if answer.Status = DnsStatus.Ok then
        { answer with Records = Array.append answer.Records beside }
    else
        answer

let private answerTo question said =
    match said with
    | Good -> laden question
    | Empty -> Answer.empty DnsStatus.NoData 60
    | Failing -> Answer.failed DnsStatus.ServFail

let named outcome =
    match outcome with
    | Unresolved failure -> "unresolved " + string failure.Fault
    | other -> Worlds.word other

let private add key item table =
    Map.add key (item :: (Map.tryFind key table |> Option.defaultValue [])) table

let private sent number (hop: Hop) world =
    let target = int (hop.Address.Low &&& 15UL)

    match Map.tryFind number world.Targets with
    | Some(last :: _) when last = target -> world
    | _ -> { world with Targets = add number target world.Targets }

let private observe before world effect =
    match effect with
    | Effect.Ask question ->
        let isLost at = at + quiet.Limits.ResolveWithin <= world.Rig.Now

        let isUnderWay = Map.tryFind question before |> Option.exists (isLost >> not)

        {
            world with
                Doubled = world.Doubled || isUnderWay
                Misled = world.Misled || not (List.contains question known)
                UnderWay = Map.add question world.Rig.Now world.UnderWay
        }
    | Effect.Transmit(number, _, hop, _, _) -> sent number hop world
    | Effect.Complete(number, outcome, _, _) -> {
        world with
            Outcomes = add number (named outcome) world.Outcomes
      }
    | _ -> world

let private taken world rig =
    let before = world.UnderWay

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

let attempt number world =
    match State.tryFind number world.Rig.State with
    | ValueSome(ClientEntry { Phase = Calling attempt; Told = false }) -> Some attempt
    | _ -> None

let actions world = [
    if world.Delivered < 2 then
        Deliver

    for question in Map.keys world.UnderWay do
        for said in [ Good; Empty; Failing ] do
            Say(question, said)

    for question in known do
        if not (Map.containsKey question world.UnderWay) then
            Stray question

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

let private refuse number world =
    match attempt number world with
    | Some attempt when attempt.Hop.Flow <> 0L ->
        give (FlowClosed(attempt.Hop.Flow, TransportFault.ConnectionRefused, "no")) world.Rig
    | Some attempt ->
        give (Input.Failed(number, attempt.Hop, TransportFault.HostUnreachable, "no")) world.Rig
    | None -> world.Rig

let next world action =
    match action with
    | Deliver -> taken { world with Delivered = world.Delivered + 1 } (deliver world)
    | Say(question, said) ->
        let heard = { world with UnderWay = Map.remove question world.UnderWay }
        taken heard (give (Input.Answered(question, answerTo question said)) world.Rig)
    | Stray question ->
        taken world (give (Input.Answered(question, Answer.ok (poison question))) world.Rig)
    | Ring -> taken world (ringAt 0L<ms> world)
    | RingLate -> taken world (ringAt 40_000L<ms> world)
    | Refuse number -> taken world (refuse number world)
    | Cancel number -> taken world (give (CancelDelivery(ByNumber number)) world.Rig)
