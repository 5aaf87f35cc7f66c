module SipFun.Tests.Resolution.CacheTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private second = 1000L<ms>
let private a = question "A" "a.example.com"
let private never = 0L<ms>

let private foundFor name ttls =
    Answer.ok [|
        for ttl in ttls -> { Name = name; Ttl = ttl; Data = AddressOf(address "192.0.2.1") }
    |]

let private found ttls = foundFor a.Name ttls

let private put limit now question answer cache =
    let struct (cache, dropped) = Cache.put limit never now question answer cache
    Expect.equal (Cache.violations limit cache) [] "the laws of the table"
    struct (cache, dropped)

let private kept answer =
    let struct (cache, _) = put 10 0L<ms> a answer Cache.empty
    cache

let private isFresh now cache =
    match Cache.tryFind never now a cache with
    | Memory.Fresh _ -> true
    | _ -> false

/// It is believed up to this second, and not in it.
let private lasts seconds answer (why: string) =
    let cache = kept answer
    Expect.isTrue (isFresh (seconds * second - 1L<ms>) cache) $"{why}: until {seconds} s"
    Expect.isFalse (isFresh (seconds * second) cache) $"{why}: not longer"

let private negative status seconds = Answer.empty status seconds

let tests =
    testList "Cache" [
        testCase "an answer lasts as long as the shortest of its records"
        <| fun () ->
            lasts 60L (found [ 60 ]) "one"
            lasts 30L (found [ 60; 30; 90 ]) "three"

        testCase "V-12: TTLs are taken between a second and a day"
        <| fun () ->
            lasts 1L (found [ 0 ]) "TTL 0"
            lasts 1L (found [ -5 ]) "nonsense"
            lasts 86_400L (found [ 86_401 ]) "more than a day"
            lasts 86_400L (found [ System.Int32.MaxValue ]) "68 years"

        testCase "negative answers last by RFC 2308, 5, and five minutes at most"
        <| fun () ->
            for status in [ DnsStatus.NoData; DnsStatus.NxDomain ] do
                lasts 60L (negative status 60) "as the SOA says"
                lasts 300L (negative status 3600) "at most"
                Expect.isFalse (isFresh 0L<ms> (kept (negative status 0))) "without SOA: not kept"

        testCase "failures last for five seconds (RFC 2308, 7: at most five minutes)"
        <| fun () ->
            for status in [ DnsStatus.ServFail; DnsStatus.Refused; DnsStatus.TimedOut ] do
                lasts 5L (Answer.failed status) (string status)

        testCase "V-12: an answer about other names is as good as none, for five seconds"
        <| fun () -> lasts 5L (foundFor "evil.example.com" [ 86_400 ]) "not believed"

        testCase "what is left of its time is told"
        <| fun () ->
            match Cache.tryFind never (20L * second) a (kept (found [ 60 ])) with
            | Memory.Fresh(_, left) -> Expect.equal left (40L * second) "40 s"
            | other -> failtest $"{other}"

        testCase "bounded: what ends first goes, and is counted; what has ended goes uncounted"
        <| fun () ->
            let fill cache (n, ttl) =
                let asked = question "A" $"h{n}.example.com"

                let struct (cache, dropped) = put 2 0L<ms> asked (foundFor asked.Name [ ttl ]) cache

                cache, dropped

            let cache, first = fill Cache.empty (1, 90)
            let cache, second' = fill cache (2, 30)
            let cache, third = fill cache (3, 60)
            Expect.equal (first, second', third) (0, 0, 1) "the third is too many"

            let names =
                cache.Answers |> Map.toList |> List.map (fun (question, _) -> question.Name)

            Expect.equal names [ "h1.example.com"; "h3.example.com" ] "the one of 30 s"

            let struct (cache, dropped) = put 2 (100L * second) a (found [ 60 ]) cache

            Expect.equal (cache.Answers.Count, dropped) (1, 0) "the others had ended"

        testCase "stale: it serves for so long, and is asked for anew"
        <| fun () ->
            let staleFor = 100L * second
            let find now cache = Cache.tryFind staleFor now a cache
            let cache = kept (found [ 60 ])
            let answer = found [ 60 ]
            Expect.equal (find (70L * second) cache) (Memory.Stale(answer, true)) "asks"
            Expect.equal (find (160L * second) cache) Memory.Unknown "too old"

            let struct (failed, _) =
                Cache.put 9 staleFor (72L * second) a (Answer.failed DnsStatus.ServFail) cache

            Expect.equal (find (73L * second) failed) (Memory.Stale(answer, false)) "serves on"
            let fresh = found [ 30 ]
            let struct (anew, _) = Cache.put 9 staleFor (72L * second) a fresh cache
            Expect.equal (find (73L * second) anew) (Memory.Fresh(fresh, 29L * second)) "replaced"

            let struct (gone, _) =
                Cache.put 9 staleFor (72L * second) a (negative DnsStatus.NxDomain 0) cache

            Expect.equal (find (73L * second) gone) Memory.Unknown "the name is gone: so is this"

        testProperty "D7: whatever is put, the table keeps its bound and its laws"
        <| fun (puts: (byte * uint16 * byte) list) ->
            let put struct (now, cache) (name: byte, ttl: uint16, wait: byte) =
                let now = now + int64 wait * second
                let name = question "A" $"h{name % 20uy}.example.com"
                let struct (cache, _) = Cache.put 7 (5L * second) now name (found [ int ttl ]) cache
                Expect.equal (Cache.violations 7 cache) [] "laws"
                struct (now, cache)

            puts |> List.fold put (struct (0L<ms>, Cache.empty)) |> ignore
    ]
