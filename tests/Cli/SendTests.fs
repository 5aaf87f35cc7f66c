// `sipfun send` and `sipfun answer`: what goes out, what is printed, and the exit code.
module SipFun.Tests.Cli.SendTests

open System
open System.IO
open System.Text
open Expecto
open SipFun
open SipFun.Tests.CSharpApi

let private sends (arguments: string list) (target: string) =
    [ "send"; arguments.Head; $"sip:bob@{target}" ] @ arguments.Tail

/// Sends to a peer that answers with this status; gives the request and what became of the command.
let private toPeer (status: int) arguments =
    use peer = new Peer()
    use command = Command.start (sends arguments peer.HostPort)
    let request = peer.ReceiveRequest()
    peer.Answer(request, status)
    request, Command.finish command

let private exitCodes =
    testList "the exit code is" [
        for status, code in [ 200, 0; 202, 0; 302, 1; 404, 1; 503, 1; 603, 1 ] do
            testCase $"{code} for {status}" (fun () ->
                let _, ended = toPeer status [ "MESSAGE" ]
                Expect.equal (ended.ExitCode, ended.Errors) (code, []) $"%A{ended}"
                Expect.stringStarts ended.Output.Head $"{status} " "the status comes first")
    ]

/// A copy without secrets is no longer replayed.
let private masks (file: string) =
    let copy = file + ".masked"

    try
        Command.succeeds 0 [ "mask"; file; copy ] |> ignore
        Command.succeeds 0 [ "ladder"; copy ] |> ignore
        Expect.stringContains (Command.fails 64 [ "replay"; copy ]) "masked" "says what it is"

        Expect.stringContains
            (Command.fails 64 [ "mask"; file; file ])
            "another name"
            "says what to do"
    finally
        File.Delete copy

let private records () =
    let file = Path.GetTempFileName()

    try
        let request, _ = toPeer 200 [ "OPTIONS"; "--record"; file ]
        let all = File.ReadAllLines file |> Array.map System.Text.Json.JsonDocument.Parse
        let ofKind (line: System.Text.Json.JsonDocument) = line.RootElement.TryGetProperty("kind")
        let lines = all |> Array.filter (fun line -> not (fst (ofKind line)))

        let story = [
            for line in lines do
                let at = line.RootElement
                let text = Encoding.UTF8.GetString(at.GetProperty("bytes").GetBytesFromBase64())
                at.GetProperty("direction").GetString(), text.Split(' ')[0]
        ]

        Expect.equal story[0] ("sent", "OPTIONS") "the request"
        Expect.equal (List.last story) ("received", "SIP/2.0") "the response"
        let first = lines[0].RootElement
        Expect.equal (first.GetProperty("version").GetInt32()) 1 "docs/recording.md"
        Expect.isGreaterThanOrEqual (first.GetProperty("instant").GetDouble()) 0.0 "seconds"
        let flow = string (first.GetProperty("flow").GetString())
        Expect.stringStarts flow "udp:" "both ends"
        let bytes = first.GetProperty("bytes").GetBytesFromBase64()
        Expect.equal bytes (request.Bytes.ToArray()) "byte for byte"
        let replayed = Command.succeeds 0 [ "replay"; file ]
        Expect.stringContains replayed.Head "steps, the same effects" "it can be replayed"
        let drawn = Command.succeeds 0 [ "ladder"; file ]
        Expect.exists drawn _.Contains("OPTIONS") "it can be drawn"
        masks file
    finally
        File.Delete file

let private writes () =
    let body = Path.GetTempFileName()
    File.WriteAllText(body, "hello")

    try
        let request, ended =
            toPeer 200 [
                "MESSAGE"
                "--from"
                "Alice <sip:alice@example.com>"
                "--to"
                "sip:robert@example.com"
                "--header"
                "Subject: a: b"
                "--header"
                "Max-Forwards: 5"
                "--body"
                body
            ]

        Expect.equal ended.ExitCode 0 $"%A{ended}"
        Expect.equal (request.From.Uri.ToString()) "sip:alice@example.com" "--from"
        Expect.equal (request.To.Uri.ToString()) "sip:robert@example.com" "--to"
        Expect.equal (List.ofSeq (request.GetHeaders "Subject")) [ "a: b" ] "--header"
        Expect.equal (List.ofSeq (request.GetHeaders "Max-Forwards")) [ "5" ] "replaced, not added"
        Expect.equal request.ContentType "text/plain;charset=utf-8" "the type"
        Expect.equal (Encoding.UTF8.GetString request.Body.Span) "hello" "--body"
    finally
        File.Delete body

