module SipFun.Tests.CSharpApi.UserAgent.UserAgent

open Expecto

let tests = testList "User agent" [ CallingTests.tests ]
