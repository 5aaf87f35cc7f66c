// The tests of src/Core/Recording.
module SipFun.Tests.Recording.Recording

open Expecto

let tests =
    testList "Recording" [
        FormTests.tests
        RecordingTests.tests
        SnapshotTests.tests
        ShapeTests.tests
    ]
