/// ICMP: a destination that refuses ends its own transaction, at once, and harms nobody else
/// (RFC 3261, 18.4). No clock moves in these tests: whatever ends, ends by the ICMP message.
module SipFun.Tests.CSharpApi.IcmpTests

open System
open System.Net
open System.Net.Sockets
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Shell
open SipFun.Tests
open SipFun.Tests.CSharpApi.House

/// A port of loopback at which nothing is heard, and which nobody else can bind: its socket is
/// connected elsewhere, so that the system refuses what comes from us.
type private DeafPort(address: IPAddress) =
    let socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp)

    do
        socket.Bind(IPEndPoint(address, 0))
        socket.Connect(IPEndPoint(address, 9))

    member _.EndPoint = IPEndPoint(address, (Sockets.endPointOf socket).Port)
    member this.Uri = SipUri.Parse $"sip:nobody@{this.EndPoint}"
    member this.Hop = Hop(Transport.Udp, address, this.EndPoint.Port)

    interface IDisposable with
        member _.Dispose() = socket.Dispose()

let private onLinux run () =
    if not (OperatingSystem.IsLinux()) then
        skiptest "only Linux keeps ICMP messages for a socket that is not connected"

    run ()

let private refuses address bind =
    use deaf = new DeafPort(address)
    let legs = [| LegOptions.Udp bind |]
    let options = DispatcherOptions(Legs = legs, TimeProvider = FakeTimeProvider())
    let dispatcher = start options

    try
        let delivery =
            dispatcher.Deliver(dispatcher.CreateRequest(SipMethod.Options, deaf.Uri))

        match outcome delivery with
        | :? DeliveryOutcome.Unreachable as unreachable ->
            Expect.equal unreachable.LastHop deaf.Hop "where"
            Expect.equal unreachable.Fault TransportFault.ConnectionRefused "why"
            Expect.stringContains unreachable.Detail "ICMP: port unreachable" "in words"
        | other -> failtest $"{other}"

        Expect.equal (counter dispatcher "icmp_unreachable") 1L "counted"
        Expect.equal (counter dispatcher "receive_failed") 0L "no failure to receive"
    finally
        finish dispatcher

/// Two targets by SRV, the first of which refuses.
let private failsOver () =
    use deaf = new DeafPort(IPAddress.Loopback)
    use peer = new Peer()

    let zone =
        StaticDnsResolver()
            .AddSrv("_sip._udp.example.com", "deaf.example.com", deaf.EndPoint.Port, 1)
            .AddSrv("_sip._udp.example.com", "peer.example.com", peer.Port, 2)
            .AddAddress("deaf.example.com", "127.0.0.1")
            .AddAddress("peer.example.com", "127.0.0.1")

    let options =
        DispatcherOptions(Legs = loopback.Legs, Resolver = zone, TimeProvider = FakeTimeProvider())

    let dispatcher = start options

    try
        let uri = SipUri.Parse "sip:bob@example.com"
        let delivery = dispatcher.Deliver(dispatcher.CreateRequest(SipMethod.Message, uri))
        peer.Answer(peer.ReceiveRequest(), 200)
        Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Answered "by the second"
        Expect.stringContains (delivery.Explain()) "ICMP: port unreachable" "explained"
    finally
        finish dispatcher

/// Each refused datagram leaves an error in the socket, in front of the next good one.
let private harmsNobody rounds (dispatcher: Dispatcher) (peer: Peer) =
    use deaf = new DeafPort(IPAddress.Loopback)

    for round in 1..rounds do
        let refused =
            [ 1..10 ]
            |> List.map (fun _ ->
                dispatcher.Deliver(dispatcher.CreateRequest(SipMethod.Options, deaf.Uri)))

        let good = dispatcher.Deliver(request dispatcher peer SipMethod.Options)
        peer.Answer(peer.ReceiveRequest(), 200)
        Expect.equal (outcome good).Kind DeliveryOutcomeKind.Answered $"round {round}"

        for delivery in refused do
            Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Unreachable "refused"

    Expect.equal (counter dispatcher "icmp_unreachable") (10L * int64 rounds) "each counted once"
    Expect.equal (counter dispatcher "receive_failed") 0L "the loop saw no failure"
    Expect.equal (counter dispatcher "send_failed") 0L "no send failed"

