// The tests of src/Core/Registrar, in the order of its files.
module SipFun.Tests.Registrar.Registrar

open Expecto

let tests =
    testList "Registrar" [
        AddressOfRecordTests.tests
        LocationsTests.tests
        RegistrarTests.tests
        OutboundTests.tests
        ModelTests.tests
        HostileTests.tests
    ]
