// Real peers over real UDP. One after another: they measure time.
module SipFun.Tests.Interop.Interop

open Expecto

let tests =
    testSequenced <| testList "Interop" [ ClientTests.tests; ServerTests.tests ]
