// Conversations of several nodes in virtual time: the flows of RFC 3665, the races of RFC 5407.
module SipFun.Tests.Scenarios.Scenarios

open Expecto

let tests =
    testList "Scenarios" [ ScenarioTests.tests; VanishingTests.tests; MishapTests.tests ]
