// Every list of tests of this room, in the order of src/Core/Resolution.
module SipFun.Tests.Resolution.Resolution

open Expecto

let tests =
    testList "Resolution" [
        NetworkTests.tests
        CacheTests.tests
        InquiriesTests.tests
        MarksTests.tests
        DrawTests.tests
        BookTests.tests
        LegChoiceTests.tests
        HostsTests.tests
        PointersTests.tests
        ServicesTests.tests
        TableTests.tests
        AdviceTests.tests
        RouteTests.tests
        OriginTests.tests
        ResolutionTests.tests
        OrderTests.tests
    ]
