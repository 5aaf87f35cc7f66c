// C4 with three deliveries that are alike: OPTIONS to one target over UDP, begun at any time. Which of them
// is where does not matter: worlds that differ in that alone are one.
module SipFun.Tests.Model.EqualDeliveries

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
    | Deliver
    | Answer of number: int64 * status: int
    | Cancel of number: int64

type World = {
    Play: Play
    /// What was delivered, the last first; responses take numbers too.
    Numbers: int64 list
}

let private actions most world = [
    if (alarm world.Play.Rig).IsSome then
        Ring
        RingLate

    if world.Numbers.Length < most then
        Deliver

    for number in world.Numbers do
        for status in [ 100; 200 ] do
            Answer(number, status)

        if State.isUnderWay number world.Play.Rig.State then
            Cancel number
]

let private delivered world =
    let number, rig = Rig.number world.Play.Rig

    let order = {
        order number (Rig.request "OPTIONS" $"call-{number}") with
            Destination = ValueSome peer
    }

    {
        Play = gives (Input.Deliver order) { world.Play with Rig = rig }
        Numbers = number :: world.Numbers
    }

let private next world action =
    match action with
    | Ring -> { world with Play = rings 0L<ms> world.Play }
    | RingLate -> { world with Play = rings 40_000L<ms> world.Play }
    | Deliver -> delivered world
    | Answer(number, status) -> { world with Play = answers number 0 status world.Play }
    | Cancel number -> { world with Play = ends number world.Play }

let private keys world = world.Numbers |> List.map (fun number -> deliveryKey number world.Play)

let private key world = keys world |> List.sort |> String.concat ";"

let private always = [
    for number in [ "S-01"; "S-02"; "S-04"; "S-05"; "S-15"; "S-20" ] do
        safety (fun world -> world.Play) number

    law "L-6: closing leaves nothing" (fun world -> closesDown world.Play.Rig)
]

let private all most expected world = outcomes world.Play = List.replicate most expected

let private sometimes most = [
    law "all were answered" (all most "answered 200")
    law "all timed out" (all most "TimedOut")
    law "all were cancelled" (all most "Cancelled")
    law "nothing was left" (fun world ->
        world.Numbers.Length = most && State.idle world.Play.Rig.State)
]

let private model most = {
    Start = { Play = begins (withSettings quiet); Numbers = [] }
    Actions = actions most
    Next = next
    Key = key
    Ring = ValueSome Ring
    Settled = fun world -> settled world.Play.Rig
    Always = always
    Sometimes = []
}

let private unsorted world = keys world |> String.concat ";"

let private absolute world = $"{world.Play.Rig.Now} {key world}"

let configurations = [
    for most, normal, long in [ 2, 20_000, 1_000_000; 3, 10_000, 5_000_000 ] do
        let model = model most

        let model = {
            model with
                Sometimes = if most = 2 || isWide then sometimes most else []
        }

        configuration $"C4/{most}" $"{most} deliveries alike, one target" (normal, long) model
        |> without "symmetry of equal deliveries" unsorted model
        |> without "times relative to now" absolute model
]
