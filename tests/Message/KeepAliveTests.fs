module SipFun.Tests.Message.KeepAliveTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Message.FramingTests

let tests =
    testList "keep-alives" [
        testPropertyWithConfig
            Generators.config
            "P-12: messages with CRLFs between come back as the same list, every second CRLF as a ping"
        <| fun (drafts: Generators.Draft list) (gaps: byte list) ->
            let messages = drafts |> List.truncate 4 |> List.map Generators.write

            let gap i =
                List.tryItem i gaps |> Option.map (fun n -> int n % 5) |> Option.defaultValue 0

            let blank i = String.replicate (gap i) "\r\n" |> bytes

            let stream =
                messages |> List.mapi (fun i m -> Array.append (blank i) m) |> Array.concat

            let expected = [
                for i, m in List.indexed messages do
                    for _ in 1 .. gap i / 2 do
                        "ping"

                    "message " + Convert.ToHexString m
            ]

            feed stream [] = (expected, ValueNone)

        testCase "P-16: CRLFCRLF is one ping, however cut (RFC 5626, 3.5.1)"
        <| fun () ->
            for cuts in [ []; [ 1 ]; [ 2 ]; [ 3 ]; [ 1; 2; 3 ] ] do
                let frames, _ = feed (bytes "\r\n\r\n") cuts
                Expect.equal frames [ "ping" ] $"%A{cuts}"

        // RFC 5626, 4.4.1: "the client ... sends a double CRLF (the 'ping') then waits to receive a
        // single CRLF (the 'pong')": what comes back to it is never a ping, however close together.
        for crlfs, accepted, opened in [ 1, 0, 1; 2, 1, 2; 3, 1, 3; 4, 2, 4; 7, 3, 7 ] do
            testCase $"P-16: {crlfs} CRLFs, to who accepted and to who opened, in every 1-cut"
            <| fun () ->
                let stream = bytes (String.replicate crlfs "\r\n")

                for cut in 0 .. stream.Length do
                    let frames side = fst (feedAs side stream [ cut ])
                    let pings = List.replicate accepted "ping"
                    Expect.equal (frames StreamSide.Accepted) pings $"cut at {cut}"
                    let pongs = List.replicate opened "pong"
                    Expect.equal (frames StreamSide.Opened) pongs $"cut at {cut}"

        testCase "P-16: a message ends a half ping (RFC 3261, 7.5)"
        <| fun () ->
            let stream = Array.concat [ bytes "\r\n"; small; bytes "\r\n"; small ]

            for cut in 0 .. stream.Length do
                let kinds = [ for frame in fst (feed stream [ cut ]) -> (frame.Split ' ')[0] ]
                Expect.equal kinds [ "message"; "message" ] $"no ping, cut at {cut}"
    ]
