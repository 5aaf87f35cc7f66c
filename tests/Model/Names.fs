// C6: two deliveries to one name: every order in which answers come, and the second delivery at any
// moment of it (RFC 3263, 4; V-12).
module SipFun.Tests.Model.Names

open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Configuration
open SipFun.Tests.Model.NamesWorld

let private from now (instant: Instant) =
    if instant = Queue.never then "-" else string (instant - now)

let private phaseKey now (client: Client) =
    let attempt (attempt: Attempt) =
        let schedule = attempt.Schedule
        let later = attempt.Later |> List.map (fun hop -> hop.Address.Low &&& 15UL)
        $"{attempt.Hop.Address.Low &&& 15UL} {from now schedule.NextAt} {from now schedule.GiveUpAt} {later}"

    match client.Phase with
    | Resolving(_, resolution, _) ->
        let book =
            Map.toList resolution.Book
            |> List.map (fun (q, a) -> $"{int q.Type}{q.Name}{int a.Status}")
            |> String.concat " "

        $"resolving {book} {int resolution.Asking} {from now resolution.AnswerBy} {from now client.Until}"
    | Calling each -> $"calling {attempt each}"
    | phase -> $"{phase.IsCompleted}"

let private key world =
    let now = world.Rig.Now
    let state = world.Rig.State

    let entries =
        Queue.toList state.Queue
        |> List.map (fun (number, waiting) ->
            match waiting.Value with
            | ClientEntry client ->
                let best = ValueOption.map named client.Best
                $"{number} {phaseKey now client} {client.Told} {from now waiting.Due} {best}"
            | LingeringEntry _ -> $"{number} completed {from now waiting.Due}"
            | other -> $"%A{other}")

    let cache = [
        for pair in state.Cache.Answers do
            if now < pair.Value.Until then
                let kept = pair.Value
                $"{int pair.Key.Type}{pair.Key.Name}{int kept.Answer.Status} {from now kept.Until}"
    ]

    let marks =
        State.marks now state
        |> List.map (fun mark -> $"{mark.Hop.Address.Low &&& 15UL} {from now mark.Until}")

    let flows =
        Trie.toList state.Flows |> List.map (fun (_, flow) -> Hop.toString flow.Hop)

    let underWay = [
        for pair in world.UnderWay do
            let left = max 0L<ms> (pair.Value + quiet.Limits.ResolveWithin - now)
            $"{int pair.Key.Type}{pair.Key.Name} {left}"
    ]

    let outcomes = [ for pair in world.Outcomes -> $"{pair.Key} " + String.concat " " pair.Value ]

    [
        entries
        cache
        marks
        flows
        underWay
        outcomes
        [ $"{world.Delivered} {world.Doubled} {world.Misled}" ]
    ]
    |> List.map (String.concat ";")
    |> String.concat "|"

let private onceEach (world: World) =
    world.Outcomes |> Map.forall (fun _ outcomes -> outcomes.Length = 1)

let private always = [
    law "D1: at most one outcome each" onceEach
    law "R2: no question is asked while it is under way" (fun world -> not world.Doubled)
    law "V-12: what nobody asked is not believed" (fun world ->
        not world.Misled
        && world.Targets |> Map.forall (fun _ targets -> not (List.contains 2 targets)))
    law "D7 and its kin" (fun world -> Laws.violations quiet world.Rig.State = [])
]

let private outcome text world =
    world.Outcomes |> Map.exists (fun _ outcomes -> List.contains text outcomes)

let private sometimes = [
    law "both were resolved" (fun world ->
        world.Delivered = 2 && [ 1L; 2L ] |> List.forall (fun n -> (attempt n world).IsSome))
    law "R-10: the second asked nothing" (fun world ->
        world.Delivered = 2 && (attempt 2L world).IsSome && world.Rig.State.Questions.IsEmpty)
    law "the DNS failed" (outcome "unresolved DnsFailure")
    law "nobody answered" (outcome "unresolved TimedOut")
    law "there was no address" (outcome "unresolved NoAddress")
    law "R-5: cancelled while resolving" (outcome "Cancelled")
    law "nothing was left" (fun world -> world.Delivered = 2 && State.idle world.Rig.State)
]

let private model =
    let rig =
        withSettings quiet |> give (AddLeg Streams.tcpLeg) |> give (AddLeg Streams.tlsLeg)

    {
        Start = {
            Rig = { rig with Log = [] }
            Delivered = 0
            Targets = Map.empty
            Outcomes = Map.empty
            UnderWay = Map.empty
            Doubled = false
            Misled = false
        }
        Actions = actions
        Next = next
        Key = key
        Ring = ValueSome Ring
        Settled = fun world -> Worlds.settled world.Rig
        Always = always
        Sometimes = sometimes
    }

let configurations = [
    configuration
        "C6"
        "two deliveries, NAPTR and three SRV, every order of answers"
        (15_000, 10_000_000)
        { model with Sometimes = if Suite.long then sometimes else [] }
]
