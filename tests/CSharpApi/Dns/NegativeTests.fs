// How long the absence of records may be believed, read off the wire (RFC 2308, 5).
module SipFun.Tests.CSharpApi.Dns.NegativeTests

open System
open System.Buffers.Binary
open System.Net
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun

let private bytes (words: uint32 list) =
    words
    |> List.map (fun word ->
        let four = Array.zeroCreate<byte> 4
        BinaryPrimitives.WriteUInt32BigEndian(Span four, word)
        four)
    |> Array.concat

/// The SOA record of the name asked for: two root names, four numbers, and the minimum.
let private soa (ttl: uint32) (minimum: uint32) =
    Array.concat [
        [| 0xc0uy; 0x0cuy; 0uy; 6uy; 0uy; 1uy |]
        bytes [ ttl ]
        [| 0uy; 22uy; 0uy; 0uy |]
        bytes [ 1u; 7200u; 600u; 86_400u; minimum ]
    ]

/// The name asked for is an alias of "b".
let private alias (ttl: uint32) =
    Array.concat [
        [| 0xc0uy; 0x0cuy; 0uy; 5uy; 0uy; 1uy |]
        bytes [ ttl ]
        [| 0uy; 3uy; 1uy; byte 'b'; 0uy |]
    ]

/// The question again, and in the answer and authority sections what is given.
let private answer (code: byte) (found: byte array) (authority: byte array) (question: byte array) =
    let name = question |> Array.skip 12 |> Array.takeWhile ((<>) 0uy)
    let count (section: byte array) = if section.Length = 0 then 0uy else 1uy
    let counts = [| 0uy; count found; 0uy; count authority; 0uy; 0uy |]

    Array.concat [
        question[..1]
        [| 0x81uy; 0x80uy ||| code; 0uy; 1uy |]
        counts
        question[12 .. 12 + name.Length + 4]
        found
        authority
    ]

let private serve (socket: Socket) answer () =
    let buffer = Array.zeroCreate 2048

    try
        while true do
            let mutable from: EndPoint = IPEndPoint(IPAddress.Any, 0)
            let length = socket.ReceiveFrom(buffer, &from)
            socket.SendTo((answer: byte array -> byte array) buffer[.. length - 1], from) |> ignore
    with
    | :? SocketException
    | :? ObjectDisposedException -> ()

let private askedWith answer =
    use socket =
        new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)

    socket.Bind(IPEndPoint(IPAddress.Loopback, 0))

    let server =
        match socket.LocalEndPoint with
        | :? IPEndPoint as local -> local
        | _ -> failtest "no port"

    Task.Run(serve socket answer) |> ignore

    let resolver = DnsClientResolver(DnsClientOptions(Servers = [| server |]))
    let question = DnsQuestion("gone.test", DnsType.A)
    resolver.QueryAsync(question, CancellationToken.None).Result

let private asked code authority = askedWith (answer code [||] authority)

let tests =
    testList "Negative" [
        testCase "an alias of a name that does not exist: as long as both may be believed (2.1)"
        <| fun () ->
            for aliasTtl, expected in [ 300u, 60.0; 20u, 20.0 ] do
                let answer = askedWith (answer 3uy (alias aliasTtl) (soa 300u 60u))
                Expect.equal answer.Status DnsStatus.NxDomain "status"

                Expect.equal
                    answer.NegativeTtl
                    (TimeSpan.FromSeconds expected)
                    $"alias for {aliasTtl} s"

        for code, status in [ 3uy, DnsStatus.NxDomain; 0uy, DnsStatus.NoData ] do
            testCase $"{status}: the lesser of the SOA record's TTL and minimum"
            <| fun () ->
                for ttl, minimum, expected in [ 300u, 60u, 60.0; 30u, 3600u, 30.0; 0u, 60u, 0.0 ] do
                    let answer = asked code (soa ttl minimum)
                    Expect.equal answer.Status status "status"

                    Expect.equal
                        answer.NegativeTtl
                        (TimeSpan.FromSeconds expected)
                        $"{ttl} {minimum}"

            testCase $"{status} without SOA: not to be believed for any time"
            <| fun () ->
                let answer = asked code [||]
                Expect.equal (answer.Status, answer.NegativeTtl) (status, TimeSpan.Zero) "none"
    ]
