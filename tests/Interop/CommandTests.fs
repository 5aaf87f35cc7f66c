// `sipfun call` and `sipfun answer` with sipp, over UDP and TCP.
module SipFun.Tests.Interop.CommandTests

open System.Net
open Expecto
open SipFun.Tests
open SipFun.Tests.Cli
open SipFun.Tests.Interop.AgentHouse

let private calls scenario options code last protocol () =
    Sipp.asServerBy protocol scenario (fun server ->
        let output =
            Command.succeeds code ([ "call"; (uriBy protocol "sipp" server).ToString() ] @ options)

        Expect.equal (List.last output) last "how it ended")
    |> ignore

let private answers scenario options last protocol () =
    let transport = if protocol = Sipp.Udp then "udp" else "tcp"

    let told =
        Command.whileAnsweringOn transport options (fun server ->
            Sipp.asClientBy protocol scenario (IPEndPoint.Parse server) |> ignore)

    Expect.stringEnds (List.last told) last "told"

let private login = [ "--user"; "alice"; "--password"; "secret" ]

let private both name (test: Sipp.Protocol -> unit -> unit) = [
    testCase $"{name}, UDP" (test Sipp.Udp)
    testCase $"{name}, TCP" (test Sipp.Tcp)
]

let tests =
    testList "The command with sipp" [
        yield! both "call" (calls "uas-call" [] 0 "HungUp: 200 OK")
        yield! both "call: it hangs up" (calls "uas-hangup" [ "--duration"; "60" ] 0 "HungUpByPeer")
        yield!
            both "call --cancel-after" (calls "uas-cancel" [ "--cancel-after"; "1" ] 0 "Cancelled")
        yield! both "call: 486" (calls "uas-busy" [] 1 "Rejected: 486 Busy Here")
        yield! both "call --user" (calls "uas-invite-auth" login 0 "HungUp: 200 OK")
        yield! both "answer" (answers "uac-call" [] ": HungUpByPeer")
        yield! both "answer --ring, cancelled" (answers "uac-cancel" [ "--ring"; "60000" ] "ByPeer")
        yield! both "answer --status" (answers "uac-busy" [ "--status"; "486" ] ": 486")
        yield!
            both "answer --hangup-after" (answers "uac-hungup" [ "--hangup-after"; "1" ] "200 OK")
    ]
