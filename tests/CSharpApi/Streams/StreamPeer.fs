// The other side of a stream: a plain socket on loopback, with TLS around it where a test wants
// that, which speaks SIP as text and knows no SipFun but its parser.
namespace SipFun.Tests.CSharpApi.Streams

open System
open System.IO
open System.Net
open System.Net.Sockets
open System.Text
open System.Threading
open SipFun
open SipFun.Tests.CSharpApi

/// Addresses of loopback that no other run uses.
module private Own =
    let address =
        let run = Environment.ProcessId
        IPAddress [| 127uy; 1uy + byte (run % 250); byte (run / 250 % 250); 9uy |]

/// One end of a connection.
type StreamPeer(socket: Socket, stream: Stream, transport: string) =
    let waiting = ResizeArray<byte>()
    let chunk = Array.zeroCreate<byte> 65_536
    let local = Sockets.endPointOf socket
    let mutable asked = 0

    do
        socket.NoDelay <- true
        stream.ReadTimeout <- Patience.milliseconds

    let readMore () =
        match stream.Read(chunk, 0, chunk.Length) with
        | 0 -> raise (EndOfStreamException "the connection was closed")
        | length -> waiting.AddRange(ArraySegment(chunk, 0, length))

    let rec headerEnd () =
        let text = Encoding.Latin1.GetString(waiting.ToArray())

        match text.IndexOf "\r\n\r\n" with
        | -1 ->
            readMore ()
            headerEnd ()
        | at -> struct (text, at + 4)

    let contentLength (text: string) =
        text.Split "\r\n"
        |> Array.pick (fun line ->
            if line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase) then
                Some(int (line.Substring 15))
            else
                None)

    let take count =
        while waiting.Count < count do
            readMore ()

        let bytes = waiting.GetRange(0, count).ToArray()
        waiting.RemoveRange(0, count)
        bytes

    /// A socket connected from an address of its own where there is one (Linux): thousands of
    /// connections that have ended keep their ports for a minute, and others want ports too.
    static member Dial(target: IPEndPoint) =
        let socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp)

        if OperatingSystem.IsLinux() && target.Address.Equals IPAddress.Loopback then
            socket.Bind(IPEndPoint(Own.address, 0))

        socket.Connect target
        socket

    /// A connection to a listening socket, plain.
    static member Connect(target: IPEndPoint) =
        let socket = StreamPeer.Dial target
        new StreamPeer(socket, new NetworkStream(socket, true), "TCP")

    member _.Socket = socket
    member _.Stream = stream
    member _.EndPoint = local

    member _.Send(bytes: byte array) =
        stream.Write(bytes, 0, bytes.Length)
        stream.Flush()

    member this.Send(text: string) = this.Send(Encoding.UTF8.GetBytes text)
    member this.Send(message: SipMessage) = this.Send(message.Bytes.ToArray())

    /// Exactly so many bytes.
    member _.ReceiveBytes count = take count

    member _.Receive() =
        let struct (text, headers) = headerEnd ()

        SipMessage.Parse(
            ReadOnlyMemory(take (headers + contentLength (text.Substring(0, headers))))
        )

    member this.ReceiveRequest() = this.Receive() :?> SipRequest
    member this.ReceiveResponse() = this.Receive() :?> SipResponse

    member this.Answer(request: SipRequest, status: int) =
        this.Send(request.CreateResponse(status, "peer"))

    /// Waits for the other side to end the connection; what it still sends is passed over.
    member _.IsClosed() =
        let rec read () =
            match stream.Read(chunk, 0, chunk.Length) with
            | 0 -> true
            | _ -> read ()

        try
            read ()
        with
        | :? IOException as failure when
            (match failure.InnerException with
             | :? SocketException as inner -> inner.SocketErrorCode = SocketError.TimedOut
             | _ -> false)
            ->
            false
        | :? IOException -> true

    /// Whether bytes are there, without waiting.
    member _.HasMore = waiting.Count > 0 || socket.Available > 0

    /// A request with this end's Via, as text.
    member _.Request
        (method: string, ?branch: string, ?extra: string, ?body: string, ?callId: string)
        =
        let branch = defaultArg branch (Guid.NewGuid().ToString "N")
        let body = defaultArg body ""
        let callId = defaultArg callId (Guid.NewGuid().ToString "N")

        String.Join(
            "\r\n",
            [
                $"{method} sip:us@127.0.0.1 SIP/2.0"
                $"Via: SIP/2.0/{transport} {local};branch=z9hG4bK{branch};rport{defaultArg extra String.Empty}"
                "From: <sip:peer@example.com>;tag=1"
                "To: <sip:us@example.com>"
                $"Call-ID: {callId}"
                $"CSeq: {Interlocked.Increment(&asked)} {method}"
                "Max-Forwards: 70"
                $"Content-Length: {Encoding.UTF8.GetByteCount body}"
                ""
                body
            ]
        )

    /// Ends with a reset instead of a goodbye.
    member _.Reset() =
        socket.LingerState <- LingerOption(true, 0)
        socket.Dispose()

    interface IDisposable with
        member _.Dispose() =
            try
                stream.Dispose()
            with :? IOException ->
                ()

            socket.Dispose()

/// A listening socket of a test's.
type StreamServer(address: IPAddress) =
    let socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)

    do
        socket.Bind(IPEndPoint(address, 0))
        socket.Listen 512

    new() = new StreamServer(IPAddress.Loopback)

    member _.EndPoint = Sockets.endPointOf socket
    member this.Hop = Hop(Transport.Tcp, address, this.EndPoint.Port)
    member this.Uri = SipUri.Parse $"sip:peer@{this.EndPoint};transport=tcp"

    /// The next connection, its handshake not done.
    member _.AcceptSocket() =
        if not (socket.Poll(Patience.span, SelectMode.SelectRead)) then
            failwith "nobody connected"

        socket.Accept()

    member this.Accept() =
        let accepted = this.AcceptSocket()
        new StreamPeer(accepted, new NetworkStream(accepted, true), "TCP")

    /// Whether somebody connects, without waiting.
    member _.HasMore = socket.Poll(0, SelectMode.SelectRead)

    interface IDisposable with
        member _.Dispose() = socket.Dispose()
