/// V-14: the handshake of both sides (RFC 6455, 4; RFC 7118, 4.1), as tables.
module SipFun.Tests.CSharpApi.WebSocket.UpgradeTests

open System
open System.IO
open System.Security.Cryptography
open System.Text
open System.Threading
open Expecto
open SipFun.Shell
open SipFun.Tests.CSharpApi.WebSocket.Frames

/// What a browser sends (RFC 7118, 8.1).
let private good = [
    "GET / HTTP/1.1"
    "Host: proxy.example.com"
    "Upgrade: websocket"
    "Connection: keep-alive, Upgrade"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    "Origin: https://www.example.com"
    "Sec-WebSocket-Protocol: sip"
    "Sec-WebSocket-Version: 13"
]

let private head lines = String.concat "\r\n" lines + "\r\n\r\n"

let private without name =
    good |> List.filter (fun (line: string) -> not (line.StartsWith(name + ":")))

let private changed name value =
    good |> List.map (fun line -> if line.StartsWith(name + ":") then $"{name}: {value}" else line)

let private added line = good @ [ line ]
let private starting line = line :: List.tail good

let private pages = WebSocketLimits(Origins = [| "https://www.example.com" |])

/// The name, the head, the status of the answer, and how a refusal is counted.
let private requests = [
    "what a browser sends", head good, 101, None
    "another path", head (starting "GET /sip?x=1 HTTP/1.1"), 101, None
    "names and tokens in any case",
    head (changed "Upgrade" "WebSocket" |> List.map _.Replace("Connection", "CONNECTION")),
    101,
    None
    "sip among other subprotocols", head (changed "Sec-WebSocket-Protocol" "xmpp, sip"), 101, None
    "sip on a second line",
    head (changed "Sec-WebSocket-Protocol" "xmpp" @ [ "Sec-WebSocket-Protocol: sip" ]),
    101,
    None
    "an extension offered: not taken",
    head (added "Sec-WebSocket-Extensions: permessage-deflate"),
    101,
    None
    "no Origin: no browser", head (without "Origin"), 101, None
    "cookies", head (added "Cookie: a=b"), 101, None
    "no Upgrade", head (without "Upgrade"), 426, Some Reason.UpgradeMissing
    "another Upgrade", head (changed "Upgrade" "h2c"), 426, Some Reason.UpgradeMissing
    "no Connection", head (without "Connection"), 426, Some Reason.UpgradeMissing
    "Connection without Upgrade",
    head (changed "Connection" "close"),
    426,
    Some Reason.UpgradeMissing
    "no version", head (without "Sec-WebSocket-Version"), 426, Some Reason.UpgradeVersion
    "version 8", head (changed "Sec-WebSocket-Version" "8"), 426, Some Reason.UpgradeVersion
    "two versions", head (added "Sec-WebSocket-Version: 8"), 426, Some Reason.UpgradeVersion
    "no subprotocol", head (without "Sec-WebSocket-Protocol"), 400, Some Reason.UpgradeSubprotocol
    "another subprotocol",
    head (changed "Sec-WebSocket-Protocol" "sips"),
    400,
    Some Reason.UpgradeSubprotocol
    "no key", head (without "Sec-WebSocket-Key"), 400, Some Reason.UpgradeMalformed
    "two keys",
    head (added "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    400,
    Some Reason.UpgradeMalformed
    "a key of 15 bytes",
    head (changed "Sec-WebSocket-Key" "dGhlIHNhbXBsZSBub25j"),
    400,
    Some Reason.UpgradeMalformed
    "a key that is no base64",
    head (changed "Sec-WebSocket-Key" "!!!!IHNhbXBsZSBub25jZQ=="),
    400,
    Some Reason.UpgradeMalformed
    "no Host", head (without "Host"), 400, Some Reason.UpgradeMalformed
    "two Hosts", head (added "Host: other"), 400, Some Reason.UpgradeMalformed
    "POST", head (starting "POST / HTTP/1.1"), 405, Some Reason.UpgradeMethod
    "HEAD", head (starting "HEAD / HTTP/1.1"), 405, Some Reason.UpgradeMethod
    "HTTP/1.0", head (starting "GET / HTTP/1.0"), 400, Some Reason.UpgradeMalformed
    "HTTP/2 by prior knowledge",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    400,
    Some Reason.UpgradeMalformed
    "two blanks", head (starting "GET  / HTTP/1.1"), 400, Some Reason.UpgradeMalformed
    "no path", head (starting "GET HTTP/1.1"), 400, Some Reason.UpgradeMalformed
    "another origin", head (changed "Origin" "https://evil.example"), 403, Some Reason.UpgradeOrigin
    "two origins", head (added "Origin: https://www.example.com"), 403, Some Reason.UpgradeOrigin
    "an origin that begins alike",
    head (changed "Origin" "https://www.example.com.evil.example"),
    403,
    Some Reason.UpgradeOrigin
    "a body", head (added "Content-Length: 5"), 400, Some Reason.UpgradeMalformed
    "chunks", head (added "Transfer-Encoding: chunked"), 400, Some Reason.UpgradeMalformed
    "a folded line", head (added " folded"), 400, Some Reason.UpgradeMalformed
    "a blank before the colon", head (added "Cookie : a"), 400, Some Reason.UpgradeMalformed
    "a line without a colon", head (added "Cookie"), 400, Some Reason.UpgradeMalformed
    "an LF alone",
    (head (added "A: b" @ [ "C: d" ])).Replace("A: b\r\n", "A: b\n"),
    400,
    Some Reason.UpgradeMalformed
    "a NUL", head (added "A: \000"), 400, Some Reason.UpgradeMalformed
    "8 KiB and more",
    head (added ("A: " + String.replicate 9000 "x")),
    431,
    Some Reason.UpgradeTooLarge
    "no end", String.replicate 9000 "x", 431, Some Reason.UpgradeTooLarge
    "TLS", "\022\003\001\002\000\001\000\001", 400, Some Reason.UpgradeMalformed
    "SIP", options, 400, Some Reason.UpgradeMalformed
]

let private latin1 (text: string) = Encoding.Latin1.GetBytes text

let private accept limits cut (octets: byte array) =
    let stream = new Scripted(cut, octets)

    let result =
        try
            let accepting = WebSocketUpgrade.AcceptAsync(stream, limits, CancellationToken.None)
            Ok(accepting.AsTask().GetAwaiter().GetResult())
        with :? UpgradeException as refusal ->
            Error refusal

    result, stream

let private isAnswered (octets: string) (status: int) reason () =
    for cut in [ 1; 100; Int32.MaxValue ] do
        let result, stream = accept pages cut (latin1 octets)
        let answer = stream.WrittenText
        Expect.stringStarts answer $"HTTP/1.1 {status} " $"{cut} bytes a read"

        match result, reason with
        | Ok _, None ->
            Expect.stringContains
                answer
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                "RFC 6455, 1.3"

            Expect.stringContains answer "Sec-WebSocket-Protocol: sip\r\n" "RFC 7118, 4.1"
            Expect.isFalse (answer.Contains "Extensions") "no extension"
        | Error refusal, Some reason ->
            Expect.equal (refusal.Reason, refusal.Status) (reason, status) "counted so"
            Expect.stringContains answer "Connection: close\r\n" "and closed"
        | other -> failtest $"{other}"

/// The server's side of a handshake with `us`, from the key we sent.
let private serverAnswer change (written: byte array) =
    let request = Encoding.ASCII.GetString written
    let line = request.Split "\r\n" |> Array.find _.StartsWith("Sec-WebSocket-Key: ")
    let key = line.Substring "Sec-WebSocket-Key: ".Length
    let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    let accept = Convert.ToBase64String(SHA1.HashData(latin1 (key + guid)))

    [
        "HTTP/1.1 101 Switching Protocols"
        "Upgrade: websocket"
        "Connection: Upgrade"
        $"Sec-WebSocket-Accept: {accept}"
        "Sec-WebSocket-Protocol: sip"
    ]
    |> change
    |> head
    |> latin1

let private replacing (start: string) (by: string) =
    List.map (fun (line: string) -> if line.StartsWith start then by else line)

let private dropping (start: string) =
    List.filter (fun (line: string) -> not (line.StartsWith start))

/// The name, the change to a good answer, and what the fault says.
let private answers = [
    "another status", replacing "HTTP" "HTTP/1.1 403 Forbidden", "answered 403"
    "a redirect", replacing "HTTP" "HTTP/1.1 302 Found", "answered 302"
    "200", replacing "HTTP" "HTTP/1.1 200 OK", "answered 200"
    "HTTP/1.0", replacing "HTTP" "HTTP/1.0 101 Switching", "no HTTP/1.1"
    "SIP", replacing "HTTP" "SIP/2.0 200 OK", "no HTTP/1.1"
    "no Upgrade", dropping "Upgrade", "another protocol"
    "no Connection", dropping "Connection", "another protocol"
    "no accept", dropping "Sec-WebSocket-Accept", "the key"
    "the accept of another key",
    replacing "Sec-WebSocket-Accept" "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    "the key"
    "no subprotocol", dropping "Sec-WebSocket-Protocol", "no SIP"
    "another subprotocol",
    replacing "Sec-WebSocket-Protocol" "Sec-WebSocket-Protocol: xmpp",
    "no SIP"
    "compression",
    (fun lines -> lines @ [ "Sec-WebSocket-Extensions: permessage-deflate" ]),
    "extension"
    "a line that is none", (fun lines -> lines @ [ "what" ]), "no HTTP/1.1"
]

let private connect (stream: Stream) =
    WebSocketUpgrade
        .ConnectAsync(stream, "proxy.example.com", WebSocketLimits.Default, CancellationToken.None)
        .AsTask()
        .GetAwaiter()
        .GetResult()

let private isRefused change (fault: string) () =
    let stream = new Scripted(Int32.MaxValue, serverAnswer change)
    let refusal = Expect.throwsC (fun () -> connect stream |> ignore) id

    match refusal with
    | :? UpgradeException as refusal ->
        Expect.stringContains refusal.Message fault "why"
        Expect.equal refusal.Reason Reason.UpgradeRefused "counted so"
    | other -> failtest $"{other}"

let private opens () =
    let first = bytes { text options with Masked = false }
    let answer written = Array.append (serverAnswer id written) first

    for cut in [ 1; 50; Int32.MaxValue ] do
        let stream = new Scripted(cut, answer)
        let pipe = connect stream
        let sink = Sink()

        while sink.Reports.IsEmpty do
            pipe.ReadAsync(sink, CancellationToken.None).AsTask().Wait()

        Expect.equal sink.Reports [ "OPTIONS" ] "what came behind the head is the first frame"
        let request = stream.WrittenText
        Expect.stringStarts request "GET / HTTP/1.1\r\nHost: proxy.example.com\r\n" "RFC 6455, 4.1"
        Expect.stringContains request "Sec-WebSocket-Protocol: sip\r\n" "RFC 7118, 4.1"

let private keysDiffer () =
    let key () =
        let stream = new Scripted(Int32.MaxValue, serverAnswer id)
        connect stream |> ignore
        stream.WrittenText.Split "\r\n" |> Array.find _.StartsWith("Sec-WebSocket-Key: ")

    Expect.equal (List.init 20 (fun _ -> key ()) |> List.distinct).Length 20 "a fresh key each"

let private hangsUp () =
    let result, stream = accept pages 10 (latin1 "GET / HT")

    match result with
    | Error refusal -> Expect.equal refusal.Status 0 "no status"
    | Ok _ -> failtest "accepted"

    Expect.equal stream.WrittenText "" "nobody is there to be told"

let tests =
    testList "Upgrade" [
        for name, octets, status, reason in requests do
            testCase $"V-14: {name}: {status}" (isAnswered octets status reason)
        testCase "V-14: a client that hangs up gets no answer" hangsUp
        for name, change, fault in answers do
            testCase $"V-14: a server with {name} is refused" (isRefused change fault)
        testCase "a client's upgrade, and a frame right behind the answer" opens
        testCase "the key is a fresh one each time" keysDiffer
    ]
