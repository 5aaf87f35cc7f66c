// C8's world: an INVITE and an OPTIONS that came in, what was answered, when and by whom, and the laws
// that an answer can break (S-06, S-09, S-21, S-23).
module SipFun.Tests.Model.Responding

open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Streams
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Worlds

/// What was seen of one request's responses.
type Seen = {
    Last: string
    Status: int
    /// When its final response went out first.
    FinalAt: Instant
    /// Packets of the final response sent by timers.
    Rings: int
    Acknowledged: bool
    Outcome: string
}

type World = {
    Rig: Rig
    Invite: Seen
    Options: Seen
    Broken: Set<string>
    WasForbidden: bool
}

let never = Queue.never

let nothing = {
    Last = ""
    Status = 0
    FinalAt = never
    Rings = 0
    Acknowledged = false
    Outcome = ""
}

/// Calls that are never answered end soon, so that every state can be reached.
let short = {
    quiet with
        Limits = { quiet.Limits with UnansweredFor = 6000L<ms> }
}

let private numbers = {| Invite = 1L; Options = 2L |}
let seen isInvite (world: World) = if isInvite then world.Invite else world.Options

let put isInvite seen (world: World) =
    if isInvite then
        { world with Invite = seen }
    else
        { world with Options = seen }

let broken number holds (world: World) =
    if holds then
        world
    else
        { world with Broken = Set.add number world.Broken }

let private number isInvite = if isInvite then numbers.Invite else numbers.Options
let isAlive isInvite (world: World) = (State.tryFind (number isInvite) world.Rig.State).IsSome

let via isInvite (over: Transport) =
    let branch = if isInvite then "i" else "o"
    $"SIP/2.0/{TransportName.via over} 127.0.0.7:5070;branch=z9hG4bK{branch}"

let message over isInvite =
    incoming (via isInvite over) (if isInvite then "INVITE" else "OPTIONS") ""

let comes over message rig =
    let own, rig = Rig.number rig

    if over = Transport.Tcp then
        let source = { tcpPeer with Port = 40_000; Flow = 70L }
        give (Received(own, 2, source, message)) rig
    else
        give (Received(own, 1, peer, message)) rig

// ---- what goes out ----

let private instants = [ 500; 1500; 3500; 7500; 11500; 15500; 19500; 23500; 27500; 31500 ]

let private offset at since = int (at - since)

/// A response that a timer sent: copies of finals to INVITE, and our 100 (S-06, S-09, S-23).
let private rung over isInvite status (world: World) =
    let now = world.Rig.Now
    let before = seen isInvite world
    let isFinal = status >= 200

    let repeats =
        isInvite && (over = Transport.Udp || status < 300) && not before.Acknowledged

    let world =
        broken "S-09" (isFinal || (status = 100 && before.Status = 0)) world
        |> broken
            "S-06"
            (not isFinal || (repeats && List.contains (offset now before.FinalAt) instants))

    if isFinal then
        put isInvite { before with Rings = before.Rings + 1 } world
    else
        put isInvite { before with Status = status } world

let private transmitted over isTick (response: SipMessage) (world: World) =
    let isInvite = response.CSeq.Method = SipMethod.Invite
    let status = (response :?> SipResponse).StatusCode
    let early = status = 100 && world.Rig.Now < 3500L<ms> && over = Transport.Udp

    let world =
        broken "S-23" (isInvite || (status <> 408 && status <> 180 && not early)) world
        |> if isTick then rung over isInvite status else id

    let before = seen isInvite world
    let isFirst = status >= 200 && before.FinalAt = never

    put
        isInvite
        {
            before with
                Last = System.Convert.ToHexString response.Bytes.Span
                Status = status
                FinalAt = if isFirst then world.Rig.Now else before.FinalAt
        }
        world

let private completed outcome (world: World) =
    match outcome with
    | Refused RefusalReason.ForbiddenResponse -> { world with WasForbidden = true }
    | TimedOut -> put true { world.Invite with Outcome = "TimedOut" } world
    | _ -> world

let private observe over isTick world effect =
    match effect with
    | Effect.Transmit(_, _, _, bytes, _) -> transmitted over isTick (packet bytes) world
    | Effect.Complete(_, outcome, _, _) -> completed outcome world
    | _ -> world

let private words effects = [
    for effect in effects do
        match effect with
        | Effect.Transmit(number, _, _, _, true) -> number
        | _ -> ()
]

/// Takes in what a step did; the shell's word on every packet follows at once.
let rec taken over isTick (world: World) rig =
    let effects, rig = harvested rig
    let world = List.fold (observe over isTick) { world with Rig = rig } effects

    match words effects with
    | [] -> effects, world
    | numbers ->
        let rig = numbers |> List.fold (fun rig number -> give (Transmitted number) rig) rig
        effects, taken over isTick world rig |> snd

// ---- what happens ----

/// The first 32 s after the final response, on the dot: Timers H, J and L (S-06, S-21).
let private lifetimes over (world: World) =
    let now = world.Rig.Now
    let age seen = if seen.FinalAt = never then 0L<ms> else now - seen.FinalAt
    let isKept = isAlive false world
    let options = age world.Options

    let isExact =
        world.Options.FinalAt = never
        || (if over = Transport.Tcp then
                not isKept
            else
                isKept = (options < 32_000L<ms>))

    let ended = age world.Invite >= 32_000L<ms>

    world
    |> broken "S-21" isExact
    |> broken "S-06" (not ended || not (isAlive true world) || world.Invite.Acknowledged)
    |> broken "S-06" (world.Invite.Outcome = "" || age world.Invite >= 32_000L<ms>)
    |> broken "S-23" (world.Options.Status <> 0 || now < 3500L<ms> || not isKept)

/// Whatever is due at this instant.
let rec rings over (world: World) =
    let _, world = taken over true world (ringAt 0L<ms> world.Rig)

    match alarm world.Rig with
    | ValueSome at when at <= world.Rig.Now -> rings over world
    | _ -> lifetimes over world
