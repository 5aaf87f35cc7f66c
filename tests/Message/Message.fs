// Every list of tests of this room, in the order of src/Core/Message.
module SipFun.Tests.Message.Message

open Expecto

let tests =
    testList "Message" [
        SanitizerTests.tests
        GrammarTests.tests
        OctetsTests.tests
        ParametersTests.tests
        GlanceTests.tests
        UriScanTests.tests
        UriComparisonTests.tests
        SipUriTests.tests
        SipValueTests.tests
        NameAddrTests.tests
        ViaTests.tests
        ValueReadersTests.tests
        FieldLinesTests.tests
        ValidationTests.tests
        HeaderFieldsTests.tests
        SipMessageTests.tests
        DerivedTests.tests
        EditTests.tests
        IndexEditTests.tests
        LimitsTests.tests
        ParserTests.tests
        RoundTripTests.tests
        VulnerabilityTests.tests
        TortureTests.tests
        WriterTests.tests
        FramingTests.tests
        CuttingTests.tests
        DifferentialTests.tests
        KeepAliveTests.tests
    ]
