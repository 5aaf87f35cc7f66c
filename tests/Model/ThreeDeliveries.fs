// C4: three deliveries to one target over UDP, two of them by one name: packets lost (no answer comes),
// answers late, twice and out of order, cancels, and the name used again (S-16).
module SipFun.Tests.Model.ThreeDeliveries

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
    | RingLate
    | Deliver of slot: int
    | Answer of slot: int * status: int
    | Cancel of slot: int

type World = {
    Play: Play
    /// The deliveries accepted, by slot.
    Numbers: Map<int, int64>
    WasRefused: bool
    /// The name was free again, and taken.
    WasReused: bool
}

let private slots = [ 1, "INVITE", "mine"; 2, "OPTIONS", "yours"; 3, "MESSAGE", "mine" ]

let private nameOf slot =
    let _, _, text = List.find (fun (each, _, _) -> each = slot) slots
    { Number = 0L; Text = text }

let private messageOf slot =
    let _, method, _ = List.find (fun (each, _, _) -> each = slot) slots
    Rig.request method $"call-{slot}"

let private toSlot (world: World) (slot, method, _) = [
    match Map.tryFind slot world.Numbers with
    | None -> Deliver slot
    | Some number ->
        for status in [ (if method = "INVITE" then 180 else 100); 200; 486 ] do
            Answer(slot, status)

        if State.isUnderWay number world.Play.Rig.State then
            Cancel slot
]

let private actions world = [
    if (alarm world.Play.Rig).IsSome then
        Ring
        RingLate

    yield! slots |> List.collect (toSlot world)
]

/// Deliveries under way by this name.
let private alive name (state: State) =
    Queue.toList state.Queue
    |> List.filter (fun (_, waiting) ->
        match waiting.Value with
        | ClientEntry client -> not client.Told && client.Sender.Name = ValueSome name
        | _ -> false)
    |> List.length

let private delivered slot world =
    let name = nameOf slot
    let before = alive name world.Play.Rig.State
    let number, rig = Rig.number world.Play.Rig

    let order = {
        order number (messageOf slot) with
            Name = ValueSome name
            Destination = ValueSome peer
    }

    let play = gives (Input.Deliver order) { world.Play with Rig = rig }
    let accepted = State.isUnderWay number play.Rig.State
    let holds = alive name play.Rig.State <= 1 && accepted = (before = 0)
    let wasUsed = Map.exists (fun other _ -> nameOf other = name) world.Numbers

    {
        Play = { play with Watch = Watch.broken "S-16" holds play.Watch }
        Numbers = if accepted then Map.add slot number world.Numbers else world.Numbers
        WasRefused = world.WasRefused || not accepted
        WasReused = world.WasReused || (accepted && wasUsed)
    }

let private playing play world = { world with Play = play }

let private next world action =
    match action with
    | Ring -> playing (rings 0L<ms> world.Play) world
    | RingLate -> playing (rings 40_000L<ms> world.Play) world
    | Deliver slot -> delivered slot world
    | Answer(slot, status) -> playing (answers world.Numbers[slot] 0 status world.Play) world
    | Cancel slot -> playing (ends world.Numbers[slot] world.Play) world

/// By slot: a number tells only how often the name was refused.
let private name world number =
    world.Numbers
    |> Map.tryFindKey (fun _ each -> each = number)
    |> Option.map string
    |> Option.defaultValue "?"

let private keyOf world =
    words [
        key (name world) world.Play
        yield! Map.keys world.Numbers |> Seq.map string
        string world.WasRefused
        string world.WasReused
    ]

let private always = [
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
            "S-15"
            "S-20"
            "S-16"
            "S-28"
            "S-29"
        ] do
        safety (fun world -> world.Play) number

    law "L-6: closing leaves nothing" (fun world -> closesDown world.Play.Rig)
]

let private sometimes = [
    law "three deliveries were under way or ended" (fun world -> world.Numbers.Count = 3)
    law "a name in use was refused" (fun world -> world.WasRefused)
    law "the name was free again, and taken" (fun world -> world.WasReused)
    law "one was answered, one cancelled" (fun world ->
        let outcomes = outcomes world.Play
        List.contains "answered 200" outcomes && List.contains "Cancelled" outcomes)
    law "one timed out" (fun world -> List.contains "TimedOut" (outcomes world.Play))
    law "a 2xx went up after the outcome" (fun world -> world.Play.HandedUpLate)
]

let private model = {
    Start = {
        Play = begins (withSettings quiet)
        Numbers = Map.empty
        WasRefused = false
        WasReused = false
    }
    Actions = actions
    Next = next
    Key = keyOf
    Ring = ValueSome Ring
    Settled = fun world -> settled world.Play.Rig
    Always = always
    Sometimes = sometimes
}

let configurations = [
    configuration "C4" "three deliveries, one target, names used again" (15_000, 10_000_000) model
]
