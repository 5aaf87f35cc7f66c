// A resolver that does as it is told, in virtual time: each question has its answers and their delays,
// none, one, two or late; the alarm and the answers ring in order.
module SipFun.Tests.Dispatcher.Resolver

open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Resolution

/// The answers to a question and how long each takes.
type Script = Question -> (Duration * Answer) list

type World = {
    Rig: Rig
    Script: Script
    /// How much of the log was looked at.
    Seen: int
    Coming: (Instant * Question * Answer) list
}

let world script rig = { Rig = rig; Script = script; Seen = 0; Coming = [] }

/// Everything the zone says, at once.
let fromZone lines : Script =
    fun question -> [ 0L<ms>, Resolving.answer (Resolving.zone lines) question ]

/// The zone, but this question is answered otherwise.
let except
    (broken: Question -> bool)
    (answers: (Duration * Answer) list)
    (script: Script)
    : Script =
    fun question -> if broken question then answers else script question

/// What was asked, in order.
let asked (rig: Rig) = [
    for _, effect in effects rig do
        match effect with
        | Effect.Ask question -> question
        | _ -> ()
]

/// Looks for new questions and puts their answers on their way.
let private heed world =
    let news =
        world.Rig.Log |> List.truncate (world.Rig.Log.Length - world.Seen) |> List.rev

    let coming = [
        for at, effect in news do
            match effect with
            | Effect.Ask question ->
                for delay, answer in world.Script question -> at + delay, question, answer
            | _ -> ()
    ]

    {
        world with
            Seen = world.Rig.Log.Length
            Coming = List.sortBy (fun (at, _, _) -> at) (world.Coming @ coming)
    }

let private input input at world = {
    world with
        Rig = { world.Rig with Now = max at world.Rig.Now } |> give input
}

/// Lets time pass: answers come and alarms ring, each at its instant; an answer before the alarm.
let rec runUntil (until: Instant) world =
    let world = heed world

    match world.Coming, Dispatcher.alarm world.Rig.State with
    | (at, question, answer) :: rest, alarm when
        at <= until && at <= ValueOption.defaultValue Queue.never alarm
        ->
        input (Input.Answered(question, answer)) at { world with Coming = rest } |> runUntil until
    | _, ValueSome at when at <= until -> input Tick at world |> runUntil until
    | _ -> { world with Rig = { world.Rig with Now = max until world.Rig.Now } }

let runFor (duration: Duration) world = runUntil (world.Rig.Now + duration) world

/// What happens with the rig alone.
let act change world = { world with Rig = change world.Rig }

/// Delivers a request to a URI by RFC 3263.
let deliverTo (target: string) (callId: string) (method: string) world =
    let anywhere (order: Order) = { order with Destination = ValueNone }
    let number, rig = deliverWith anywhere (requestTo target method callId 1) world.Rig
    number, runFor 0L<ms> { world with Rig = rig }