/// A response that comes back ends nothing: its branch is the peer's.
let private ignoresResponses (dispatcher: Dispatcher) (peer: Peer) =
    use deaf = new DeafPort(IPAddress.Loopback)

    dispatcher.SetReceiver(fun received ->
        received.Respond(received.CreateResponse 200) |> ignore
        Receipt.Handled)

    let text =
        (peer.Request "OPTIONS")
            .Replace(";rport", "")
            .Replace($":{peer.Port};", $":{deaf.EndPoint.Port};")

    peer.Send(text, local dispatcher)
    Expect.equal (waitForCounter dispatcher "icmp_ignored" 1L) 1L "counted"
    peer.Send(peer.Request "OPTIONS", local dispatcher)
    Expect.equal (peer.ReceiveResponse().StatusCode) 200 "alive"

let private refused = Some TransportFault.ConnectionRefused
let private unreachable = Some TransportFault.HostUnreachable

/// Origin, type, code; what RFC 3261, 18.4 makes of it.
let private table = [
    2, 3, 0, unreachable, "network unreachable"
    2, 3, 1, unreachable, "host unreachable"
    2, 3, 2, unreachable, "protocol unreachable"
    2, 3, 3, refused, "port unreachable"
    2, 3, 4, None, "fragmentation needed: the next copy fits"
    2, 3, 9, unreachable, "network prohibited"
    2, 3, 10, unreachable, "host prohibited"
    2, 3, 13, unreachable, "prohibited"
    2, 12, 0, unreachable, "parameter problem"
    2, 11, 0, None, "time to live exceeded"
    2, 4, 0, None, "source quench"
    2, 5, 1, None, "redirect"
    3, 1, 0, unreachable, "v6: no route"
    3, 1, 1, unreachable, "v6: prohibited"
    3, 1, 3, unreachable, "v6: address unreachable"
    3, 1, 4, refused, "v6: port unreachable"
    3, 2, 0, None, "v6: packet too big"
    3, 3, 0, None, "v6: hop limit exceeded"
    3, 4, 1, unreachable, "v6: parameter problem"
    1, 3, 3, None, "of the system itself: the send has failed already"
    0, 3, 3, None, "no origin"
]

let private read (origin: int) (kind: int) (code: int) =
    match Icmp.Read(byte origin, byte kind, byte code) with
    | found when found.HasValue ->
        let struct (fault, _) = found.Value
        Some fault
    | _ -> None

let tests =
    testList "Icmp" [
        testCase "a closed port is Unreachable(ConnectionRefused) at once"
        <| onLinux (fun () -> refuses IPAddress.Loopback "127.0.0.1:0")

        testCase "over IPv6 too"
        <| onLinux (fun () ->
            if not Socket.OSSupportsIPv6 then
                skiptest "this machine has no IPv6"

            refuses IPAddress.IPv6Loopback "[::1]:0")

        testCase "a target that refuses is left for the next at once (RFC 3263, 4.3)"
        <| onLinux failsOver

        testCase "V-01: thousands of ICMP errors end no loop and harm no other delivery"
        <| onLinux (inRealTime (harmsNobody (if Suite.long then 10_000 else 300)))

        testCase "a response that comes back is counted, and ends nothing"
        <| onLinux (inRealTime ignoresResponses)

        for origin, kind, code, expected, name in table do
            testCase $"{name} (RFC 3261, 18.4)"
            <| fun () -> Expect.equal (read origin kind code) expected name
    ]
