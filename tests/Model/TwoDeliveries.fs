// C2 and C9: two deliveries, two targets, over UDP. In C2 they have one Call-ID and everything happens to
// them: answers of both targets, silence, refusal, ICMP, cancels by number and by Call-ID, their leg
// removed. In C9 the clock: both due at one instant, alarms late, leaps of an hour, answers and cancels
// in the instant in which a timer is due.
module SipFun.Tests.Model.TwoDeliveries

open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Configuration
open SipFun.Tests.Model.Worlds
open SipFun.Tests.Model.Play

type Action =
    | Ring
    | RingLate of ms: int
    /// The alarm's instant comes, and something else comes first.
    | Reach
    | Answer of number: int64 * status: int
    /// The target before the last one says something after all.
    | AnswerLate of number: int64 * status: int
    | Refuse of number: int64
    | Bounce of number: int64
    | Cancel of number: int64
    | CancelCall
    | RemoveLeg

type World = {
    Play: Play
    WasLeapt: bool
    /// Both were due at one instant.
    WereEqual: bool
}

/// What tells C2 from C9.
type Kind = {
    Methods: SipMethod list
    CallIds: string list
    Late: int list
    Statuses: int list
    Everything: bool
}

let private numbers = [ 1L; 2L ]
let private a = Question.create "b.test" DnsType.A

let private addresses =
    Answer.ok [|
        for text in [ "127.0.0.11"; "127.0.0.12" ] do
            { Name = "b.test"; Ttl = 3600; Data = AddressOf(address text) }
    |]

let private underWay world =
    numbers |> List.filter (fun number -> State.isUnderWay number world.Play.Rig.State)

let private calling number (play: Play) =
    match State.tryFind number play.Rig.State with
    | ValueSome(ClientEntry { Phase = Calling attempt; Told = false }) -> Some attempt
    | _ -> None

let private toDelivery kind number world = [
    if (request number 0 world.Play).IsSome then
        for status in kind.Statuses do
            Answer(number, status)

    if (request number 1 world.Play).IsSome && kind.Everything then
        AnswerLate(number, 200)
        AnswerLate(number, 503)

    if (calling number world.Play).IsSome && kind.Everything then
        Refuse number
        Bounce number

    if State.isUnderWay number world.Play.Rig.State then
        Cancel number
]

let private actions kind world = [
    let rig = world.Play.Rig

    match alarm rig with
    | ValueSome at ->
        Ring
        yield! List.map RingLate kind.Late

        if not kind.Everything && at > rig.Now then
            Reach
    | ValueNone -> ()

    for number in numbers do
        yield! toDelivery kind number world

    if kind.Everything && not (underWay world).IsEmpty then
        CancelCall

        if not rig.State.Legs.IsEmpty then
            RemoveLeg
]

let private playing play world = { world with Play = play }

/// S-14: by Call-ID all of them end, and nothing else does.
let private cancelledCall kind world =
    let before = underWay world
    let play = gives (CancelDelivery(ByCallId(CallId.Parse kind.CallIds[0]))) world.Play
    let after = playing play world

    let ends =
        before |> List.filter (fun n -> kind.CallIds[int n - 1] = kind.CallIds[0])

    let holds = underWay after = List.except ends before
    playing { play with Watch = Watch.broken "S-14" holds play.Watch } after

/// S-14: by number that one ends, and the other does not notice.
let private cancelledOne number world =
    let before = underWay world
    let play = ends number world.Play
    let after = playing play world
    let holds = underWay after = List.except [ number ] before
    playing { play with Watch = Watch.broken "S-14" holds play.Watch } after

let private dueNow (rig: Rig) =
    match alarm rig with
    | ValueSome at ->
        Queue.toList rig.State.Queue |> List.filter (fun (_, each) -> each.Due = at) |> List.length
    | ValueNone -> 0

/// S-18: after a leap each delivery sends once at most, in one tick however late.
let private rung late world =
    let isEqual = dueNow world.Play.Rig > 1
    let before = world.Play.Watch.Seen |> Map.map (fun _ seen -> seen.Packets)
    let play = rings (int64 late * 1L<ms>) world.Play

    let holds =
        play.Watch.Seen
        |> Map.forall (fun number seen ->
            match Map.tryFind number before with
            | Some packets -> seen.Packets <= packets + 1
            | None -> true)

    {
        world with
            Play = { play with Watch = Watch.broken "S-18" holds play.Watch }
            WasLeapt = world.WasLeapt || late > 3_000_000
            WereEqual = world.WereEqual || isEqual
    }

let private refused number world =
    match calling number world.Play with
    | Some attempt ->
        let input = Input.Failed(number, attempt.Hop, TransportFault.HostUnreachable, "no")
        playing (gives input world.Play) world
    | None -> world

let private bounced number world =
    match calling number world.Play with
    | Some attempt ->
        let input =
            Bounced(Branch.toText attempt.Branch, TransportFault.ConnectionRefused, "no")

        playing (gives input world.Play) world
    | None -> world

