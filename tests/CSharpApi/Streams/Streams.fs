module SipFun.Tests.CSharpApi.Streams.Streams

open Expecto

let tests =
    testList "Streams" [
        TcpTests.tests
        TlsTests.tests
        TlsStrangerTests.tests
        TlsOptionsTests.tests
        StoreTests.tests
        TlsMatrixTests.tests
        PaceTests.tests
        LimitTests.tests
        HostileStreamTests.tests
        StreamLifeTests.tests
        ListenerTests.tests
    ]
