// C5: one INVITE to two targets, its CANCEL and the ACK to its 2xx: provisional, final, late and repeated
// responses of both targets, in every order (RFC 3261, 9.1, 17.1.1; RFC 6026).
module SipFun.Tests.Model.Cancelled

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
    /// Of the last target, or the one before.
    | Answer of back: int * status: int
    | AnswerCancel of status: int
    | SendCancel
    | SendAck
    | EndDelivery

type World = {
    Play: Play
    /// The CANCEL's number, once it was accepted.
    Cancel: int64 voption
    Acknowledged: bool
}

let private number = 1L
let private a = Question.create "b.test" DnsType.A
let private invite = requestTo "sip:b@b.test:5070" "INVITE" "call-1" 1

let private addresses =
    Answer.ok [|
        for text in [ "127.0.0.11"; "127.0.0.12" ] do
            { Name = "b.test"; Ttl = 60; Data = AddressOf(address text) }
    |]

let private actions world = [
    let play = world.Play

    if (alarm play.Rig).IsSome then
        Ring
        RingLate

    for status in [ 180; 200; 302; 486; 503; 603 ] do
        Answer(0, status)

    if (request number 1 play).IsSome then
        for status in [ 180; 200; 486; 503 ] do
            Answer(1, status)

    match world.Cancel with
    | ValueNone -> SendCancel
    | ValueSome cancel when (request cancel 0 play).IsSome ->
        AnswerCancel 200
        AnswerCancel 481
    | ValueSome _ -> ()

    if not world.Acknowledged && outcome number play = "answered 200" then
        SendAck

    EndDelivery
]

let private sendCancel world =
    let own, rig = Rig.number world.Play.Rig

    let play =
        gives (Deliver(order own (invite.CreateCancel()))) { world.Play with Rig = rig }

    {
        world with
            Play = play
            Cancel =
                if State.isUnderWay own play.Rig.State then
                    ValueSome own
                else
                    ValueNone
    }

/// The CANCEL has its INVITE's branch, and yet its answer is no answer to the INVITE (S-16).
let private answerCancel status world =
    let before = outcome number world.Play
    let play = answers world.Cancel.Value 0 status world.Play
    let isApart = outcome number play = before

    {
        world with
            Play = { play with Watch = Watch.broken "S-16" isApart play.Watch }
    }

let private sendAck world =
    let own, rig = Rig.number world.Play.Rig
    let ok = (request number 0 world.Play).Value.CreateResponse(200, "peer")
    let ack = invite.CreateAck ok

    let play =
        gives (Deliver { order own ack with Destination = ValueSome peer }) {
            world.Play with
                Rig = rig
        }

    {
        world with
            Play = gives (Transmitted own) play
            Acknowledged = true
    }

let private next world action =
    let play = world.Play

    match action with
    | Ring -> { world with Play = rings 0L<ms> play }
    | RingLate -> { world with Play = rings 40_000L<ms> play }
    | Answer(back, status) -> { world with Play = answers number back status play }
    | AnswerCancel status -> answerCancel status world
    | SendCancel -> sendCancel world
    | SendAck -> sendAck world
    | EndDelivery -> { world with Play = ends number play }

let private name number = if number = 1L then "invite" else "cancel"

let private keyOf world =
    words [ key name world.Play; string world.Cancel.IsSome; string world.Acknowledged ]

let private always = [
    for number in
        [
            "S-01"
            "S-02"
            "S-03"
            "S-05"
            "S-09"
            "S-10"
            "S-11"
            "S-12"
            "S-15"
            "S-16"
            "S-28"
            "S-29"
        ] do
        safety (fun world -> world.Play) number

    law "L-6: closing leaves nothing" (fun world -> closesDown world.Play.Rig)
]

let private is expected world = outcome number world.Play = expected

let private sometimes = [
    law "the second target was asked" (fun world -> (request number 1 world.Play).IsSome)
    law "the CANCEL left" (fun world ->
        world.Cancel.IsSome && (request world.Cancel.Value 0 world.Play).IsSome)
    law "the CANCEL waited" (fun world ->
        world.Cancel.IsSome && (request world.Cancel.Value 0 world.Play).IsNone)
    law "a 2xx went up after the outcome" (fun world -> world.Play.HandedUpLate)
    law "the 2xx was acknowledged" (fun world -> world.Acknowledged)
    for status in [ 200; 302; 486; 503; 603 ] do
        law $"answered {status}" (is $"answered {status}")
    law "it timed out" (is "TimedOut")
    law "it was cancelled" (is "Cancelled")
    law "nothing was left" (fun world -> State.idle world.Play.Rig.State)
]

let private model =
    let anywhere (order: Order) = { order with Destination = ValueNone }
    let _, rig = deliverWith anywhere invite (withSettings quiet)

    {
        Start = {
            Play = begins (give (Input.Answered(a, addresses)) rig)
            Cancel = ValueNone
            Acknowledged = false
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
    configuration "C5" "INVITE, CANCEL and ACK, two targets" (2_000_000, 2_000_000) model
]
