// samples/Softphone at Kamailio, over UDP and TCP: it registers, calls, is called.
module SipFun.Tests.Interop.SoftphoneTests

open System
open System.IO
open Expecto
open SipFun.Tests
open SipFun.Tests.Interop.AgentHouse

/// samples/Softphone as a user starts it; what is typed comes from here.
let private softphone user password registrar (check: Running -> unit) =
    let folder = AppContext.BaseDirectory
    let assembly = Path.Combine(folder, "Softphone.dll")
    use phone = new Running("dotnet", [ assembly; user; password; registrar ], folder)
    check phone
    phone.Type "quit"
    Expect.equal (phone.WaitForExit(), phone.Errors) (0, []) "it ends"

let private registersAndCalls protocol () =
    Kamailio.withRegistrar (fun server ->
        let registrar = (uriBy protocol "" server).ToString()
        let called = (uriBy protocol "bob" server).ToString()
        let isRegistered line = line = "Registered for 3600 s."

        softphone $"sip:bob@{server}" "secret" registrar (fun bob ->
            bob.WaitForLine isRegistered |> ignore

            softphone $"sip:alice@{server}" "secret" registrar (fun alice ->
                alice.WaitForLine isRegistered |> ignore
                alice.Type $"call {called}"
                bob.WaitForLine(fun line -> line.EndsWith " calls.") |> ignore
                bob.Type "answer"
                alice.WaitForLine(fun line -> line.StartsWith "Connected") |> ignore
                alice.Type "hangup"
                bob.WaitForLine(fun line -> line = "Over: HungUpByPeer.") |> ignore)))

let private isRefusedAtTheConsole () =
    Kamailio.withRegistrar (fun server ->
        softphone $"sip:alice@{server}" "wrong" $"sip:{server}" (fun phone ->
            phone.WaitForLine(fun line -> line.StartsWith "The registrar refused: 401") |> ignore))

let tests =
    testList "Softphone" [
        testCase "registers, calls, is called, UDP" (registersAndCalls Sipp.Udp)
        testCase "registers, calls, is called, TCP" (registersAndCalls Sipp.Tcp)
        testCase "a wrong password" isRefusedAtTheConsole
    ]
