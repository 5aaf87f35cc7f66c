// RFC 3261's instants, to the millisecond (law D4).
module SipFun.Tests.Delivery.ScheduleTests

open Expecto
open SipFun.Core

let private timers = { T1 = 500L<ms>; T2 = 4000L<ms>; T4 = 5000L<ms> }

/// The instants at which copies go out when the alarm rings on time.
let rec private copies sent (schedule: Schedule) =
    if schedule.NextAt >= schedule.GiveUpAt then
        List.rev sent
    else
        copies (schedule.NextAt :: sent) (Schedule.advance schedule.NextAt schedule)

let private instants = List.map (fun (ms: int) -> int64 ms * 1L<ms>)

let tests =
    testList "Schedule" [
        testCase "T1, D4: INVITE goes out again at .5, 1.5, 3.5, 7.5, 15.5, 31.5 s (17.1.1.2)"
        <| fun () ->
            Expect.equal
                (copies [] (Schedule.invite timers 0L<ms>))
                (instants [ 500; 1500; 3500; 7500; 15500; 31500 ])
                "Timer A doubles without a ceiling"

        testCase "D4: others at .5, 1.5, 3.5, then every 4 s up to 31.5 s (17.1.2.2)"
        <| fun () ->
            Expect.equal
                (copies [] (Schedule.request timers 0L<ms>))
                (instants [ 500; 1500; 3500; 7500; 11500; 15500; 19500; 23500; 27500; 31500 ])
                "Timer E doubles up to T2"

        testCase "a provisional puts the copies of a non-INVITE at T2 (17.1.2.2, trap T2)"
        <| fun () ->
            let slow = Schedule.slow timers (Schedule.request timers 0L<ms>)

            Expect.equal
                (List.truncate 3 (copies [] slow))
                (instants [ 500; 4500; 8500 ])
                "the running timer fires once more, then every T2"

        testProperty "Timers B, F, H: 64*T1, for every T1, T2, T4" (fun (t1: uint16) (t2: uint16) ->
            let t1 = 1L<ms> + int64 t1 * 1L<ms>

            let timers = { T1 = t1; T2 = t1 + int64 t2 * 1L<ms>; T4 = 5000L<ms> }

            [ Schedule.invite; Schedule.request; Schedule.response ]
            |> List.forall (fun make ->
                let schedule = make timers 7L<ms>
                schedule.GiveUpAt = 7L<ms> + 64L * t1 && schedule.NextAt = 7L<ms> + t1))

        testCase "Timer D: 64*T1, and 32 s at least, whatever our T1 (17.1.1.2; RFC 6026, 8.4)"
        <| fun () ->
            for t1, expected in [ 20L, 32_000L; 500L, 32_000L; 1000L, 64_000L ] do
                let timers = { timers with T1 = t1 * 1L<ms> }
                Expect.equal timers.TimerD (expected * 1L<ms>) $"T1 of {t1} ms"

        testProperty
            "D6: late by any amount, the next copy is later than now and on the grid"
            (fun (late: uint32) ->
                let first = Schedule.invite timers 0L<ms>
                let now = first.NextAt + int64 late * 631L % 40_000L * 1L<ms>
                let next = Schedule.advance now first
                let grid = copies [] first

                next.NextAt > now
                && (List.contains next.NextAt grid || next.NextAt >= first.GiveUpAt))

        testProperty "advancing is bounded however late the alarm was" (fun (late: uint32) ->
            let first = Schedule.request timers 0L<ms>
            let next = Schedule.advance (first.NextAt + int64 late * 1000L<ms>) first
            next.NextAt <= first.GiveUpAt + timers.T2)
    ]
