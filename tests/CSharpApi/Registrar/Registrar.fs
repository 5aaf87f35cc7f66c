/// The registrar's face, over loopback.
module SipFun.Tests.CSharpApi.Registrar.Registrar

open Expecto

let tests = testList "Registrar" [ StoreTests.tests; RegistrarTests.tests ]
