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
open SipFun.Tests.Model.Worlds
open SipFun.Tests.Model.NamesWorld

let private last (hop: Hop) = string (hop.Address.Low &&& 15UL)

let private asked (question: Question) = string (int question.Type) + question.Name

let private phaseKey now (client: Client) =
    let attempt (attempt: Attempt) =
        let schedule = attempt.Schedule

        words [
            last attempt.Hop
            from now schedule.NextAt
            from now schedule.GiveUpAt
            yield! List.map last attempt.Later
        ]

    match client.Phase with
    | Resolving(_, resolution, _) ->
        let book =
            Map.toList resolution.Book
            |> List.map (fun (question, answer) -> asked question + string (int answer.Status))

        words [
            "resolving"
            yield! book
            string (int resolution.Asking)
            from now resolution.AnswerBy
            from now client.Until
        ]
    | Calling each -> "calling " + attempt each
    | phase -> string phase.IsCompleted

let private key world =
    let now = world.Rig.Now
    let state = world.Rig.State

    let entries =
        Queue.toList state.Queue
        |> List.map (fun (number, waiting) ->
            match waiting.Value with
            | ClientEntry client ->
                words [
                    string number
                    phaseKey now client
                    string client.Told
                    from now waiting.Due
                    orNone (ValueOption.map named client.Best)
                ]
            | LingeringEntry _ -> words [ string number; "completed"; from now waiting.Due ]
            | other -> $"%A{other}")

    let cache = [
        for pair in state.Cache.Answers do
            if now < pair.Value.Until then
                let kept = pair.Value
                asked pair.Key + string (int kept.Answer.Status) + " " + from now kept.Until
    ]

    let marks =
        State.marks now state |> List.map (fun mark -> last mark.Hop + " " + from now mark.Until)

    let flows =
        Trie.toList state.Flows |> List.map (fun (_, flow) -> Hop.toString flow.Hop)

    let underWay = [
        for pair in world.UnderWay do
            let left = max 0L<ms> (pair.Value + quiet.Limits.ResolveWithin - now)
            asked pair.Key + " " + string left
    ]

    let outcomes = [ for pair in world.Outcomes -> words (string pair.Key :: pair.Value) ]

    [
        entries
        cache
        marks
        flows
        underWay
        outcomes
        [ string world.Delivered; string world.Doubled; string world.Misled ]
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
        { model with Sometimes = if isWide then sometimes else [] }
]
