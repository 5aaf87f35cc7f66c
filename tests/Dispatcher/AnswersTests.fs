// What deliveries share of the DNS, and how long each may wait for it.
module SipFun.Tests.Dispatcher.AnswersTests

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

/// The zone, and what is not there may be believed for ten seconds.
let private script: Script =
    fun question ->
        match fromZone zone question with
        | [ at, answer ] -> [ at, { answer with NegativeTtl = 10 } ]
        | other -> other

let private remembering change = { settings with Memories = change Memories.standard }

let private started = world script start
let private run callId world = snd (deliverTo uri callId "OPTIONS" world)
let private wait seconds = runFor (seconds * second)
let private sent world = wire world.Rig |> List.map (fun (_, hop, _) -> Hop.toString hop)

let private decisions number world =
    effects world.Rig
    |> List.pick (fun (_, effect) ->
        match effect with
        | Effect.Complete(each, _, trace, _) when each = number ->
            let struct (first, _, last) = Trace.toParts trace
            Some(first @ last |> List.map _.Decision)
        | _ -> None)

let private shared =
    testList "cache" [
        testCase "R-10: a second delivery asks nothing, and says what it remembered"
        <| fun () ->
            let world = run "c1" started
            same (asked world.Rig) [ naptr; srv; a ] "the first asks"
            let number, world = deliverTo uri "c2" "OPTIONS" (wait 5L world)
            same (asked world.Rig) [ naptr; srv; a ] "the second does not"
            Expect.isGreaterThan (sent world).Length 1 "sent"
            let said = decisions number (act (answer "OPTIONS" 200) world)

            for decision in [ Remembered(naptr, 5); Remembered(srv, 55); Remembered(a, 55) ] do
                Expect.contains said decision "told"

            Expect.contains said (Got(naptr, DnsStatus.NoData, 0, 10)) "how long nothing is there"
            Expect.isFalse (said |> List.exists _.IsAsked) "nothing was asked"

        testCase "each answer is asked for again after its own time"
        <| fun () ->
            let world = run "c1" started |> wait 10L |> run "c2"
            same (asked world.Rig) [ naptr; srv; a; naptr ] "only NAPTR's absence had ended"
            let world = wait 50L world |> run "c3"
            same (asked world.Rig).Length 7 "all three"

        testCase "a copy of a request never asks again"
        <| fun () ->
            let world = run "c1" started |> wait 31L
            same (sent world).Length 10 "copies"
            same (asked world.Rig).Length 3 "three questions"

        testCase "a question under way is asked once, and answers all"
        <| fun () ->
            let slow question = script question |> List.map (fun (_, answer) -> second, answer)
            let world = world slow start |> run "c1" |> run "c2"
            same (asked world.Rig) [ naptr ] "once"
            same (sent (wait 3L world) |> List.distinct) [ "udp:127.0.0.7:5070" ] "both went"
            same (asked (wait 3L world).Rig) [ naptr; srv; a ] "each once"

        testCase "stale while asked anew: no delivery waits, and the answer is asked for once"
        <| fun () ->
            let rig = withSettings (remembering (fun m -> { m with StaleFor = 1000L * second }))
            let world = world script rig |> run "c1" |> wait 61L |> run "c2" |> run "c3"
            same (asked world.Rig).Length 6 "three, and three anew"
            same (sent world |> List.length) 13 "eleven copies and two requests"
            same (counted Counted.LateInput world.Rig) 0 "nothing was late"
            let world = run "c4" world
            same (asked world.Rig).Length 6 "fresh again"

        testCase "stale, and the DNS is down: the old answer serves on"
        <| fun () ->
            let rig = withSettings (remembering (fun m -> { m with StaleFor = 1000L * second }))
            let up = world script rig |> run "c1" |> wait 61L

            let down = {
                up with
                    Script = fun _ -> [ 0L<ms>, Answer.failed DnsStatus.ServFail ]
            }

            let world = run "c2" down |> wait 6L |> run "c3"
            same (snd (outcomeOf 1L world.Rig)) TimedOut "the first had no answer"
            Expect.isEmpty (outcomes world.Rig |> List.filter (fun (_, n, _) -> n > 1L)) "under way"
            same (sent world |> List.distinct) [ "udp:127.0.0.7:5070" ] "sent all the same"

        testCase "a failed refresh is no question under way: who comes when it is too old asks"
        <| fun () ->
            let rig = withSettings (remembering (fun m -> { m with StaleFor = 10L * second }))
            let up = world script rig |> run "c1" |> wait 68L

            let down = {
                up with
                    Script = fun _ -> [ 0L<ms>, Answer.failed DnsStatus.ServFail ]
            }

            let back = { (run "c2" down |> wait 3L) with Script = script }
            let before = (asked back.Rig).Length
            Expect.isGreaterThan (asked (run "c3" back).Rig).Length before "asked at once"

        testCase "no room: what ends first is dropped and counted"
        <| fun () ->
            let rig = withSettings (remembering (fun m -> { m with Answers = 2 }))
            let world = world script rig |> run "c1"
            same (counted Counted.AnswerDropped world.Rig) 1 "the third was too many"
    ]

