// `sipfun ping` and `sipfun demo`.
module SipFun.Tests.Cli.PingTests

open Expecto
open SipFun.Tests.CSharpApi

let private counts () =
    Command.whileAnswering [] (fun server ->
        let output =
            Command.succeeds 0 [ "ping"; $"sip:{server}"; "--count"; "3"; "--interval"; "20" ]

        Expect.contains output "3 sent, 3 answered, 0% loss" "the summary"
        let replies = output |> List.filter (fun line -> line.StartsWith "200 OK: seq=")
        Expect.equal replies.Length 3 "one line each"
        Expect.stringStarts (List.last output) "round trip min/avg/max/mdev = " "times")
    |> ignore

let private loses () =
    use peer = new Peer()

    let ended =
        Command.run [
            "ping"
            $"sip:{peer.HostPort}"
            "--count"
            "2"
            "--interval"
            "10"
            "--t1"
            "5"
        ]

    Expect.equal (ended.ExitCode, ended.Errors.Length) (2, 1) $"%A{ended}"
    Expect.contains ended.Output "2 sent, 0 answered, 100% loss" "the summary"

let private isDeclined () =
    Command.whileAnswering [ "--status"; "404" ] (fun server ->
        Command.succeeds 1 [ "ping"; $"sip:{server}"; "--count"; "1"; "--json" ]
        |> List.last
        |> fun line -> Expect.stringStarts line """{"sent":1,"answered":1,"lossPercent":0""" "JSON")
    |> ignore

let private endsEarly () =
    Command.whileAnswering [] (fun server ->
        use ping = Command.start [ "ping"; $"sip:{server}"; "--interval"; "3600000" ]
        ping.WaitForLine(fun line -> line.Contains "seq=1") |> ignore
        ping.Terminate()
        let ended = Command.finish ping
        Expect.equal (ended.ExitCode, ended.Errors) (0, []) $"%A{ended}"
        Expect.contains ended.Output "1 sent, 1 answered, 0% loss" "the summary all the same")
    |> ignore

let private demonstrates () =
    let output = Command.succeeds 0 [ "demo" ]
    let drawn (text: string) = output |> List.filter (fun line -> line.Contains text)
    Expect.equal (drawn "- INVITE -").Length 1 "the INVITE"
    Expect.equal (drawn ". INVITE, copy 2 .").Length 1 "a copy of it"
    Expect.equal (drawn "- 486 Busy Here -").Length 1 "the 486"
    Expect.equal (drawn ". 486 Busy Here, copy 2 .").Length 1 "a copy of it"
    Expect.equal (drawn "- ACK -").Length 1 "the ACK"
    Expect.exists output (fun line -> line.Contains "answered: 486") "explained"

let tests =
    testList "Ping and demo" [
        testCase "ping counts, and tells times" counts
        testCase "ping of a silent peer: loss, exit code 2" loses
        testCase "ping of a peer that declines: exit code 1" isDeclined
        testCase "ping without an end is summed up at SIGTERM" endsEarly
        testCase "demo draws the copies and ends with 0" demonstrates
    ]