let private timesOut () =
    use peer = new Peer()
    let line = Command.fails 2 (sends [ "OPTIONS"; "--t1"; "5" ] peer.HostPort)
    Expect.stringContains line "TimedOut" "which outcome"
    Expect.stringContains line $"udp:{peer.HostPort} in 0.32 s" "where, and 64*T1"

let private acknowledges () =
    use peer = new Peer()
    use command = Command.start (sends [ "INVITE" ] peer.HostPort)
    let invite = peer.ReceiveRequest()
    peer.Answer(invite, 180)
    peer.Answer(invite, 200)
    let ended = Command.finish command
    Expect.equal ended.ExitCode 0 $"%A{ended}"
    let starts = ended.Output |> List.filter (fun line -> Char.IsDigit line[0])
    Expect.equal (starts |> List.map (fun line -> line[..2])) [ "180"; "200" ] "each as it comes"
    Expect.equal (peer.ReceiveRequest().Method) SipMethod.Ack "the ACK to a 2xx"

let private explains () =
    let _, ended = toPeer 200 [ "OPTIONS"; "--explain" ]
    let text = String.concat "\n" ended.Output
    Expect.stringContains text "the Request-URI decides" "where to"
    Expect.stringContains text "answered: 200 OK" "how it ended"

let private tellsJson () =
    let _, ended = toPeer 486 [ "OPTIONS"; "--json"; "--explain" ]
    Expect.equal (ended.ExitCode, ended.Output.Length) (1, 1) "one line"

    let report = Command.json ended.Output
    Expect.equal (report.GetProperty("outcome").GetString()) "Answered" "outcome"
    Expect.equal (report.GetProperty("status").GetInt32()) 486 "status"
    Expect.isGreaterThan (report.GetProperty("explanation").GetArrayLength()) 3 "explanation"

let private answers () =
    let told =
        Command.whileAnswering [] (fun server ->
            for method in [ "OPTIONS"; "MESSAGE"; "INFO" ] do
                Command.succeeds 0 (sends [ method ] server) |> ignore

            let output = Command.succeeds 1 (sends [ "PUBLISH" ] server)
            Expect.stringStarts output.Head "405 " "not taken"
            let allow = output |> List.find (fun line -> line.StartsWith "  Allow: ")

            for method in [ "INVITE"; "OPTIONS"; "MESSAGE"; "INFO" ] do
                Expect.stringContains allow method "what may be asked")

    Expect.equal
        (told |> List.map (fun line -> line.Split(' ')[0]))
        [ "OPTIONS"; "MESSAGE"; "INFO" ]
        "one line each"

let private answersOtherwise () =
    Command.whileAnswering [ "--status"; "486" ] (fun server ->
        let output = Command.succeeds 1 (sends [ "OPTIONS" ] server)
        Expect.stringStarts output.Head "486 Busy Here" "the status asked for")
    |> ignore

let private isBusy () =
    use peer = new Peer()
    let line = Command.fails 2 [ "answer"; "--listen"; $"udp:{peer.HostPort}" ]
    Expect.stringContains line "--listen" "what to do next"

let tests =
    testList "Send" [
        exitCodes
        testCase "from, to, headers and body are as typed" writes
        testCase "--record writes every packet, one JSON object a line" records
        testCase "silence: one line, exit code 2" timesOut
        testCase "INVITE: each response is printed, a 200 is acknowledged" acknowledges
        testCase "--explain tells the story" explains
        testCase "--json is one object" tellsJson
        testCase "sipfun answer answers, tells, and ends at SIGTERM" answers
        testCase "sipfun answer --status" answersOtherwise
        testCase "sipfun answer at a port that is taken" isBusy
    ]
