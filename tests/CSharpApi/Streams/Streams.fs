module SipFun.Tests.CSharpApi.Streams.Streams

open Expecto

let tests =
    testList "Streams" [ TcpTests.tests; TlsTests.tests; TlsMatrixTests.tests; LimitTests.tests ]
