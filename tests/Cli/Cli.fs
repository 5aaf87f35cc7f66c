// The command, room by room of src/Cli. One after another: each starts processes.
module SipFun.Tests.Cli.Cli

open Expecto

let tests =
    testSequenced
    <| testList "Cli" [
        ScreenTests.tests
        UsageTests.tests
        SendTests.tests
        LoginTests.tests
        CallTests.tests
        RegistrarTests.tests
        ResolveTests.tests
        PingTests.tests
        LadderTests.tests
        TransportTests.tests
        ProxyTests.tests
        DomainTests.tests
    ]
