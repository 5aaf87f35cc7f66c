/// The small receivers, over real loopback sockets.
module SipFun.Tests.CSharpApi.Proxy.Proxy

open Expecto

let tests =
    testList "Proxy" [
        DigestAuthenticatorTests.tests
        SmallReceiverTests.tests
        StatelessProxyTests.tests
        DomainTests.tests
        ProxyCallTests.tests
    ]