let private limited name script expected last =
    testCase name
    <| fun () ->
        let number, world = deliverTo uri "c1" "OPTIONS" (world script start)
        let world = runFor (60L * second) world
        let at, outcome = outcomeOf number world.Rig
        same at expected "when"

        match outcome with
        | Unresolved { Fault = ResolutionFault.TimedOut } when last = "unresolved" -> ()
        | TimedOut when last = "sent" -> ()
        | other -> failtestf "%A" other

        expectIdle world.Rig

let private never: Script = fun _ -> []

let private times =
    testList "time" [
        limited "no answer at all: 5 s a stage, 15 s in all" never 15_000 "unresolved"

        // Sent at 5 s, given up by Timer F 32 s later.
        limited
            "no answer to NAPTR: after 5 s SRV is asked, and the request goes"
            (script |> except ((=) naptr) [])
            37_000
            "sent"

        limited
            "answers after 4.9 s each: all in time"
            (fun question -> script question |> List.map (fun (_, answer) -> 4_900L<ms>, answer))
            46_700
            "sent"

        testCase "what did not answer is not waited for again at once"
        <| fun () ->
            let script = script |> except ((=) naptr) []
            let world = world script start |> run "c1" |> wait 5L
            let before = (sent world).Length
            let world = run "c2" world
            same ((sent world).Length - before) 1 "no five seconds more"
            let world = wait 10L world |> run "c3"
            same (asked world.Rig |> List.filter ((=) naptr)).Length 2 "but later it is asked anew"

        testCase "the whole limit ends it in any stage"
        <| fun () ->
            let within = { settings with Limits = { limits with ResolveWithin = 7_000L<ms> } }
            let number, world = deliverTo uri "c1" "OPTIONS" (world never (withSettings within))
            same (fst (outcomeOf number (runFor (60L * second) world).Rig)) 7_000 "7 s"

        testCase "responses and resolutions by themselves wait no longer"
        <| fun () ->
            let rig = give (ResolveUri(9L, SipUri.Parse uri, Wishes.none)) start
            let world = world never rig |> runFor (60L * second)

            let found =
                effects world.Rig
                |> List.choose (fun (at, effect) ->
                    match effect with
                    | Effect.Found(9L, found) -> Some(at, found.Hops.Length)
                    | _ -> None)

            same found [ 15_000L<ms>, 0 ] "once, at 15 s"
            expectIdle world.Rig
    ]

let private hostile =
    let odd name script =
        testCase name
        <| fun () ->
            let number, world = deliverTo uri "c1" "OPTIONS" (world script start)

            let world =
                world |> runFor second |> act (answer "OPTIONS" 200) |> runFor (60L * second)

            match outcomeOf number world.Rig with
            | _, Outcome.Answered response -> same response.StatusCode 200 "answered"
            | other -> failtestf "%A" other

            expectIdle world.Rig

    let twice (script: Script) : Script =
        fun question -> script question @ script question @ script question

    let junk =
        Answer.ok [|
            {
                Name = "example.com"
                Ttl = 60
                Data = AddressOf(address "127.0.0.66")
            }
            { Name = ""; Ttl = 0; Data = AliasOf "" }
            {
                Name = "_sip._udp.example.com"
                Ttl = -1
                Data = ServiceAt(0, -5, 99999, "")
            }
        |]

    testList "a resolver that" [
        odd "answers three times" (twice script)
        odd "answers NAPTR with nonsense" (script |> except ((=) naptr) [ 0L<ms>, junk ])
        odd "answers once more, late, and otherwise" (fun question ->
            script question @ [ 500L<ms>, Answer.failed DnsStatus.NxDomain ])

        testCase "answers what nobody asked: counted, and not remembered (V-12)"
        <| fun () ->
            let poison =
                Answer.ok [| { Name = a.Name; Ttl = 99; Data = AddressOf(address "127.0.0.66") } |]

            let rig = give (Input.Answered(a, poison)) start
            same (counted Counted.LateInput rig) 1 "counted"
            let world = world script rig |> run "c1"
            same (sent world) [ "udp:127.0.0.7:5070" ] "not believed"
    ]

let tests = testList "Answers" [ shared; times; hostile ]
