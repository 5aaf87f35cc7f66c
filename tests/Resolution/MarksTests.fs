module SipFun.Tests.Resolution.MarksTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private second = 1000L<ms>
let private hops = [ for n in 1..4 -> hop $"udp:192.0.2.{n}:5060" ]

let private mark reason hop since until = {
    Hop = hop
    Reason = reason
    Detail = "no"
    Since = since * second
    Until = until * second
}

let private timedOut = mark MarkReason.TimedOut
let private set marks = marks |> List.fold (fun all one -> Marks.add 100 one all) Map.empty
let private isMarked now hop marks = (Marks.tryFind (now * second) hop marks).IsSome

let private order now marks sticky =
    let struct (hops, said) = Preference.order (now * second) 7UL marks sticky hops
    hops |> List.map (fun hop -> int (hop.Address.Low &&& 255UL)), said

let tests =
    testList "Marks" [
        testCase "a mark holds until its time"
        <| fun () ->
            let marks = set [ timedOut hops[0] 0L 30L ]
            Expect.isTrue (isMarked 29L hops[0] marks) "29 s"
            Expect.isFalse (isMarked 30L hops[0] marks) "30 s"
            Expect.isFalse (isMarked 0L hops[1] marks) "another hop"
            Expect.equal (Marks.valid 0L<ms> marks).Length 1 "listed"
            Expect.isEmpty (Marks.valid (30L * second) marks) "no longer"

        testCase "a later failure does not shorten what a server said itself"
        <| fun () ->
            let unavailable = mark MarkReason.Unavailable hops[0] 0L 600L
            let marks = set [ unavailable; timedOut hops[0] 10L 40L ]
            Expect.equal (Marks.valid 0L<ms> marks) [ unavailable ] "ten minutes"
            let marks = set [ timedOut hops[0] 0L 30L; timedOut hops[0] 10L 40L ]
            Expect.isTrue (isMarked 35L hops[0] marks) "but it prolongs"

        testCase "cleared by success"
        <| fun () ->
            let marks = set [ timedOut hops[0] 0L 30L ] |> Marks.clear hops[0]
            Expect.isEmpty marks "gone"

        testCase "what is known of a certificate is known for its name only"
        <| fun () ->
            let named name = { hop "tls:192.0.2.1:5061" with VerifyName = name }
            let marks = set [ mark MarkReason.HandshakeFailed (named "a.example") 0L 30L ]
            Expect.isTrue (isMarked 1L (named "A.Example") marks) "that name, in any case"
            Expect.isFalse (isMarked 1L (named "b.example") marks) "another"

        testCase "bounded: what has ended goes first, then what ends first"
        <| fun () ->
            let add now mark marks = Marks.add 2 { mark with Since = now * second } marks
            let marks = Map.empty |> add 0L (timedOut hops[0] 0L 30L)
            let marks = marks |> add 0L (timedOut hops[1] 0L 20L)
            let full = marks |> add 0L (timedOut hops[2] 0L 40L)
            Expect.isFalse (isMarked 1L hops[1] full) "20 s went"
            Expect.equal full.Count 2 "two"
            let late = full |> add 35L (timedOut hops[3] 35L 60L)
            Expect.equal (Marks.valid (35L * second) late).Length 2 "the ended one went"

        testCase "what is set aside comes last, in its order, and is told"
        <| fun () ->
            let marks = set [ timedOut hops[0] 0L 30L; timedOut hops[2] 0L 30L ]
            let order, said = order 10L marks Sticky.empty
            Expect.equal order [ 2; 4; 1; 3 ] "order"

            Expect.equal
                said
                [
                    HopSetAside(hops[0], MarkReason.TimedOut, "no", 20)
                    HopSetAside(hops[2], MarkReason.TimedOut, "no", 20)
                ]
                "told"

        testCase "all set aside: as the DNS has it"
        <| fun () ->
            let marks = set [ for hop in hops -> timedOut hop 0L 30L ]
            Expect.equal (fst (order 10L marks Sticky.empty)) [ 1; 2; 3; 4 ] "all are tried"

        testCase "a call's own target comes first, unless it is set aside"
        <| fun () ->
            let sticky = Sticky.add 10 7UL hops[2] (30L * second) Sticky.empty
            let found, said = order 10L Map.empty sticky
            Expect.equal (found, said) ([ 3; 1; 2; 4 ], [ HopKept hops[2] ]) "first"
            Expect.equal (fst (order 30L Map.empty sticky)) [ 1; 2; 3; 4 ] "its time is over"
            let other = Sticky.add 10 8UL hops[2] (30L * second) Sticky.empty
            Expect.equal (fst (order 10L Map.empty other)) [ 1; 2; 3; 4 ] "another call's"
            let marks = set [ timedOut hops[2] 0L 30L ]
            Expect.equal (fst (order 10L marks sticky)) [ 1; 2; 4; 3 ] "it failed since"

        testCase "calls that keep to a target are bounded"
        <| fun () ->
            let add n sticky = Sticky.add 2 n hops[0] (int64 n * second) sticky
            let sticky = Sticky.empty |> add 3UL |> add 1UL |> add 2UL
            let isKept n = Sticky.isKept 0L<ms> n hops[0] sticky
            Expect.equal (List.filter isKept [ 1UL; 2UL; 3UL ]) [ 2UL; 3UL ] "what ends first goes"
            Expect.equal (Sticky.count (Sticky.add 0 1UL hops[0] second Sticky.empty)) 0 "none"
            let again = sticky |> Sticky.add 2 2UL hops[1] (9L * second)
            Expect.equal (Sticky.count again, Sticky.violations 2 again) (2, []) "one row a call"

        testCase "one more call, when there is no room, costs no walk over all of them"
        <| fun () ->
            let add sticky n = Sticky.add 10_000 (uint64 n) hops[0] (int64 n * second) sticky
            let full = List.fold add Sticky.empty [ 1..10_000 ]
            add full 10_001 |> ignore
            let before = GC.GetAllocatedBytesForCurrentThread()
            add full 10_001 |> ignore
            let cost = GC.GetAllocatedBytesForCurrentThread() - before
            Expect.isLessThan cost 50_000L "a few nodes of two trees"

        testProperty "hops are only put into another order, and never more marks than the bound"
        <| fun (failed: (byte * byte) list) (now: byte) ->
            let add marks (n: byte, length: byte) =
                Marks.add 3 (timedOut hops[int n % 4] 0L (int64 length)) marks

            let marks = List.fold add Map.empty failed
            let found, _ = order (int64 now) marks Sticky.empty
            List.sort found = [ 1; 2; 3; 4 ] && marks.Count <= 3
    ]
