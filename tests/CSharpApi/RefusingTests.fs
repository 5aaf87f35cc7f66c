// Requests that nobody can read, over real sockets: each gets its answer, and the good one after it too
// (RFC 3261, 8.2.6, 18.3; RFC 4475, 3.3.1).
module SipFun.Tests.CSharpApi.RefusingTests

open System.Text
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.Streams
open SipFun.Tests.CSharpApi.Streams.StreamHouse

let private broken (request: string) = request.Replace("CSeq: ", "CSeq: x")

/// As bytes: an answer to nonsense need not parse.
let private receive (peer: Peer) = Encoding.UTF8.GetString(peer.ReceiveBytes())

let private overUdp (dispatcher: Dispatcher) (peer: Peer) =
    answering dispatcher
    peer.Send(broken (peer.Request "INVITE"), local dispatcher)
    let answer = receive peer
    Expect.stringStarts answer "SIP/2.0 400 Bad Request\r\n" "400"
    Expect.stringContains answer $"rport={peer.Port}" "stamped"
    Expect.isGreaterThan (counter dispatcher "malformed") 0L "counted"
    peer.Send(peer.Request "OPTIONS", local dispatcher)
    Expect.equal (peer.ReceiveResponse()).StatusCode 200 "the next is answered"

let private unserved (dispatcher: Dispatcher) (peer: Peer) =
    peer.Send(broken (peer.Request "INVITE"), local dispatcher)
    // The second is answered as soon as there is a receiver: the first was not.
    Expect.isTrue (until (fun () -> counter dispatcher "malformed" > 0L)) "it came"
    answering dispatcher
    peer.Send(peer.Request "OPTIONS", local dispatcher)
    Expect.equal (peer.ReceiveResponse()).StatusCode 200 "the first that comes"

let private framed (dispatcher: Dispatcher) =
    answering dispatcher
    use peer = StreamPeer.Connect(local dispatcher)
    peer.Send(broken (peer.Request "MESSAGE"))
    let start = "SIP/2.0 400 Bad Request\r\n"
    Expect.equal (Encoding.UTF8.GetString(peer.ReceiveBytes start.Length)) start "400"

/// Nobody can tell where the next message begins: the answer, then the end (18.3).
let private unframed (dispatcher: Dispatcher) =
    answering dispatcher
    use peer = StreamPeer.Connect(local dispatcher)
    peer.Send((peer.Request "MESSAGE").Replace("Content-Length: 0", "Content-Length: -1"))
    let start = "SIP/2.0 400 Bad Request\r\n"
    Expect.equal (Encoding.UTF8.GetString(peer.ReceiveBytes start.Length)) start "400"
    Expect.isTrue (peer.IsClosed()) "and closed"
    // It is counted when all of it has ended, which the peer need not wait for.
    Expect.isTrue (until (fun () -> counter dispatcher "framing_lost" = 1L)) "counted"

let tests =
    testList "Refusing" [
        testCase "over UDP: 400, and the next request is served" (House.inRealTime overUdp)
        testCase "without a receiver nothing is said" (House.inRealTime unserved)
        testCase "over TCP: 400" (StreamHouse.inRealTime [ tcp ] framed)
        testCase
            "over TCP, the length unknown: 400, and the connection ends"
            (StreamHouse.inRealTime [ tcp ] unframed)
    ]
