/// The facade, over real loopback sockets.
module SipFun.Tests.CSharpApi.CSharpApi

open Expecto

let tests =
    testList "CSharpApi" [
        LifeTests.tests
        LegTests.tests
        DeliverTests.tests
        PacketTests.tests
        RecorderTests.tests
        MaskTests.tests
        DrainTests.tests
        SnapshotTests.tests
        DeliverOptionsTests.tests
        SendTests.tests
        ReceiveTests.tests
        OrderTests.tests
        TimerTests.tests
        ReentryTests.tests
        HostileTests.tests
        RefusingTests.tests
        IcmpTests.tests
        PathMtuTests.tests
        ResolveTests.tests
        MarksTests.tests
        FaultTests.tests
        UserFaultTests.tests
        RaceTests.tests
        LogTests.tests
        TurnReceiverTests.tests
        StepperTests.tests
        UserAgent.UserAgent.tests
        Registrar.Registrar.tests
        Proxy.Proxy.tests
        Streams.Streams.tests
        WebSocket.WebSocket.tests
        PublicApiTests.tests
    ]
