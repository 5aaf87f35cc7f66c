/// The MTU of a path, where it is known: told to the leg, or learnt from ICMP (RFC 3261, 18.1.1; S-24).
module SipFun.Tests.CSharpApi.PathMtuTests

open System
open System.Net
open System.Net.Sockets
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.Streams.StreamHouse

let private onLinux run () =
    if not (OperatingSystem.IsLinux()) then
        skiptest "only Linux keeps ICMP messages for a socket that is not connected"

    run ()

/// The one's complement sum of RFC 792.
let private checksum (octets: byte array) =
    let mutable sum = 0

    for at in 0..2 .. octets.Length - 1 do
        let low = if at + 1 < octets.Length then int octets[at + 1] else 0
        sum <- sum + (int octets[at] <<< 8) + low

    while sum > 0xffff do
        sum <- (sum &&& 0xffff) + (sum >>> 16)

    uint16 ~~~sum

let private word (value: int) = [| byte (value >>> 8); byte value |]

/// "Fragmentation needed" about a datagram of this much text, as a router writes it (RFC 1191, 4).
let private tooBig (from: IPEndPoint) (to': IPEndPoint) mtu (text: byte array) =
    let quoted = text[..399]
    let ip = [| 0x45uy; 0uy; yield! word (28 + text.Length); yield! Array.zeroCreate 4 |]

    let addresses =
        Array.append (from.Address.GetAddressBytes()) (to'.Address.GetAddressBytes())

    let udp =
        [ from.Port; to'.Port; 8 + text.Length; 0 ] |> List.map word |> Array.concat

    let rest = [| 64uy; 17uy; 0uy; 0uy; yield! addresses; yield! udp; yield! quoted |]

    let message sum = [|
        3uy
        4uy
        yield! word sum
        0uy
        0uy
        yield! word mtu
        yield! ip
        yield! rest
    |]

    message (int (checksum (message 0)))

let private rawSocket () =
    try
        new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp)
    with :? SocketException ->
        skiptest "only a privileged user may send ICMP"

/// An address of loopback that no other test uses: the system too remembers what it is told.
let private learnsPathMtu () =
    use raw = rawSocket ()

    use peer =
        new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)

    peer.Bind(IPEndPoint(IPAddress.Parse "127.91.1.77", 0))
    peer.ReceiveTimeout <- Patience.milliseconds
    let target = Sockets.endPointOf peer
    let legs = [| LegOptions.Udp "127.0.0.1:0"; LegOptions.Tcp "127.0.0.1:0" |]

    let dispatcher =
        start (DispatcherOptions(Legs = legs, TimeProvider = FakeTimeProvider()))

    let deliver size =
        let request =
            dispatcher.CreateRequest(SipMethod.Options, SipUri.Parse $"sip:a@{target}")

        dispatcher.Deliver(request.WithAddedHeader("Subject", String('x', size)))

    try
        let first = deliver 10
        let buffer: byte array = Array.zeroCreate 2000
        let text = buffer[.. peer.Receive buffer - 1]
        let icmp = tooBig (local dispatcher) target 900 text
        raw.SendTo(icmp, IPEndPoint(IPAddress.Loopback, 0)) |> ignore
        Expect.equal (waitForCounter dispatcher "icmp_too_big" 1L) 1L "counted"
        House.settle dispatcher
        Expect.equal (dispatcher.Deliveries.Count) 1 "and the request goes on"
        let second = deliver 600
        House.settle dispatcher
        first.Cancel() |> ignore
        // Over TCP, which is refused there, hence over UDP after all.
        peer.Receive buffer |> ignore
        second.Cancel() |> ignore
        wait second.Completion |> ignore
        let text = second.Explain()
        Expect.stringContains text "900 bytes, as ICMP said: up to 700 go over UDP" "learnt"
        Expect.stringContains text "over TCP instead of UDP" "and used"
        Expect.stringContains (first.Explain()) "too big for the path, which takes 900" "noted"
    finally
        finish dispatcher

/// 1,700 bytes are more than 1300, but not for a path of 2000.
let private toldPathMtu () =
    use peer = new Peer()

    let legs = [|
        LegOptions.Udp "127.0.0.1:0" |> changed [ "PathMtu", box 2000 ]
        LegOptions.Tcp "127.0.0.1:0"
    |]

    let dispatcher =
        start (DispatcherOptions(Legs = legs, TimeProvider = FakeTimeProvider()))

    try
        let request = dispatcher.CreateRequest(SipMethod.Options, peer.Uri)

        let delivery =
            dispatcher.Deliver(request.WithAddedHeader("Subject", String('x', 1400)))

        Expect.isGreaterThan (peer.ReceiveBytes().Length) 1400 "over UDP"
        delivery.Cancel() |> ignore
        wait delivery.Completion |> ignore
        let text = delivery.Explain()
        Expect.stringContains text "2000 bytes, as its leg was told: up to 1800 go over UDP" "why"
    finally
        finish dispatcher

let tests =
    testList "Path MTU" [
        testCase "S-24: LegOptions.PathMtu decides from which size on TCP is asked for" toldPathMtu
        testCase "S-24: an ICMP message teaches the MTU of a path" <| onLinux learnsPathMtu
        testCase "less than 576 is misuse"
        <| fun () ->
            Expect.throws
                (fun () -> changed [ "PathMtu", box 575 ] (LegOptions.Udp "127.0.0.1:0") |> ignore)
                "refused"
    ]
