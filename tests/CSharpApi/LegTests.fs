module SipFun.Tests.CSharpApi.LegTests

open System
open System.IO
open System.Net
open System.Net.Sockets
open Expecto
open SipFun
open SipFun.Shell
open SipFun.Tests.CSharpApi.House

let private answering (dispatcher: Dispatcher) =
    dispatcher.SetReceiver(fun received ->
        received.Respond(received.CreateResponse 200) |> ignore
        Receipt.Handled)

let private isAnswered (peer: Peer) (target: IPEndPoint) =
    peer.Send(peer.Request "OPTIONS", target)
    peer.ReceiveResponse().StatusCode = 200 && peer.From.Equals target

/// F# has no `with` for a C# record.
let advertising (host: string) (options: LegOptions) =
    match typeof<LegOptions>.GetProperty "Advertise" with
    | NonNull property -> property.SetValue(options, host)
    | _ -> failtest "no Advertise"

    options

/// RFC 3261, 18.2.1: a peer may answer a UDP request's sender over TCP, at the same port.
let private onePort () =
    let together = Net.IPAddress.Parse "127.46.8.1"
    let bind = $"{together}:0"

    for legs in
        [
            [ LegOptions.Udp bind; LegOptions.Tcp bind ]
            [ LegOptions.Tcp bind; LegOptions.Udp bind ]
        ] do
        let dispatcher = start (DispatcherOptions(Legs = Array.ofList legs))

        try
            let ports = dispatcher.Legs |> Seq.map _.LocalEndPoint.Port |> Seq.distinct
            Expect.equal (Seq.length ports) 1 "one port"
            let next = wait (dispatcher.AddLegAsync(LegOptions.Tcp bind))
            Expect.notEqual next.LocalEndPoint.Port (Seq.head ports) "taken: another one"
        finally
            finish dispatcher

