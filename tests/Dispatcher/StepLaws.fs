// What must hold of every single step, whatever came before it (reliability.md, 4.2: S-17, S-18, S-20,
// S-25, S-26, S-27, S-30). Written once: every test of the dispatcher, every model and every fuzzed
// history goes through it.
module SipFun.Tests.Dispatcher.StepLaws

open SipFun
open SipFun.Core

type Step = {
    Settings: Settings
    Before: State
    Now: Instant
    Input: Input
    After: State
    Effects: Effect array
}

let private count choose step = step.Effects |> Array.filter choose |> Array.length

let private due (step: Step) =
    Queue.toList step.Before.Queue
    |> List.filter (fun (_, waiting) -> waiting.Due <= max step.Now step.Before.Now)
    |> List.length

/// S-17: nothing that was due is left behind by a tick that had room for all of it.
let private alarm step =
    match step.Input, Dispatcher.alarm step.After with
    | Tick, ValueSome at when at <= step.After.Now -> [
        if 2 * due step < step.Settings.Limits.PerStep then
            "S-17: after a tick the alarm is in the past"
      ]
    | _ -> []

let private sends step = [
    for effect in step.Effects do
        match effect with
        | Effect.Transmit(number, _, hop, bytes, _) -> number, hop, bytes
        | _ -> ()
]

/// S-18: however late it is, each packet goes once.
let private bursts step =
    match step.Input with
    | Tick when step.Effects.Length > 1 ->
        let packets =
            sends step |> List.map (fun (number, hop, bytes) -> number, hop, bytes.ToArray())

        if List.distinct packets = packets then
            []
        else
            [ "S-18: a late tick sent one packet twice" ]
    | _ -> []

let private clock step =
    if step.After.Now = max step.Before.Now step.Now then
        []
    else
        [ "S-18: the state's time is not the latest instant seen" ]

/// How many entries an input may concern.
let private concerned step =
    match step.Input with
    | Tick -> due step
    | Close
    | RemoveLeg _
    | FlowOpened _
    | FlowClosed _
    | Input.Answered _
    | SourceChosen _
    | Input.CancelDelivery _ -> Queue.size step.Before.Queue
    | _ -> 2

/// A copy that was held is an entry's too, and so is a packet that waits for its connection.
let private held (state: State) (settings: Settings) =
    Queue.toList state.Queue
    |> List.sumBy (fun (_, waiting) ->
        match waiting.Value with
        | ServerEntry { Phase = Offered _ } -> settings.Limits.HeldCopies
        | _ -> 0)

/// S-25: a handful of effects for each entry that it concerns; questions have their own bound.
let private bounded step =
    let asked = count _.IsAsk step

    let most =
        4 * (1 + concerned step)
        + asked
        + held step.Before step.Settings
        + step.Before.FlowCount * step.Settings.Limits.FlowQueue

    if step.Effects.Length > most then
        [ $"S-25: {step.Effects.Length} effects where {most} are many" ]
    else
        []

let private outcomes number step =
    step
    |> count (fun effect ->
        match effect with
        | Effect.Complete(each, _, _, _) -> each = number
        | _ -> false)

/// S-26: an order is under way, on its way or ended when its step is over: never lost, never twice.
let private accepted step =
    match step.Input with
    | Deliver order ->
        let isKept = (State.tryFind order.Number step.After).IsSome
        let ended = outcomes order.Number step

        if (isKept || ended = 1) && ended <= 1 then
            []
        else
            [ $"S-26: the order got {ended} outcomes, and is kept: {isKept}" ]
    | _ -> []

/// S-27: nothing is sent over a leg that is not there, in the step of its removal or later.
let private legs step =
    let isThere number = step.After.Legs |> List.exists (fun (leg: Leg) -> leg.Number = number)

    step.Effects
    |> Array.exists (fun effect ->
        match effect with
        | Effect.Transmit(_, leg, _, _, _)
        | Effect.Connect(leg, _) -> not (isThere leg)
        | _ -> false)
    |> function
        | true -> [ "S-27: something goes over a leg that was removed" ]
        | false -> []

let private isUp (effect: Effect) =
    match effect with
    | Effect.PassUp _
    | Effect.PassUpStray _
    | Effect.HandUp _ -> true
    | _ -> false

/// Said of what came in; the others are said of packets and transactions of ours.
let private isOfArrival (effect: Effect) =
    match effect with
    | Effect.Count Counted.Undeliverable
    | Effect.Count Counted.FlowsFull
    | Effect.Count Counted.NotLingering
    | Effect.Count Counted.NeverAnswered -> false
    | Effect.Count _ -> true
    | _ -> false

/// S-30: what comes in goes up, is answered, is counted as dropped, or is kept: one thing at least,
/// and no two of the first and the third.
let private accounted step =
    match step.Input with
    | Received _ ->
        let up, counted = count isUp step, count isOfArrival step

        [
            if
                step.Effects.Length = 0 && step.After = { step.Before with Now = step.After.Now }
            then
                "S-30: a message vanished"

            if counted > 1 then
                "S-30: a message was counted twice"

            if up > 0 && counted > 0 then
                "S-30: a message went up and was counted as dropped"
        ]
    | _ -> []

let violations step = [
    yield! alarm step
    yield! bursts step
    yield! clock step
    yield! bounded step
    yield! accepted step
    yield! legs step
    yield! accounted step
]

/// S-20: the shell's word, said twice, says nothing more.
let isRepeatable input =
    match input with
    | Input.Answered _
    | SourceChosen _
    | Transmitted _
    | Input.Failed _
    | FlowOpened _
    | FlowClosed _
    | Receipted _ -> true
    | _ -> false
