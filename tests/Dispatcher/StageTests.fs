// How long a stage may take, which one is named when the time is up, and that no question is asked again
// while it is under way, whoever was cancelled meanwhile.
module SipFun.Tests.Dispatcher.StageTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Resolution
open SipFun.Tests.Dispatcher.Resolver

let private uri = "sip:b@example.com"
let private second = 1000L<ms>

let private zone = [
    "_sip._udp.example.com SRV 1 1 5070 a.example.com"
    "a.example.com A 127.0.0.7"
]

let private naptr = Resolving.question "NAPTR" "example.com"
let private srv = Resolving.question "SRV" "_sip._udp.example.com"
let private a = Resolving.question "A" "a.example.com"

let private script: Script =
    fun question ->
        fromZone zone question
        |> List.map (fun (at, answer) -> at, { answer with NegativeTtl = 10 })

let private withTotal total = { settings with Limits = { limits with ResolveWithin = total } }

let private failure number rig =
    match outcomeOf number rig with
    | at, Unresolved failure -> at, failure
    | other -> failtestf "%A" other

let private naming =
    testList "which" [
        for silent, stage in
            [
                naptr, ResolutionStage.PointerRecords
                srv, ResolutionStage.ServiceRecords
                a, ResolutionStage.AddressRecords
            ] do
            testCase $"the whole time is up at {Question.toString silent}: that is the stage"
            <| fun () ->
                let rig = withSettings (withTotal (3L * second))
                let script = script |> except ((=) silent) []
                let number, world = deliverTo uri "c1" "OPTIONS" (world script rig)
                let at, failure = failure number (runFor (9L * second) world).Rig
                same at 3_000 "when"
                same (failure.Stage, failure.Fault) (stage, ResolutionFault.TimedOut) "where"
                Expect.stringContains failure.Detail (Question.toString silent) "what"

            testCase $"a resolution by itself, silent at {Question.toString silent}"
            <| fun () ->
                let rig = withSettings (withTotal (3L * second))
                let rig = give (ResolveUri(9L, SipUri.Parse uri, Wishes.none)) rig
                let world = world (script |> except ((=) silent) []) rig

                let stages =
                    effects (runFor (9L * second) world).Rig
                    |> List.choose (fun (_, effect) ->
                        match effect with
                        | Effect.Found(9L, { Failure = ValueSome failure }) -> Some failure.Stage
                        | _ -> None)

                same stages [ stage ] "where"

        testCase "a response that finds no one in time names its stage too"
        <| fun () ->
            let via = "SIP/2.0/UDP example.com;branch=z9hG4bKx"
            let request = incoming via "OPTIONS" ""
            let number, rig = number (withSettings (withTotal (3L * second)))
            let rig = give (Deliver(order number (request.CreateResponse(200, "t")))) rig
            let world = world (fun _ -> []) rig |> runFor (9L * second)
            same (snd (failure number world.Rig)).Stage ResolutionStage.ServiceRecords "SRV"
    ]

/// A chain of names, each answer after three seconds.
let private slowChain: Script =
    fun question ->
        let answer =
            match question.Type, question.Name with
            | DnsType.A, "n9.example.com" -> AddressOf(address "127.0.0.7")
            | DnsType.A, "example.com" -> AliasOf "n1.example.com"
            | DnsType.A, name when name.StartsWith "n" ->
                AliasOf $"n{int name[1..1] + 1}.example.com"
            | _ -> AliasOf ""

        if question.Type = DnsType.A then
            [
                3L * second, Answer.ok [| { Name = question.Name; Ttl = 60; Data = answer } |]
            ]
        else
            [ 0L<ms>, Answer.failed DnsStatus.NoData ]

