// O-7: `sipfun answer` out of descriptors, really: in a process that may have few. It stops accepting,
// stays alive, serves those it has, and goes on as soon as some are given back.
module SipFun.Tests.Cli.ExhaustionTests

open System
open System.IO
open System.Net
open Expecto
open SipFun.Tests
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams

/// The runtime itself takes about a hundred.
let private most = 192

let private limited arguments =
    let command = String.Join(' ', Command.line arguments)

    new Running(
        "/bin/sh",
        [ "-c"; $"ulimit -n {most} && exec {command}" ],
        AppContext.BaseDirectory
    )

let private descriptors (program: Running) =
    Directory.GetFileSystemEntries($"/proc/{program.Id}/fd").Length

let private recovers () =
    if not (OperatingSystem.IsLinux()) then
        skiptest "/proc is Linux's"

    use answer = limited [ "answer"; "--listen"; "tcp:127.0.0.1:0" ]
    let line = answer.WaitForLine(fun line -> line.StartsWith "listening tcp:")
    answer.WaitForLine(fun line -> line = "ready") |> ignore
    let target = IPEndPoint.Parse(line.Substring "listening tcp:".Length)
    // The runtime opens files too, when code runs for the first time.
    Expect.isTrue (StreamHouse.isAliveAt target) "alive before"
    let peers = [ for _ in 1..most -> StreamPeer.Connect target ]
    Expect.isTrue (StreamHouse.until (fun () -> descriptors answer >= most - 1)) "it has no more"
    let first, last = List.head peers, List.last peers
    last.Send(last.Request "OPTIONS")
    Expect.equal (StreamHouse.asks first) 200 "those it has are served"
    Expect.isFalse last.HasMore "those it cannot have wait"
    List.take (most - 20) peers |> List.iter (fun peer -> (peer :> IDisposable).Dispose())
    Expect.equal (last.ReceiveResponse().StatusCode) 200 "and are served when there is room"
    List.skip (most - 20) peers |> List.iter (fun peer -> (peer :> IDisposable).Dispose())
    Expect.isTrue (StreamHouse.isAliveAt target) "the next one too"
    answer.Terminate()
    Expect.equal (answer.WaitForExit()) 0 "SIGTERM ends it cleanly"

let tests =
    testList "Exhaustion" [ testCase "O-7: EMFILE: accepting rests, and recovers" recovers ]
