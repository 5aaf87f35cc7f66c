// C3: an INVITE and an OPTIONS to one name whose first target is reached over UDP and the second over
// TCP: answers, silence, refusals, connections that open, are refused or die, and cancels.
module SipFun.Tests.Model.MixedTransports

open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Resolution
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Configuration
open SipFun.Tests.Model.Worlds
open SipFun.Tests.Model.Play

type Action =
    | Ring
    | RingLate
    | Answer of number: int64 * status: int
    /// The target before the last one answers after all.
    | AnswerLate of number: int64 * status: int
    | Refuse of int64
    | Cancel of int64
    | Opens of int64
    | Closes of int64 * TransportFault

let private invite, private options = 1L, 2L
let private tcp = { leg 2 "127.0.0.1" 5060 with Transport = Transport.Tcp }

let private zone =
    Resolving.zone [
        "b.test NAPTR 1 1 s SIP+D2U \"\" _sip._udp.b.test"
        "b.test NAPTR 1 2 s SIP+D2T \"\" _sip._tcp.b.test"
        "_sip._udp.b.test SRV 1 1 5070 h1.b.test"
        "_sip._tcp.b.test SRV 1 1 5070 h2.b.test"
        "h1.b.test A 127.0.0.11"
        "h2.b.test A 127.0.0.12"
    ]

/// Whatever is asked is answered, until nothing is.
let rec private resolved rig =
    match Map.toList rig.State.Questions with
    | [] -> rig
    | (question, _) :: _ ->
        give (Input.Answered(question, Resolving.answer zone question)) rig |> resolved

let private target number (play: Play) =
    match State.tryFind number play.Rig.State with
    | ValueSome(ClientEntry { Phase = Calling attempt; Told = false })
    | ValueSome(ClientEntry { Phase = Proceeding attempt; Told = false }) -> ValueSome attempt.Hop
    | _ -> ValueNone

let private toFlow (flow: Flow) = [
    match flow.Phase with
    | Opening _ ->
        Opens flow.Hop.Flow
        Closes(flow.Hop.Flow, TransportFault.ConnectionRefused)
    | Open -> Closes(flow.Hop.Flow, TransportFault.Closed)
]

let private toDelivery number play = [
    let early = if number = invite then 180 else 100

    if (request number 0 play).IsSome then
        for status in [ early; 200; 503 ] do
            Answer(number, status)

    if (request number 1 play).IsSome then
        AnswerLate(number, 200)

    match target number play with
    | ValueSome hop when hop.Transport = Transport.Udp -> Refuse number
    | _ -> ()

    if State.isUnderWay number play.Rig.State then
        Cancel number
]

let private actions play = [
    if (alarm play.Rig).IsSome then
        Ring
        RingLate

    yield! toDelivery invite play
    yield! toDelivery options play
    yield! flows play |> List.collect toFlow
]

let private refused number play =
    match target number play with
    | ValueSome hop -> gives (Input.Failed(number, hop, TransportFault.SendFailed, "no")) play
    | ValueNone -> play

let private next play action =
    match action with
    | Ring -> rings 0L<ms> play
    | RingLate -> rings 40_000L<ms> play
    | Answer(number, status) -> answers number 0 status play
    | AnswerLate(number, status) -> answers number 1 status play
    | Refuse number -> refused number play
    | Cancel number -> ends number play
    | Opens flow -> gives (FlowOpened flow) play
    | Closes(flow, fault) -> gives (FlowClosed(flow, fault, "")) play

let private always = [
    for number in
        [
            "S-01"
            "S-02"
            "S-03"
            "S-04"
            "S-05"
            "S-07"
            "S-09"
            "S-10"
            "S-11"
            "S-12"
            "S-15"
            "S-20"
            "S-28"
            "S-29"
        ] do
        safety id number

    law "L-6: closing leaves nothing" (fun world -> closesDown world.Rig)
]

let private both expected play =
    [ invite; options ] |> List.forall (fun n -> expected (outcome n play))

let private overTcp number play =
    match target number play with
    | ValueSome hop -> hop.Transport = Transport.Tcp
    | ValueNone -> false

let private sometimes = [
    law "both went on over TCP" (fun play -> overTcp invite play && overTcp options play)
    law "over one connection" (fun play ->
        overTcp invite play && overTcp options play && (flows play).Length = 1)
    law "both were answered" (both (fun outcome -> outcome = "answered 200"))
    law "both were cancelled" (both (fun outcome -> outcome = "Cancelled"))
    law "one was answered, one timed out" (fun play ->
        List.sort (outcomes play) = [ "TimedOut"; "answered 200" ])
    law "one was unreachable" (fun play -> List.contains "unreachable" (outcomes play))
    law "a 2xx went up after the outcome" (fun play -> play.HandedUpLate)
]

let private model =
    let anywhere (order: Order) = { order with Destination = ValueNone }
    let sent method = deliverWith anywhere (requestTo "sip:b@b.test" method $"call-{method}" 1)
    let rig = rooted quiet [ own; tcp ] |> sent "INVITE" |> snd |> sent "OPTIONS" |> snd

    {
        Start = begins (resolved rig)
        Actions = actions
        Next = next
        Key = key string
        Ring = ValueSome Ring
        Settled = fun world -> settled world.Rig
        Always = always
        Sometimes = sometimes
    }

let configurations = [
    configuration "C3" "INVITE and OPTIONS, UDP and TCP" (15_000, 10_000_000) model
]
