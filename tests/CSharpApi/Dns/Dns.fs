// Every list of tests of this room, in the order of src/CSharpApi/Dns.
module SipFun.Tests.CSharpApi.Dns.Dns

open Expecto

let tests =
    testList "Dns" [
        StaticDnsResolverTests.tests
        DnsMappingTests.tests
        DnsClientResolverTests.tests
        NegativeTests.tests
    ]
