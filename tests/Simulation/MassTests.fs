// The laws over thousands of seeded scenarios; and the simulation itself: a seed is a scenario, and
// what happens in it agrees with arithmetic.
module SipFun.Tests.Simulation.MassTests

open System
open Expecto
open SipFun.Tests

let private count = if Suite.long then 2_000_000 else 20_000

let private holds () =
    let totals = Mass.runMany 1UL count
    Expect.equal totals.Violations [] $"of {totals.Scenarios} scenarios"
    Expect.isGreaterThan totals.Answered (int64 count) "much is answered"
    Expect.isGreaterThan (totals.Completed - totals.Answered) (int64 count) "much is not"

    Expect.isGreaterThan totals.Complaints (int64 count / 2L) "ICMP messages"
    Expect.isGreaterThan totals.TurnedBack (int64 count / 100L) "S-24: back to UDP"

    if Suite.long then
        let years = TimeSpan.FromMilliseconds(float totals.Milliseconds).TotalDays / 365.0
        Expect.isGreaterThan years 4.0 "simulated time"

let private replays () =
    for seed in 1UL .. 20UL do
        Expect.equal (Mass.run seed) (Mass.run seed) $"seed {seed}"

let tests =
    testList "Mass" [
        testCase "a seed replays" replays
        testSequenced (testCase "the laws hold in every scenario" holds)
    ]
