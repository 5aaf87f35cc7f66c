// A client of a WebSocket leg on a plain socket: its frames are written by Frames, not by the
// framework. As a browser it knows no address of its own (RFC 7118, 8.1).
namespace SipFun.Tests.CSharpApi.WebSocket

open System
open System.Net
open System.Net.Sockets
open System.Text
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams
open SipFun.Tests.CSharpApi.WebSocket.Frames

type WebSocketPeer(peer: StreamPeer) =
    static let upgrade (extra: string) =
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n"
        + $"Sec-WebSocket-Version: 13\r\n{extra}\r\n"

    /// The answer to an HTTP request, up to its empty line.
    static member Ask(peer: StreamPeer, request: string) =
        peer.Send request
        let answer = StringBuilder()

        while not (answer.ToString().EndsWith "\r\n\r\n") do
            let octets = peer.ReceiveBytes 1
            answer.Append(char octets[0]) |> ignore

        answer.ToString()

    /// Connected and upgraded, with these header lines more.
    static member Connect(target: IPEndPoint, ?extra: string) =
        WebSocketPeer.Upgrade(StreamPeer.Connect target, ?extra = extra)

    /// Over this connection.
    static member Upgrade(peer: StreamPeer, ?extra: string) =
        let answer = WebSocketPeer.Ask(peer, upgrade (defaultArg extra ""))

        if not (answer.StartsWith "HTTP/1.1 101 ") then
            failwith answer

        new WebSocketPeer(peer)

    member _.Stream = peer
    member _.Send(frame: Frame) = peer.Send(bytes frame)
    member this.Send(message: string) = this.Send(text message)

    /// The next frame.
    member _.Receive() =
        let head = peer.ReceiveBytes 2

        let length =
            match int head[1] &&& 0x7F with
            | 126 ->
                let more = peer.ReceiveBytes 2
                (int more[0] <<< 8) ||| int more[1]
            | length -> length

        {
            Fin = head[0] &&& 0x80uy <> 0uy
            Reserved = int head[0] &&& 0x70
            Opcode = int head[0] &&& 0x0F
            Masked = head[1] &&& 0x80uy <> 0uy
            Payload = peer.ReceiveBytes length
        }

    member this.ReceiveResponse() =
        SipMessage.Parse(ReadOnlyMemory(this.Receive().Payload)) :?> SipResponse

    /// A request as a browser writes it.
    member _.Request(method: string) =
        options
            .Replace("OPTIONS", method)
            .Replace("branch=z9hG4bKasudf", $"branch=z9hG4bK{Guid.NewGuid():N}")
            .Replace("aiuy7k9njasd", $"{Guid.NewGuid():N}")

    /// The status of the answer to a good OPTIONS.
    member this.Asks() =
        this.Send(this.Request "OPTIONS")
        this.ReceiveResponse().StatusCode

    interface IDisposable with
        member _.Dispose() = (peer :> IDisposable).Dispose()