let tests =
    testList "legs" [
        testCase "UDP and TCP at one address have one port, where it is free" onePort

        testCase "added and removed while running"
        <| inRealTime (fun dispatcher peer ->
            answering dispatcher
            let leg = wait (dispatcher.AddLegAsync(LegOptions.Udp "127.0.0.1:0"))
            Expect.isTrue (isAnswered peer leg.LocalEndPoint) "received and answered there"

            let options = DeliverOptions(Leg = leg)
            dispatcher.Deliver(request dispatcher peer SipMethod.Options, options) |> ignore
            peer.ReceiveRequest() |> ignore
            Expect.equal peer.From leg.LocalEndPoint "sent from there"

            Expect.isTrue (wait (dispatcher.RemoveLegAsync leg)) "removed"
            Expect.isFalse (wait (dispatcher.RemoveLegAsync leg)) "only once"
            Expect.equal dispatcher.Legs.Count 1 "one is left"

            use again =
                new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)

            again.Bind leg.LocalEndPoint)

        testCase "GetLegs filters by address, port, transport and condition"
        <| inRealTime (fun dispatcher _ ->
            let leg = wait (dispatcher.AddLegAsync(LegOptions.Udp "127.0.0.1:0"))
            let port = Nullable leg.LocalEndPoint.Port
            Expect.equal (dispatcher.GetLegs().Count) 2 "all"
            Expect.sequenceEqual (dispatcher.GetLegs(port = port)) [ leg ] "by port"
            Expect.equal (dispatcher.GetLegs(IPAddress.Loopback).Count) 2 "by address"
            Expect.isEmpty (dispatcher.GetLegs(IPAddress.Parse "192.0.2.1")) "by address"
            Expect.isEmpty (dispatcher.GetLegs(transport = Nullable Transport.Tcp)) "by transport"

            Expect.sequenceEqual
                (dispatcher.GetLegs(where = fun one -> Object.ReferenceEquals(one, leg)))
                [ leg ]
                "by condition")

        testCase "0.0.0.0 is one socket for each address, never 0.0.0.0 in a Via"
        <| fun () ->
            use peer = new Peer()
            let dispatcher = start (DispatcherOptions(Legs = [| LegOptions.Udp "0.0.0.0:0" |]))

            try
                answering dispatcher
                let leg = dispatcher.Legs[0]
                let ports = leg.LocalEndPoints |> Seq.map _.Port |> Seq.distinct |> List.ofSeq
                Expect.equal ports [ leg.LocalEndPoint.Port ] "one port on all"

                for local in leg.LocalEndPoints do
                    Expect.notEqual local.Address IPAddress.Any "a real address"

                let loopback = IPEndPoint(IPAddress.Loopback, leg.LocalEndPoint.Port)
                Expect.isTrue (isAnswered peer loopback) "answered from where it was asked"
                let options = DeliverOptions(Leg = leg)
                dispatcher.Deliver(request dispatcher peer SipMethod.Options, options) |> ignore
                let asked = peer.ReceiveRequest()
                Expect.notEqual asked.TopVia.Host "0.0.0.0" "our Via"
            finally
                finish dispatcher

        testCase "IPv6 works from end to end, with brackets in the Via"
        <| fun () ->
            if not Socket.OSSupportsIPv6 then
                skiptest "this machine has no IPv6"

            use peer = new Peer(IPAddress.IPv6Loopback)
            let dispatcher = start (DispatcherOptions(Legs = [| LegOptions.Udp "[::1]:0" |]))

            try
                answering dispatcher
                Expect.isTrue (isAnswered peer (local dispatcher)) "receives and answers"
                let delivery = dispatcher.Deliver(request dispatcher peer SipMethod.Options)
                let asked = peer.ReceiveRequest()
                Expect.equal asked.TopVia.Host "[::1]" "sent-by (RFC 3261, 25.1)"
                peer.Answer(asked, 200)
                Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Answered "answered"
            finally
                finish dispatcher

        testCase "Advertise stands in the Via; FromSocket takes a socket of one's own"
        <| fun () ->
            use peer = new Peer()
            let socket = Sockets.bound ()
            let own = advertising "sip.example.com" (LegOptions.FromSocket socket)
            let dispatcher = start (DispatcherOptions(Legs = [| own |]))

            try
                let leg = dispatcher.Legs[0]
                Expect.equal leg.LocalEndPoint (Sockets.endPointOf socket) "the socket"
                let delivery = dispatcher.Deliver(request dispatcher peer SipMethod.Options)
                let via = peer.ReceiveRequest().TopVia
                Expect.equal via.SentBy $"sip.example.com:{leg.LocalEndPoint.Port}" "advertised"
                Expect.isTrue (delivery.Cancel()) "cancelled"
            finally
                finish dispatcher

        testCase "of two legs that suit, the one from whose address the system would send"
        <| fun () ->
            let other, near = IPAddress.Parse "127.0.0.2", IPAddress.Parse "127.0.0.3"
            let asSystem = SystemSource.For near

            if not (canBind (IPEndPoint(other, 0)) && asSystem = IPAddress.Loopback) then
                skiptest "this system has one loopback address"

            use peer = new Peer(near)
            let legs = [| LegOptions.Udp "127.0.0.2:0"; LegOptions.Udp "127.0.0.1:0" |]
            let dispatcher = start (DispatcherOptions(Legs = legs))

            try
                let delivery = dispatcher.Deliver(request dispatcher peer SipMethod.Options)
                let asked = peer.ReceiveRequest()
                Expect.equal asked.TopVia.Host "127.0.0.1" "not the first added"
                peer.Answer(asked, 200)
                Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Answered "answered"
                let why = delivery.Explain()
                Expect.stringContains why "the system sends to 127.0.0.3 from 127.0.0.1" "told"
                Expect.stringContains why "the system would send from 127.0.0.1" "why not"
                let found = wait (dispatcher.ResolveUriAsync peer.Uri)
                Expect.equal found.Candidates[0].Legs[0] dispatcher.Legs[1] "resolved so too"
            finally
                finish dispatcher

        testCase "the system's source: itself to itself in both families, nobody to nowhere"
        <| fun () ->
            Expect.equal (SystemSource.For IPAddress.Loopback) IPAddress.Loopback "IPv4"

            if Socket.OSSupportsIPv6 then
                Expect.equal (SystemSource.For IPAddress.IPv6Loopback) IPAddress.IPv6Loopback "IPv6"

            Expect.isNull (SystemSource.For IPAddress.Broadcast) "not allowed: no way there"

        testCase "a socket is one leg's"
        <| inRealTime (fun dispatcher _ ->
            let own = LegOptions.FromSocket(Sockets.bound ())
            let leg = wait (dispatcher.AddLegAsync own)

            Expect.throwsT<ArgumentException>
                (fun () -> wait (dispatcher.AddLegAsync own) |> ignore)
                "twice"

            Expect.isTrue (wait (dispatcher.RemoveLegAsync leg)) "the first is there")

        testCase "adding needs no thread of the pool"
        <| inRealTime (fun dispatcher _ ->
            let adding = dispatcher.AddLegAsync(LegOptions.Udp "127.0.0.1:0")
            Expect.isTrue adding.IsCompletedSuccessfully "added when the call returned")

        testCase "what cannot be bound says so"
        <| inRealTime (fun dispatcher peer ->
            let taken = LegOptions.Udp peer.HostPort

            let failure =
                Expect.throwsC
                    (fun () -> wait (dispatcher.AddLegAsync taken) |> ignore)
                    (fun failure -> failure)

            Expect.isTrue (failure :? IOException) "IOException"
            Expect.stringContains failure.Message peer.HostPort "which address"

            for wrong in [ "127.0.0.1"; "localhost:5060"; ""; "127.0.0.1:70000"; "::1" ] do
                Expect.throwsT<ArgumentException>
                    (fun () -> LegOptions.Udp wrong |> ignore)
                    $"\"{wrong}\" is no address and port")
    ]
