module SipFun.Tests.Simulation.Simulation

open Expecto

let tests =
    testList "Simulation" [
        MassTests.tests
        NetworkTests.tests
        StreamTests.tests
        CallTests.tests
        ArithmeticTests.tests
        SoakTests.tests
    ]

/// The run by itself: `--simulate`. The exit code says whether every law held.
let simulate count =
    let totals = Mass.runMany 1UL count
    Mass.report totals
    if totals.Violations.IsEmpty then 0 else 1
