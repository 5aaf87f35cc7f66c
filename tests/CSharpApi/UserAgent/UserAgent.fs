module SipFun.Tests.CSharpApi.UserAgent.UserAgent

open Expecto

let tests =
    testList "User agent" [
        CallingTests.tests
        AnsweringTests.tests
        WithinTests.tests
        GlareTests.tests
        RegisteringTests.tests
        EndTests.tests
        OrderTests.tests
        OptionTests.tests
        MisuseTests.tests
        TortureTests.tests
    ]
