/// F-9, V-14: whatever bytes come, before the upgrade or behind it, reading ends, and in one of the
/// ways it may.
module SipFun.Tests.CSharpApi.WebSocket.FuzzTests

open System
open System.IO
open System.Net.WebSockets
open System.Text
open System.Threading
open Expecto
open SipFun.Shell
open SipFun.Tests
open SipFun.Tests.CSharpApi.WebSocket.Frames

let private upgrade =
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n"
    + "Sec-WebSocket-Version: 13\r\n\r\n"
    |> Encoding.ASCII.GetBytes

let private someFrame (random: Random) =
    let payload =
        match random.Next 3 with
        | 0 -> ascii options
        | 1 -> Array.init (random.Next 200) (fun _ -> byte (random.Next 256))
        | _ -> ascii "\r\n\r\n"

    {
        Fin = random.Next 4 > 0
        Reserved = (if random.Next 10 = 0 then random.Next 8 <<< 4 else 0)
        Opcode = [| 0; 1; 1; 2; 2; 8; 9; 10; random.Next 16 |][random.Next 9]
        Masked = random.Next 20 > 0
        Payload = payload
    }

/// Bytes changed, lost, doubled.
let private spoiled (random: Random) (octets: byte array) =
    let at = random.Next octets.Length

    match random.Next 4 with
    | 0 ->
        let octets = Array.copy octets
        octets[at] <- byte (random.Next 256)
        octets
    | 1 -> octets[.. at - 1]
    | 2 -> Array.append octets[..at] octets[random.Next octets.Length ..]
    | _ -> octets

let private hostile (random: Random) =
    let frames =
        Array.init (random.Next 6) (fun _ -> bytes (someFrame random)) |> Array.concat

    match random.Next 4 with
    | 0 -> Array.append (spoiled random upgrade) frames
    | 1 -> spoiled random (Array.append upgrade frames)
    | 2 -> Array.append upgrade frames
    | _ -> Array.init (random.Next 300) (fun _ -> byte (random.Next 256))

let private serve (octets: byte array) cut =
    let stream = new Scripted(cut, octets)
    let sink = Sink()

    try
        let pipe =
            WebSocketUpgrade
                .AcceptAsync(stream, WebSocketLimits.Default, CancellationToken.None)
                .AsTask()
                .GetAwaiter()
                .GetResult()

        while pipe.ReadAsync(sink, CancellationToken.None).AsTask().GetAwaiter().GetResult() do
            ()
    with
    | :? IOException
    | :? WebSocketException -> ()

    sink.Reports.Length

let tests =
    testList "Fuzz" [
        testCase "V-14: 20,000 hostile connections, each ended, none by a fault of ours"
        <| fun () ->
            let random = Random 7118
            let mutable reports = 0

            for _ in 1 .. (if Suite.long then 1_000_000 else 20_000) do
                reports <- reports + serve (hostile random) (1 + random.Next 400)

            Expect.isGreaterThan reports 1000 "among them messages"
    ]