let private limit =
    testList "time" [
        testCase "the five seconds are a stage's, however many rounds it takes"
        <| fun () ->
            let number, world = deliverTo uri "c1" "OPTIONS" (world slowChain start)
            let at, failure = failure number (runFor (60L * second) world).Rig
            same at 5_000 "not five for each alias"
            same failure.Stage ResolutionStage.AddressRecords "the stage"

            let asked =
                asked (runFor (60L * second) world).Rig |> List.filter (fun q -> q.Type = DnsType.A)

            same asked.Length 2 "the third alias was not asked for"

        testCase "SRV where NAPTR points to takes the whole time: the domain's own is not asked"
        <| fun () ->
            let pointing =
                fromZone (
                    zone
                    @ [ "example.com NAPTR 1 1 s SIP+D2U \"\" _sip._udp.n.example.com" ]
                    @ [ "example.com A 127.0.0.9" ]
                )

            let silent (question: Question) = question.Name = "_sip._udp.n.example.com"
            let world = world (except silent [] pointing) start
            let number, world = deliverTo uri "c1" "OPTIONS" world
            let world = runFor (5L * second) world
            let sent = [ for at, hop, _ in wire world.Rig -> at, Hop.toString hop ]
            same sent [ 5L * second, "udp:127.0.0.9:5060" ] "by the host's own address, after 5 s"
            same (asked world.Rig |> List.contains srv) false "no time for it"

            let told =
                match State.trace number world.Rig.State with
                | ValueSome trace -> Explanation.text trace
                | ValueNone -> ""

            Expect.stringContains told "the time of its stage is up" "told"

        testCase "what is remembered counts though the time is up"
        <| fun () ->
            let warm = world slowChain start |> deliverTo uri "c1" "OPTIONS" |> snd
            let warm = runFor (6L * second) warm
            // Both aliases are known by now; the third is asked for at once.
            let before = (asked warm.Rig).Length
            let warm = runFor second (deliverTo uri "c2" "OPTIONS" warm |> snd)

            same
                (asked warm.Rig |> List.skip before |> List.filter (fun q -> q.Type = DnsType.A))
                [ Resolving.question "A" "n2.example.com" ]
                "where it stopped"
    ]

let private cancelled =
    testList "under way" [
        testCase "its only asker was cancelled: the next does not ask again, and gets the answer"
        <| fun () ->
            let slow question = script question |> List.map (fun (_, answer) -> second, answer)
            let first, world = deliverTo uri "c1" "OPTIONS" (world slow start)
            let world = act (give (CancelDelivery(ByNumber first))) world
            let _, world = deliverTo uri "c2" "OPTIONS" world
            same (asked world.Rig) [ naptr ] "once"
            let world = runFor (4L * second) world
            same (asked world.Rig) [ naptr; srv; a ] "each once"
            same (wire world.Rig |> List.head |> fun (at, _, _) -> at) (3L * second) "and sent"

        testCase "nobody waits any more: the answer is remembered all the same"
        <| fun () ->
            let slow question = script question |> List.map (fun (_, answer) -> second, answer)
            let first, world = deliverTo uri "c1" "OPTIONS" (world slow start)
            let world = act (give (CancelDelivery(ByNumber first))) world |> runFor second
            same (counted Counted.LateInput world.Rig) 0 "not late"
            let _, world = deliverTo uri "c2" "OPTIONS" world
            same (asked world.Rig) [ naptr; srv ] "NAPTR is known"

        testCase "it is asked again when no answer can come any more"
        <| fun () ->
            let first, world = deliverTo uri "c1" "OPTIONS" (world (fun _ -> []) start)
            let world = act (give (CancelDelivery(ByNumber first))) world
            let _, world = deliverTo uri "c2" "OPTIONS" (runFor (14L * second) world)
            same (asked world.Rig) [ naptr ] "under way"
            let second', world = deliverTo uri "c3" "OPTIONS" (runFor second world)
            same (asked world.Rig) [ naptr; naptr ] "lost"
            Expect.isTrue (State.isUnderWay second' world.Rig.State) "waits"

        testCase "a thousand asked and cancelled leave no more than the limit allows"
        <| fun () ->
            let limited = { settings with Memories = { Memories.standard with Answers = 10 } }

            let cycle world n =
                let number, world = deliverTo $"sip:b@h{n}.example.com" $"c{n}" "OPTIONS" world
                act (give (CancelDelivery(ByNumber number))) world

            let world = List.fold cycle (world (fun _ -> []) (withSettings limited)) [ 1..1000 ]
            Expect.isLessThanOrEqual world.Rig.State.Inquiries.Until.Count 10 "bounded"
            expectIdle world.Rig
    ]

let tests = testList "Stages" [ naming; limit; cancelled ]
