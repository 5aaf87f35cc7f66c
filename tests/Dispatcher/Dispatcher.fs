// The tests of src/Core/Dispatcher, in the order of its files.
module SipFun.Tests.Dispatcher.Dispatcher

open Expecto

let tests =
    testList "Dispatcher" [
        KeysTests.tests
        FlowsTests.tests
        FlowRepliesTests.tests
        LargeTests.tests
        RaceTests.tests
        LeavingTests.tests
        AnswersTests.tests
        SourceTests.tests
        StageTests.tests
        ReputationTests.tests
        SentByTests.tests
        SituationTests.tests
        MatrixTests.tests
        RequestsTests.tests
        ResponsesTests.tests
        CancellingTests.tests
        ServersTests.tests
        MachineTests.tests
        MergingTests.tests
        LetterTests.tests
        TrapTests.tests
        EqualInstantsTests.tests
        ReferenceTests.tests
        ArrivalsTests.tests
        DispatcherTests.tests
        ExplanationTests.tests
        LawsTests.tests
        DrainTests.tests
        RefusingTests.tests
    ]
