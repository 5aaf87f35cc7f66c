// Real peers over real sockets. One after another: they measure time.
module SipFun.Tests.Interop.Interop

open Expecto

let tests =
    testSequenced
    <| testList "Interop" [
        ClientTests.tests
        ServerTests.tests
        FailoverTests.tests
        TcpTests.tests
        TlsTests.tests
        TlsSippTests.tests
        BrowserTests.tests
        CallTests.tests
        RegistrarTests.tests
        SoftphoneTests.tests
        CommandTests.tests
        ProxyTests.tests
        DomainTests.tests
    ]
