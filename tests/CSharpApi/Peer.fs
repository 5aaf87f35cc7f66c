// The other side of a test: a plain UDP socket on loopback that speaks SIP as text, and knows no
// SipFun but its parser. Loopback delivers at once, so that what was sent is there when the sender
// returned.
namespace SipFun.Tests.CSharpApi

open System
open System.Net
open System.Net.Sockets
open System.Text
open System.Threading
open SipFun

/// How long a test waits for what must come; never how long it takes.
module Patience =
    let milliseconds = 20_000
    let span = TimeSpan.FromMilliseconds(float milliseconds)

module Sockets =
    /// Where a bound socket is.
    let endPointOf (socket: Socket) =
        match socket.LocalEndPoint with
        | :? IPEndPoint as local -> local
        | _ -> failwith "not bound"

    /// A UDP socket on loopback, at a free port.
    let bound () =
        let socket =
            new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)

        socket.Bind(IPEndPoint(IPAddress.Loopback, 0))
        socket

type Peer(address: IPAddress) =
    let socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
    let buffer = Array.zeroCreate<byte> 65_535
    let mutable asked = 0

    do
        socket.Bind(IPEndPoint(address, 0))
        socket.ReceiveTimeout <- Patience.milliseconds
        socket.ReceiveBufferSize <- 4_000_000

    new() = new Peer(IPAddress.Loopback)

    member _.EndPoint = Sockets.endPointOf socket
    member this.Port = this.EndPoint.Port
    member this.Hop = Hop(Transport.Udp, address, this.Port)
    member this.HostPort = this.EndPoint.ToString()
    member this.Uri = SipUri.Parse $"sip:peer@{this.EndPoint}"

    /// Whether something waits to be received.
    member _.HasMore = socket.Available > 0

    /// Waits until something can be received; false when nothing came in time.
    member _.Comes(within: TimeSpan) = socket.Poll(within, SelectMode.SelectRead)

    member val From = IPEndPoint(IPAddress.None, 0) with get, set

    member this.ReceiveBytes() =
        let mutable from: EndPoint = IPEndPoint(address, 0)
        let length = socket.ReceiveFrom(buffer, &from)
        this.From <- from :?> IPEndPoint
        buffer[.. length - 1]

    member this.Receive() = SipMessage.Parse(ReadOnlyMemory(this.ReceiveBytes()))
    member this.ReceiveRequest() = this.Receive() :?> SipRequest
    member this.ReceiveResponse() = this.Receive() :?> SipResponse

    /// Everything that is there, without waiting.
    member this.Drain() = [
        while this.HasMore do
            this.ReceiveBytes()
    ]

    member _.Send(bytes: byte array, target: IPEndPoint) = socket.SendTo(bytes, target) |> ignore

    member this.Send(text: string, target: IPEndPoint) =
        this.Send(Encoding.UTF8.GetBytes text, target)

    member this.Send(message: SipMessage, target: IPEndPoint) =
        this.Send(message.Bytes.ToArray(), target)

    /// Answers a request to where it came from.
    member this.Answer(request: SipRequest, status: int) =
        let tag = if status = 100 then null else "peer"
        this.Send(request.CreateResponse(status, tag), this.From)

    /// A request with the peer's Via, as text.
    member this.Request
        (method: string, ?uri: string, ?branch: string, ?callId: string, ?toTag: string)
        =
        let branch = defaultArg branch (Guid.NewGuid().ToString "N")
        let callId = defaultArg callId (Guid.NewGuid().ToString "N")
        let tag = toTag |> Option.map (fun tag -> ";tag=" + tag) |> Option.defaultValue ""

        String.Join(
            "\r\n",
            [
                $"""{method} {defaultArg uri "sip:us@127.0.0.1"} SIP/2.0"""
                $"Via: SIP/2.0/UDP {this.EndPoint};branch=z9hG4bK{branch};rport"
                "From: <sip:peer@example.com>;tag=1"
                $"To: <sip:us@example.com>{tag}"
                $"Call-ID: {callId}"
                $"CSeq: {Interlocked.Increment(&asked)} {method}"
                "Max-Forwards: 70"
                "Content-Length: 0"
                ""
                ""
            ]
        )

    interface IDisposable with
        member _.Dispose() = socket.Dispose()
