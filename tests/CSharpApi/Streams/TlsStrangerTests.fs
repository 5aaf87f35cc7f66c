/// Peers of TLS legs that speak something else, or nothing.
module SipFun.Tests.CSharpApi.Streams.TlsStrangerTests

open System
open System.Net.Sockets
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse
open SipFun.Tests.CSharpApi.Streams.TlsHouse

/// What a server that is no TLS server makes of our handshake.
let private strangeServer (speak: Socket -> unit) expected () =
    withLegs TimeProvider.System [ connectOnly () ] (fun dispatcher ->
        use server = new StreamServer()
        let delivery = deliverTo dispatcher server "example.com"
        use socket = server.AcceptSocket()
        Expect.isTrue (socket.Poll(Patience.span, SelectMode.SelectRead)) "the handshake began"
        speak socket
        Expect.equal (fault delivery) expected "why"

        Expect.isTrue
            (until (fun () -> House.counter dispatcher "handshake_failed" = 1L))
            "counted")

let private strangeClient (speak: StreamPeer -> unit) () =
    withLegs TimeProvider.System [ leg () ] (fun dispatcher ->
        answering dispatcher

        let connect () =
            TlsPeer.connect (TlsPeer.clientOptions "example.com" []) (House.local dispatcher)

        use good = connect ()
        let strange = StreamPeer.Connect(House.local dispatcher)
        speak strange

        Expect.isTrue
            (until (fun () -> House.counter dispatcher "handshake_failed" = 1L))
            "counted"

        Expect.equal (asks good) 200 "the others stay"
        use next = connect ()
        Expect.equal (asks next) 200 "new ones come in")

let private resetting (socket: Socket) =
    socket.LingerState <- LingerOption(true, 0)
    socket.Dispose()

let private saying (bytes: byte array) (socket: Socket) = socket.Send bytes |> ignore
let private garbage = Array.init 600 (fun index -> byte (index * 31 + 200))
let private plainResponse = "SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n"B

let private closing (bytes: byte array) (peer: StreamPeer) =
    peer.Send bytes
    peer.IsClosed() |> ignore

let private stallingServer () =
    let time = FakeTimeProvider()

    withLegs time [ connectOnly () ] (fun dispatcher ->
        use server = new StreamServer()
        let delivery = deliverTo dispatcher server "example.com"
        use socket = server.AcceptSocket()
        Expect.isTrue (socket.Poll(Patience.span, SelectMode.SelectRead)) "the handshake began"
        pass time dispatcher 10
        Expect.isFalse delivery.Completion.IsCompleted "not before 10 s"
        pass time dispatcher 1
        Expect.equal (fault delivery) TransportFault.HandshakeTimedOut "after 10 s"
        Expect.equal (House.counter dispatcher "handshake_too_slow") 1L "counted")

let private stallingClient () =
    let time = FakeTimeProvider()

    withLegs time [ leg () ] (fun dispatcher ->
        use peer = StreamPeer.Connect(House.local dispatcher)
        Expect.isTrue (until (fun () -> (link dispatcher 0).Count = 1)) "accepted"
        pass time dispatcher 10
        Expect.equal (House.counter dispatcher "handshake_too_slow") 0L "not before 10 s"
        pass time dispatcher 1
        Expect.isTrue (peer.IsClosed()) "closed after 10 s"

        Expect.isTrue
            (until (fun () -> House.counter dispatcher "handshake_too_slow" = 1L))
            "counted")

let tests =
    testList "TLS with strangers" [
        testCase "matrix reset, client" <| strangeServer resetting TransportFault.HandshakeFailed
        testCase "matrix garbage, client"
        <| strangeServer (saying garbage) TransportFault.HandshakeFailed
        testCase "matrix plain-sip, client"
        <| strangeServer (saying plainResponse) TransportFault.HandshakeFailed
        testCase "matrix stall, client: HandshakeTimeout" stallingServer
        testCase "matrix stall, server: HandshakeTimeout" stallingClient
        testCase "matrix reset, server" <| strangeClient _.Reset()
        testCase "matrix garbage, server" <| strangeClient (closing garbage)
        testCase "matrix plain-sip, server"
        <| strangeClient (fun peer ->
            closing (Text.Encoding.ASCII.GetBytes(peer.Request "OPTIONS")) peer)
        testCase "HTTP on the TLS port"
        <| strangeClient (closing "GET / HTTP/1.1\r\nHost: h\r\n\r\n"B)
    ]
