/// The facade, over real loopback sockets.
module SipFun.Tests.CSharpApi.CSharpApi

open Expecto

let tests =
    testList "CSharpApi" [
        DeliverTests.tests
        ReceiveTests.tests
        ReentryTests.tests
        LifeTests.tests
        HostileTests.tests
    ]
