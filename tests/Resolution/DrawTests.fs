module SipFun.Tests.Resolution.DrawTests

open Expecto
open FsCheck
open SipFun
open SipFun.Core

let private question = Question.create "_sip._udp.example.com" DnsType.Srv

let private service priority weight target = {
    Priority = priority
    Weight = weight
    Port = 5060
    Target = target
}

let private chance seed number = { Seed = seed; Number = number }

let private order services seed number =
    Draw.first 5000 question (chance seed number) services |> List.map _.Service

/// How often each target comes first, over as many deliveries.
let private firsts count services =
    [ 1L .. count ]
    |> List.countBy (fun number -> (order services 42UL number).Head.Target)
    |> Map.ofList

/// Within three standard deviations of a share.
let private within count share seen =
    let expected = float count * share
    abs (float seen - expected) <= 3.0 * sqrt (expected * (1.0 - share))

let private ofBytes (records: (byte * byte * byte) list) =
    records
    |> List.map (fun (priority, weight, name) ->
        service (int priority % 4) (int weight) $"h{name}.example.com")

let private count = 100_000L

let private weighted = [ service 1 60 "a"; service 1 30 "b"; service 1 10 "c" ]

let tests =
    testList "Draw" [
        testCase
            "T10, P-28: the first is drawn by its share of the weights, within 3 sigma over 1e5 draws"
        <| fun () ->
            let seen = firsts count weighted
            // Draws go from 0 to the sum, inclusive: of 101 values the first listed gets one more.
            for target, share in [ "a", 61.0 / 101.0; "b", 30.0 / 101.0; "c", 10.0 / 101.0 ] do
                Expect.isTrue
                    (within count share seen[target])
                    $"{target} came {seen[target]} times"

        testCase "P-28: the second is drawn by weight among those that are left"
        <| fun () ->
            let seconds =
                [ 1L .. count ]
                |> List.map (order weighted 7UL)
                |> List.filter (fun order -> order.Head.Target = "a")
                |> List.countBy (fun order -> order[1].Target)
                |> Map.ofList

            let total = seconds["b"] + seconds["c"]
            Expect.isTrue (within (int64 total) (31.0 / 41.0) seconds["b"]) $"{seconds}"

        testCase "P-28: weight 0 comes first rarely, but it does (RFC 2782)"
        <| fun () ->
            let seen = firsts count [ service 1 0 "zero"; service 1 99 "heavy" ]
            Expect.isTrue (within count 0.01 seen["zero"]) $"{seen}"

        testCase "the draw is told: from 0 to the sum of those left, inclusive"
        <| fun () ->
            let draws = [
                for number in 1L .. 2000L do
                    yield!
                        Draw.first 5 question (chance 5UL number) [
                            service 1 1 "a"
                            service 1 1 "b"
                        ]
            ]

            Expect.equal (draws |> List.map _.Total |> List.distinct |> List.sort) [ 1; 2 ] "sums"

            Expect.equal
                (draws |> List.map _.Draw |> List.distinct |> List.sort)
                [ 0; 1; 2 ]
                "draws"

        testCase "weights of 0 among themselves: each comes first as often, and by the same seed"
        <| fun () ->
            let zeros = [ for name in [ "a"; "b"; "c"; "d" ] -> service 1 0 name ]
            let seen = firsts count zeros

            for target in [ "a"; "b"; "c"; "d" ] do
                Expect.isTrue (within count 0.25 seen[target]) $"{seen}"

            Expect.equal (order zeros 7UL 1L) (order (List.rev zeros) 7UL 1L) "definite"
            let mixed = service 1 99 "heavy" :: zeros
            let seen = firsts count mixed

            for target in [ "a"; "b"; "c"; "d" ] do
                Expect.isTrue (within count 0.0025 seen[target]) $"beside a weight: {seen}"

        testProperty "P-28: every record comes once, and priorities are never mixed"
        <| fun (records: (byte * byte * byte) list) (seed: uint64) (number: int64) ->
            let services = ofBytes records
            let ordered = order services seed number

            List.sort ordered = List.sort (List.distinct services)
            && (ordered |> List.map _.Priority) = (ordered |> List.map _.Priority |> List.sort)

        testProperty "the order of the records in the answer does not matter (RFC 3263, 4.4)"
        <| fun (records: (byte * byte * byte) list) (seed: uint64) (number: int64) ->
            let services = ofBytes records
            order services seed number = order (List.rev services) seed number

        testProperty "a draw is a function of seed, number and question"
        <| fun (seed: uint64) (number: int64) (name: NonEmptyString) (PositiveInt total) ->
            let draw () =
                Chance.upTo total (Question.create name.Get DnsType.Srv) 0 (chance seed number)

            draw () = draw () && draw () >= 0 && draw () <= total

        testCase "seed, number, question and rank each change the draw"
        <| fun () ->
            let other = Question.create "_sip._tcp.example.com" DnsType.Srv

            let draws = [
                Chance.bits question 0 (chance 1UL 1L)
                Chance.bits question 0 (chance 2UL 1L)
                Chance.bits question 0 (chance 1UL 2L)
                Chance.bits question 1 (chance 1UL 1L)
                Chance.bits other 0 (chance 1UL 1L)
                Chance.bits { question with Type = DnsType.Naptr } 0 (chance 1UL 1L)
            ]

            Expect.equal (List.distinct draws).Length draws.Length "all differ"

        testProperty "the first so many are the first of all"
        <| fun (records: (byte * byte * byte) list) (seed: uint64) (NonNegativeInt count) ->
            let services = ofBytes records
            let all = order services seed 1L

            Draw.first count question (chance seed 1L) services |> List.map _.Service =
                List.truncate count all

        testCase "a thousand records of one priority are ordered in no time"
        <| fun () ->
            let services = [ for n in 1..1000 -> service 1 (n % 65536) $"h{n}" ]
            let clock = System.Diagnostics.Stopwatch.StartNew()
            Expect.equal (order services 1UL 1L).Length 1000 "all"
            Expect.isLessThan clock.ElapsedMilliseconds 2000L "quick"
    ]
