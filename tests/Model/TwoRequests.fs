// C8: an INVITE and an OPTIONS that came in, over UDP or TCP: copies of them, what their receiver says
// and may not say, the ACK, and the end of what is kept (RFC 3261, 17.2; RFC 4320; RFC 6026).
module SipFun.Tests.Model.TwoRequests

open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Streams
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Configuration
open SipFun.Tests.Model.Worlds
open SipFun.Tests.Model.Responding

type Action =
    | Ring
    | Copy of invite: bool
    | Say of invite: bool * status: int
    | Acknowledge

let private transmits effects = [
    for effect in effects do
        match effect with
        | Effect.Transmit(_, _, _, bytes, _) -> System.Convert.ToHexString bytes.Span
        | _ -> ()
]

/// A copy gets the last response again, byte for byte, but no 2xx to INVITE and nothing before one
/// was sent (S-21).
let private copied over isInvite (world: World) =
    let before = seen isInvite world
    let isFinal = before.Status >= 200

    let expected =
        if
            before.Last = ""
            || (isInvite && isFinal && (before.Status < 300 || before.Acknowledged))
        then
            []
        else
            [ before.Last ]

    let effects, after =
        taken over false world (comes over (message over isInvite) world.Rig)

    broken "S-21" (transmits effects = expected) after

let private said over isInvite status (world: World) =
    let _, rig = respond status (message over isInvite) world.Rig
    taken over false world rig |> snd

let private acknowledged over (world: World) =
    let ack = incoming (via true over) "ACK" "our-tag"

    let ack =
        if world.Invite.Status < 300 then
            ack.WithTopVia(ack.TopVia.WithBranch "z9hG4bKack")
        else
            ack

    let world = put true { world.Invite with Acknowledged = true } world
    taken over false world (comes over ack world.Rig) |> snd

let private actions (world: World) = [
    if (alarm world.Rig).IsSome then
        Ring

    if isAlive true world then
        Copy true

        for status in [ 180; 200; 486 ] do
            Say(true, status)

        if world.Invite.FinalAt <> never then
            Acknowledge

    if isAlive false world then
        Copy false

        for status in [ 100; 180; 200; 408 ] do
            Say(false, status)
]

let private next over (world: World) action =
    match action with
    | Ring -> rings over world
    | Copy isInvite -> copied over isInvite world
    | Say(isInvite, status) -> said over isInvite status world
    | Acknowledge -> acknowledged over world

let private name number =
    match number with
    | 1L -> "invite"
    | 2L -> "options"
    | _ -> ""

/// Of a request that is gone only how it ended.
let private seenKey isInvite (world: World) =
    let seen = seen isInvite world

    if isAlive isInvite world then
        words [
            string seen.Status
            from world.Rig.Now seen.FinalAt
            string seen.Rings
            string seen.Acknowledged
        ]
    else
        seen.Outcome

let private keyOf (world: World) =
    words [
        entriesKey name world.Rig
        seenKey true world
        seenKey false world
        string world.Broken.Count
        string world.WasForbidden
    ]

let private safety number sentence =
    law $"{number}: {sentence}" (fun world -> not (Set.contains number world.Broken))

let private always = [
    safety "S-06" "finals to INVITE until the ACK, to the millisecond, 486 over UDP alone"
    safety "S-09" "no provisional by a timer but our one 100"
    safety "S-21" "a copy gets the same bytes; kept for 32 s over UDP, not over TCP"
    safety "S-23" "no 408 and no 18x to OPTIONS, a 100 at 3.5 s and not before"
    law "D7 and its kin" (fun world -> Laws.violations short world.Rig.State = [])
]

let private sometimes = [
    law "a final response went out eleven times" (fun world -> world.Invite.Rings = 10)
    law "nobody acknowledged" (fun world -> world.Invite.Outcome = "TimedOut")
    law "it was acknowledged" (fun world -> world.Invite.Acknowledged)
    law "OPTIONS was told 100" (fun world -> world.Options.Status = 100)
    law "OPTIONS was answered" (fun world -> world.Options.Status = 200)
    law "a forbidden response was refused" (fun world -> world.WasForbidden)
    law "nothing was left" (fun world -> State.idle world.Rig.State)
]

let private started over =
    let rig = rooted short [ own; tcpLeg ] |> receiving

    let rig =
        if over = Transport.Tcp then
            acceptAs [] 2 over "127.0.0.7" 40_000 70L rig
        else
            rig

    [ true; false ]
    |> List.fold (fun rig isInvite -> comes over (message over isInvite) rig) rig
    |> give (Receipted(1L, Receipt.Handled))
    |> give (Receipted(2L, Receipt.Handled))

let private model over =
    let rig = started over

    {
        Start = {
            Rig = { rig with Log = [] }
            Invite = nothing
            Options = nothing
            Broken = Set.empty
            WasForbidden = false
        }
        Actions = actions
        Next = next over
        Key = keyOf
        Ring = ValueSome Ring
        Settled = fun world -> settled world.Rig
        Always = always
        Sometimes = sometimes
    }

let configurations = [
    for name, over in [ "UDP", Transport.Udp; "TCP", Transport.Tcp ] do
        configuration
            $"C8 {name}"
            "INVITE and OPTIONS that came in"
            (2_000_000, 2_000_000)
            (model over)
]
