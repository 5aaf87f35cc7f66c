// The tests of src/Core/Delivery, in the order of its files.
module SipFun.Tests.Delivery.Delivery

open Expecto

let tests =
    testList "Delivery" [
        TrieTests.tests
        SipHashTests.tests
        QueueTests.tests
        ScheduleTests.tests
        BranchTests.tests
        QuoteTests.tests
        TagTests.tests
        TraceTests.tests
    ]
