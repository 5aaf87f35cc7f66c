/// SIP over WebSocket (RFC 7118): the handshake, frames, and legs.
module SipFun.Tests.CSharpApi.WebSocket.WebSocket

open Expecto

let tests =
    testList "WebSocket" [
        UpgradeTests.tests
        FrameTests.tests
        FuzzTests.tests
        LegTests.tests
        FaultTests.tests
        PaceTests.tests
    ]
