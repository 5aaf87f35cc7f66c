/// The facade, over real loopback sockets.
module SipFun.Tests.CSharpApi.CSharpApi

open Expecto

let tests =
    testList "CSharpApi" [
        LifeTests.tests
        LegTests.tests
        DeliverTests.tests
        PacketTests.tests
        DeliverOptionsTests.tests
        SendTests.tests
        ReceiveTests.tests
        OrderTests.tests
        TimerTests.tests
        ReentryTests.tests
        HostileTests.tests
        IcmpTests.tests
        ResolveTests.tests
        FaultTests.tests
        UserFaultTests.tests
        RaceTests.tests
        LogTests.tests
        StepperTests.tests
<<<<<<< HEAD
        Streams.Streams.tests
=======
        WebSocket.WebSocket.tests
>>>>>>> f89bf74 (Shell: WebSocket: the upgrade, and SIP messages in frames (RFC 7118, RFC 6455))
        PublicApiTests.tests
    ]
