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

        testCase "one that throws is counted; repeat must be more than zero"
        <| inRealTime (fun dispatcher _ ->
            dispatcher.AddTimer(TimeSpan.Zero, fun () -> failwith "rang") |> ignore
            Expect.equal (waitForCounter dispatcher "callback_failed" 1L) 1L "counted"

            Expect.throwsT<ArgumentOutOfRangeException>
                (fun () ->
                    dispatcher.AddTimer(TimeSpan.Zero, ignore, Nullable TimeSpan.Zero) |> ignore)
                "misuse")
    ]