let private reached world =
    let rig = world.Play.Rig
    let at = (alarm rig).Value
    playing { world.Play with Rig = { rig with Now = max rig.Now at } } world

let private next kind world action =
    match action with
    | Ring -> rung 0 world
    | RingLate late -> rung late world
    | Reach -> reached world
    | Answer(number, status) -> playing (answers number 0 status world.Play) world
    | AnswerLate(number, status) -> playing (answers number 1 status world.Play) world
    | Refuse number -> refused number world
    | Bounce number -> bounced number world
    | Cancel number -> cancelledOne number world
    | CancelCall -> cancelledCall kind world
    | RemoveLeg -> playing (gives (Input.RemoveLeg 1) world.Play) world

let private key world =
    String.concat "|" [
        Play.key string world.Play
        string world.Play.Rig.State.Legs.Length
        string world.WasLeapt
        string world.WereEqual
    ]

let private watched = [
    for number in
        [
            "S-01"
            "S-02"
            "S-03"
            "S-04"
            "S-05"
            "S-09"
            "S-10"
            "S-11"
            "S-12"
            "S-14"
            "S-15"
            "S-18"
            "S-20"
            "S-28"
            "S-29"
        ] do
        number
]

/// L-3: to a target that works a new request gets its response, whatever happened before.
let private serves world =
    let rig = world.Play.Rig

    rig.State.Legs.IsEmpty
    || (let number, rig = Rig.number { rig with Log = [] }
        let message = Rig.request "OPTIONS" "fresh"

        let rig =
            give (Input.Deliver { order number message with Destination = ValueSome peer }) rig

        let response = (lastRequest "OPTIONS" rig).CreateResponse(200, "peer")
        let rig = receive response rig

        Rig.outcomes rig
        |> List.exists (fun (_, each, outcome) -> each = number && outcome.IsAnswered))

let private always = [
    for number in watched do
        safety (fun world -> world.Play) number

    law "L-3: a new request to a target that works is answered" serves
    law "L-6: closing leaves nothing" (fun world -> closesDown world.Play.Rig)
]

let private has expected world = List.contains expected (outcomes world.Play)
let private both expected world = outcomes world.Play = [ expected; expected ]

let private common = [
    law "both were answered" (both "answered 200")
    law "both were cancelled" (both "Cancelled")
    law "both timed out" (both "TimedOut")
    law "the second target was asked" (fun world -> (request 1L 1 world.Play).IsSome)
    law "R-9: cancelled, and a 2xx afterwards" (fun world ->
        has "Cancelled" world && world.Play.HandedUpLate)
    law "nothing was left" (fun world -> State.idle world.Play.Rig.State)
]

let private ofCall = {
    Methods = [ SipMethod.Invite; SipMethod.Options ]
    CallIds = [ "call-1"; "call-1" ]
    Late = [ 40_000 ]
    Statuses = [ 100; 200; 503 ]
    Everything = true
}

let private ofClock = {
    Methods = [ SipMethod.Invite; SipMethod.Options ]
    CallIds = [ "call-1"; "call-2" ]
    Late = [ 1; 700; 10_000; 3_600_000 ]
    Statuses = [ 100; 200 ]
    Everything = false
}

let private delivered kind =
    let send rig (number, method: SipMethod, callId) =
        let message = requestTo "sip:b@b.test:5070" method.Name callId number
        deliverWith (fun order -> { order with Destination = ValueNone }) message rig |> snd

    List.zip3 [ 1; 2 ] kind.Methods kind.CallIds
    |> List.fold send (withSettings quiet)
    |> give (Input.Answered(a, addresses))

let private model kind sometimes = {
    Start = {
        Play = begins (delivered kind)
        WasLeapt = false
        WereEqual = false
    }
    Actions = actions kind
    Next = next kind
    Key = key
    Ring = ValueSome Ring
    Settled = fun world -> settled world.Play.Rig
    Always = always
    Sometimes = sometimes
}

let private ofCalls =
    model ofCall [
        yield! common
        law "R-8: two failed in one step" (both "unreachable")
        law "one ended by its leg, one answered" (fun world ->
            has "unreachable" world && has "answered 200" world)
    ]

let private ofClocks =
    model ofClock [
        yield! common
        law "both were due at one instant" (fun world -> world.WereEqual)
        law "R-7: a leap over Timer B" (fun world -> world.WasLeapt && has "TimedOut" world)
    ]

let configurations = [
    configuration
        "C2"
        "INVITE and OPTIONS of one call, two targets, everything"
        (15_000, 10_000_000)
        { ofCalls with Sometimes = if isWide then ofCalls.Sometimes else [] }

    configuration "C9" "INVITE and OPTIONS, two targets, the clock" (15_000, 10_000_000) {
        ofClocks with
            Sometimes = if isWide then ofClocks.Sometimes else []
    }
]
