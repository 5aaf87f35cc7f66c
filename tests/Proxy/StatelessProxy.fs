// The tests of the stateless proxy in src/Core/Proxy.
module SipFun.Tests.Proxy.StatelessProxy

open Expecto

let tests =
    testList "StatelessProxy" [
        RouteTests.tests
        BranchTests.tests
        ReturnTests.tests
        CheckTests.tests
        LoopTests.tests
        SameTests.tests
        WayTests.tests
        SealTests.tests
        TortureTests.tests
    ]
