// The tests of src/Core/Proxy, in the order of its files.
module SipFun.Tests.Proxy.Proxy

open Expecto

let tests =
    testList "Proxy" [ DigestServerTests.tests; RedirectionTests.tests; SourceLimitsTests.tests ]
