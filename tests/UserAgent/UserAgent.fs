// The tests of src/Core/UserAgent, in the order of its files.
module SipFun.Tests.UserAgent.UserAgent

open Expecto

let tests =
    testList "UserAgent" [
        DialogTests.tests
        DigestLoginsTests.tests
        CallingTests.tests
        CalledTests.tests
        WithinTests.tests
        ChangesTests.tests
        RegisteringTests.tests
        SessionTests.tests
        ReliableTests.tests
        AgentHistories.tests
    ]
