module SipFun.Tests.CSharpApi.TimerTests

open System
open System.Threading
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House

let tests =
    testList "AddTimer" [
        testCase "rings at its instant, repeats, and stops when disposed"
        <| inVirtualTime (fun time dispatcher _ ->
            use rang = new SemaphoreSlim(0)

            let timer =
                dispatcher.AddTimer(
                    TimeSpan.FromMilliseconds 100.0,
                    (fun () -> rang.Release() |> ignore),
                    Nullable(TimeSpan.FromMilliseconds 50.0)
                )

            let advance (milliseconds: float) =
                time.Advance(TimeSpan.FromMilliseconds milliseconds)
                settle dispatcher

            advance 99.0
            Expect.equal rang.CurrentCount 0 "not early"
            advance 1.0
            Expect.isTrue (rang.Wait Patience.milliseconds) "at 100 ms"
            advance 50.0
            Expect.isTrue (rang.Wait Patience.milliseconds) "again at 150 ms"
            timer.Dispose()
            timer.Dispose()
            advance 500.0
            Expect.isFalse (rang.Wait 0) "no more")

        testCase "zero, the past, and an instant"
        <| inVirtualTime (fun time dispatcher _ ->
            use rang = new SemaphoreSlim(0)
            let ring () = rang.Release() |> ignore
            dispatcher.AddTimer(TimeSpan.Zero, ring) |> ignore
            Expect.isTrue (rang.Wait Patience.milliseconds) "zero: as soon as possible"
            dispatcher.AddTimer(DateTimeOffset.MinValue, ring) |> ignore
            Expect.isTrue (rang.Wait Patience.milliseconds) "the past: as soon as possible"
            let due = time.GetUtcNow().AddSeconds 10.0
            dispatcher.AddTimer(due, ring) |> ignore
            time.Advance(TimeSpan.FromSeconds 9.999)
            settle dispatcher
            Expect.isFalse (rang.Wait 0) "not early"
            time.Advance(TimeSpan.FromMilliseconds 1.0)
            Expect.isTrue (rang.Wait Patience.milliseconds) "at its instant")

        testCase "never early, when it was added within a millisecond"
        <| inVirtualTime (fun time dispatcher _ ->
            use rang = new SemaphoreSlim(0)

            let advance (milliseconds: float) =
                time.Advance(TimeSpan.FromMilliseconds milliseconds)
                settle dispatcher

            advance 0.9
            let due = TimeSpan.FromMilliseconds 5.0
            dispatcher.AddTimer(due, (fun () -> rang.Release() |> ignore)) |> ignore
            advance 0.1
            advance 4.0
            let rings = dispatcher.Engine.Loop.State.Queue |> SipFun.Core.Queue.toList
            Expect.hasLength rings 1 "not rung after 4.1 ms"
            advance 1.0
            Expect.isTrue (rang.Wait Patience.milliseconds) "rung after 5.1 ms")

        testCase "the longest time there is"
        <| inVirtualTime (fun _ dispatcher _ ->
            use _ = dispatcher.AddTimer(TimeSpan.MaxValue, ignore)
            Expect.equal (counter dispatcher "step_failed") 0L "it can be waited for")

        testCase "a callback is never beside itself: what would overlap is one call"
        <| inVirtualTime (fun time dispatcher _ ->
            use entered = new SemaphoreSlim(0)
            use go = new SemaphoreSlim(0)
            let mutable inside = 0
            let mutable most = 0

            let ring () =
                most <- max most (Interlocked.Increment &inside)
                entered.Release() |> ignore
                go.Wait Patience.milliseconds |> ignore
                Interlocked.Decrement &inside |> ignore

            let second = TimeSpan.FromSeconds 1.0
            let timer = dispatcher.AddTimer(second, ring, Nullable second)

            let advance () =
                time.Advance second
                settle dispatcher

            advance ()
            Expect.isTrue (entered.Wait Patience.milliseconds) "inside"
            [ 1..5 ] |> List.iter (fun _ -> advance ())
            go.Release() |> ignore
            Expect.isTrue (entered.Wait Patience.milliseconds) "again"
            timer.Dispose()
            go.Release 10 |> ignore
            finish dispatcher
            Expect.equal entered.CurrentCount 0 "five rings were one call"
            Expect.equal most 1 "never beside itself")

        testCase "one that throws is counted; repeat must be more than zero"
        <| inRealTime (fun dispatcher _ ->
            dispatcher.AddTimer(TimeSpan.Zero, fun () -> failwith "rang") |> ignore
            Expect.equal (waitForCounter dispatcher "callback_failed" 1L) 1L "counted"

            Expect.throwsT<ArgumentOutOfRangeException>
                (fun () ->
                    dispatcher.AddTimer(TimeSpan.Zero, ignore, Nullable TimeSpan.Zero) |> ignore)
                "misuse")
    ]
