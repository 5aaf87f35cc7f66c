module SipFun.Tests.Simulation.Simulation

open Expecto

let tests =
    testList "Simulation" [
        MassTests.tests
        NetworkTests.tests
        StreamTests.tests
        CallTests.tests
        CityTests.tests
        ArithmeticTests.tests
        SoakTests.tests
    ]

/// The run by itself: `--simulate`. The exit code says whether every law held. Each hundredth scenario
/// is one of the whole shell.
let simulate count =
    let totals = Mass.runMany 1UL count
    let cities = count / 100
    let broken = CityLife.violations 1UL cities

    Mass.report { totals with Violations = totals.Violations @ broken } cities

    if totals.Violations.IsEmpty && broken.IsEmpty then 0 else 1

/// The soak by itself: `--soak`.
let soak hours = SoakTests.report hours
