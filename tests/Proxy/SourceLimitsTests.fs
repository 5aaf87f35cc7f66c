// How much of a source is heard, against a list that remembers everything.
module SipFun.Tests.Proxy.SourceLimitsTests

open Expecto
open SipFun
open SipFun.Core

let private settings = {
    Most = 3
    Interval = 1_000L<ms>
    Silence = 10_000L<ms>
    Sources = 100
    Key = struct (1UL, 2UL)
}

let private source n = Address.ofV4 (0xC0000200u + n)

let private run settings steps =
    List.mapFold
        (fun limits (now: Instant, address) ->
            let struct (isTooMuch, limits) = SourceLimits.count settings now address limits
            isTooMuch, limits)
        SourceLimits.empty
        steps

/// What a source is told, by the rule as it is written: no table, no bound.
let private expected steps =
    let judge (counts: Map<uint32, int * Instant>) (now: Instant, n) =
        match Map.tryFind n counts with
        | Some(count, until) when until > now && count > settings.Most -> true, counts
        | Some(count, until) when until > now && count = settings.Most ->
            true, Map.add n (count + 1, now + settings.Silence) counts
        | Some(count, until) when until > now -> false, Map.add n (count + 1, until) counts
        | _ -> false, Map.add n (1, now + settings.Interval) counts

    List.mapFold judge Map.empty steps |> fst

let private instants (waits: (byte * byte) list) =
    waits
    |> List.mapFold
        (fun now (wait, n) ->
            let now = now + int64 wait * 20L<ms>
            (now, uint32 n % 4u), now)
        0L<ms>
    |> fst

let tests =
    testList "SourceLimits" [
        testCase "one more than allowed, and it is silent until its time is over"
        <| fun () ->
            let steps = [ 0L<ms>; 1L<ms>; 2L<ms>; 3L<ms>; 10_002L<ms>; 10_003L<ms> ]
            let told, _ = run settings [ for now in steps -> now, source 1u ]
            Expect.equal told [ false; false; false; true; true; false ] "by the millisecond"

        testCase "a source of IPv6 is its /64"
        <| fun () ->
            let v6 low = Address.ofV6 0x20010db800000000UL low 0u
            let told, _ = run settings [ for low in 1UL .. 4UL -> 0L<ms>, v6 low ]
            Expect.equal told [ false; false; false; true ] "a peer has all of it"

        testProperty "the table tells what the rule says"
        <| fun (waits: (byte * byte) list) ->
            let steps = instants waits
            let told, limits = run settings [ for now, n in steps -> now, source n ]
            told = expected steps && Queue.violations limits.Counts = []

        testCase "too many sources: the table is bounded, and who is silenced stays longest"
        <| fun () ->
            let few = { settings with Sources = 10 }
            let loud = [ for _ in 1..4 -> 0L<ms>, source 0u ]
            let others = [ for n in 1u .. 200u -> 1L<ms>, source n ]
            let told, limits = run few (loud @ others @ [ 2L<ms>, source 0u ])
            Expect.equal (Queue.size limits.Counts) 10 "bounded"
            Expect.isTrue (List.last told) "its silence ends last"

            match SourceLimits.silenced few 2L<ms> limits with
            | [ struct (address, until) ] ->
                Expect.equal (address, until) (source 0u, 10_000L<ms>) "who, and until when"
            | other -> failtest $"{other}"
    ]
