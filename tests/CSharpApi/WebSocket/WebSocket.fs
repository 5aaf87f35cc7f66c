/// SIP over WebSocket (RFC 7118), without sockets: the handshake, and what lies in the frames.
module SipFun.Tests.CSharpApi.WebSocket.WebSocket

open Expecto

let tests =
    testList "WebSocket" [ UpgradeTests.tests; FrameTests.tests; FuzzTests.tests ]
