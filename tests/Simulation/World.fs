// The mean network of the mass simulation: datagrams that are lost, doubled, late or changed, streams
// that are refused, reset or slow, a name server that fails. One loop, in virtual time, for one seed.
namespace SipFun.Tests.Simulation

open System
open System.Collections.Generic
open SipFun
open SipFun.Core

/// How mean it is.
type Weather = {
    Loss: float
    Duplication: float
    Corruption: float
    Delay: int
    Jitter: int
    /// Streams that are refused, or reset while a packet goes over them.
    Refusal: float
    Reset: float
    ServFail: float
    Silence: float
    Truncation: float
    /// Datagrams to nobody that come back as ICMP messages, and others that do for no good reason.
    Icmp: float
    FalseIcmp: float
}

module Weather =
    let good = {
        Loss = 0.0
        Duplication = 0.0
        Corruption = 0.0
        Delay = 1
        Jitter = 0
        Refusal = 0.0
        Reset = 0.0
        ServFail = 0.0
        Silence = 0.0
        Truncation = 0.0
        Icmp = 1.0
        FalseIcmp = 0.0
    }

    let drawn (lots: Lots) = {
        Loss = lots.Pick [| 0.0; 0.02; 0.1; 0.3; 0.5 |]
        Duplication = lots.Pick [| 0.0; 0.0; 0.1; 0.3 |]
        Corruption = lots.Pick [| 0.0; 0.0; 0.02; 0.1 |]
        Delay = lots.Pick [| 1; 20; 150; 600 |]
        Jitter = lots.Pick [| 0; 10; 200; 1500 |]
        Refusal = lots.Pick [| 0.0; 0.0; 0.2; 1.0 |]
        Reset = lots.Pick [| 0.0; 0.0; 0.05; 0.2 |]
        ServFail = lots.Pick [| 0.0; 0.0; 0.2 |]
        Silence = lots.Pick [| 0.0; 0.0; 0.2 |]
        Truncation = lots.Pick [| 0.0; 0.0; 0.3 |]
        Icmp = lots.Pick [| 0.0; 0.5; 1.0 |]
        FalseIcmp = lots.Pick [| 0.0; 0.0; 0.02 |]
    }

/// A connection: the numbers that its ends know it by, 0 when that end is done with it.
type Stream = {
    Opener: int
    Accepter: int
    OpenerLeg: int
    mutable OpenerFlow: int64
    mutable AccepterFlow: int64
    Port: int
    /// What is written does not overtake what was.
    mutable LastArrival: int64
}

/// One packet as it left, told only when somebody asks.
[<Struct>]
type private Noted = {
    At: int64
    From: string
    Towards: string
    Packet: ReadOnlyMemory<byte>
    Fate: string
}

type World(weather: Weather, lots: Lots, actors: Actor array, zone: DnsQuestion -> DnsAnswer) =
    let agenda = PriorityQueue<(int64 -> unit), struct (int64 * int)>()
    let streams = List<Stream>()
    let log = Queue<Noted>()
    let mutable order = 0
    let mutable now = 0L
    let mutable cutFrom = Int64.MaxValue
    let mutable cutTo = Int64.MaxValue
    let mutable packets = 0
    let mutable complaints = 0

    let address index = Address.ofV4 (0x0A000001u + uint32 index)
    let nodeAt (address: Address) = int (uint32 address.Low - 0x0A000001u)
    let instant () = now * 1L<ms>

    let at time what =
        order <- order + 1
        agenda.Enqueue(what, struct (time, order))

    let note (from: string) (towards: string) (packet: ReadOnlyMemory<byte>) fate =
        if log.Count > 400 then
            log.Dequeue() |> ignore

        log.Enqueue {
            At = now
            From = from
            Towards = towards
            Packet = packet
            Fate = fate
        }

    let told (noted: Noted) =
        let line = Octets.toText noted.Packet.Span
        let first = line.Substring(0, max 0 (line.IndexOf '\r'))
        $"%9.3f{float noted.At / 1000.0} {noted.From} > {noted.Towards}: {first}{noted.Fate}"

    let isCut () = now >= cutFrom && now < cutTo

    let delay () =
        int64 (weather.Delay + (if weather.Jitter = 0 then 0 else lots.Below weather.Jitter))

    let changed (packet: ReadOnlyMemory<byte>) =
        let octets = packet.ToArray()
        let at = lots.Below octets.Length
        octets[at] <- octets[at] ^^^ byte (1 + lots.Below 255)
        ReadOnlyMemory octets

    /// A node takes what came, and what it then does happens to the others.
    let rec give index (input: Input) =
        actors[index].Take(instant (), input)
        settle index

    and receive index leg (source: Hop) (packet: ReadOnlyMemory<byte>) =
        match SipMessage.TryParse packet with
        | true, message, _ ->
            give index (Received(actors[index].Fresh(), leg, source, nonNull message))
        | _ -> ()

    and settle index =
        let actor = actors[index]

        while actor.Deeds.Count > 0 do
            perform index (actor.Deeds.Dequeue())

        while actor.Later.Count > 0 do
            let struct (delay, input) = actor.Later.Dequeue()

            at (now + int64 delay) (fun _ ->
                actor.Take(instant (), ToAgent input)
                settle index)

    and perform index deed =
        match deed with
        | Send(_, hop, packet) when hop.Transport = Transport.Udp -> post index hop packet
        | Send(leg, hop, packet) -> write index leg hop packet
        | Dial(leg, hop) -> dial index leg hop
        | HangUp flow -> hangUp index flow
        | Ask question -> ask index question

    and post index hop packet =
        let towards = nodeAt hop.Address
        packets <- packets + 1

        let isNobody = towards < 0 || towards >= actors.Length

        if lots.Happens(if isNobody then weather.Icmp else weather.FalseIcmp) then
            at (now + delay ()) (fun _ -> complain index packet)

        if isNobody || isCut () || lots.Happens weather.Loss then
            note actors[index].Name (Hop.toString hop) packet " (lost)"
        else
            let copies = if lots.Happens weather.Duplication then 2 else 1

            note
                actors[index].Name
                actors[towards].Name
                packet
                (if copies = 2 then " (twice)" else "")

            let source = Hop.create Transport.Udp (address index) 5060

            for _ in 1..copies do
                let packet = if lots.Happens weather.Corruption then changed packet else packet
                at (now + delay ()) (fun _ -> receive towards 1 source packet)

    /// An ICMP message about a request of ours (RFC 3261, 18.4): nobody is there, or the path is narrow.
    and complain index packet =
        complaints <- complaints + 1

        match SipMessage.TryParse packet with
        | true, (:? SipRequest as request), _ ->
            let branch = string request.TopVia.Branch

            let fault =
                lots.Pick [| TransportFault.ConnectionRefused; TransportFault.HostUnreachable |]

            give
                index
                (if lots.Happens 0.3 then
                     PathMtuLearnt(branch, 1280)
                 else
                     Bounced(branch, fault, "icmp"))
        | _ -> ()

    and streamOf index flow =
        streams
        |> Seq.tryFind (fun stream ->
            stream.Opener = index && stream.OpenerFlow = flow
            || stream.Accepter = index && stream.AccepterFlow = flow)

    /// Both ends hear that it is over, unless they ended it.
    and over (stream: Stream) =
        streams.Remove stream |> ignore
        let opener, accepter = stream.OpenerFlow, stream.AccepterFlow
        let closed flow = FlowClosed(flow, TransportFault.Closed, "reset")

        at (now + delay ()) (fun _ ->
            if opener <> 0L then
                give stream.Opener (closed opener)

            if accepter <> 0L then
                give stream.Accepter (closed accepter))

    and write index _ hop packet =
        match streamOf index hop.Flow with
        | None -> ()
        | Some stream ->
            packets <- packets + 1
            let isOpener = stream.Opener = index && stream.OpenerFlow = hop.Flow
            let towards = if isOpener then stream.Accepter else stream.Opener
            note actors[index].Name actors[towards].Name packet " (tcp)"

            if lots.Happens weather.Reset then
                over stream
            else
                let arrival = max stream.LastArrival (now + delay ())
                stream.LastArrival <- arrival
                at arrival (fun _ -> arrive stream isOpener packet)

    and arrive stream isFromOpener packet =
        if streams.Contains stream then
            if isCut () then
                // TCP sends it again until it gets through.
                at (now + 1000L) (fun _ -> arrive stream isFromOpener packet)
            elif isFromOpener && stream.AccepterFlow <> 0L then
                let peer = Hop.create Transport.Tcp (address stream.Opener) stream.Port
                receive stream.Accepter 2 { peer with Flow = stream.AccepterFlow } packet
            elif not isFromOpener && stream.OpenerFlow <> 0L then
                let peer = Hop.create Transport.Tcp (address stream.Accepter) 5060
                receive stream.Opener 2 { peer with Flow = stream.OpenerFlow } packet

    and dial index leg hop =
        let towards = nodeAt hop.Address
        let refused fault = give index (FlowClosed(hop.Flow, fault, "not opened"))

        if towards < 0 || towards >= actors.Length || isCut () then
            at (now + 10_000L) (fun _ -> refused TransportFault.ConnectTimedOut)
        elif lots.Happens weather.Refusal then
            at (now + 2L * delay ()) (fun _ -> refused TransportFault.ConnectionRefused)
        else
            at (now + 2L * delay ()) (fun _ -> opened index leg hop towards)

    and opened index leg hop towards =
        let flow = actors[towards].Fresh()

        let stream = {
            Opener = index
            Accepter = towards
            OpenerLeg = leg
            OpenerFlow = hop.Flow
            AccepterFlow = flow
            Port = 49152 + int (flow % 10_000L)
            LastArrival = now
        }

        streams.Add stream
        let peer = Hop.create Transport.Tcp (address index) stream.Port
        give towards (FlowAccepted(2, { peer with Flow = flow }, []))
        give index (FlowOpened hop.Flow)

        // No shell keeps an unused connection for ever.
        at (now + 60_000L) (fun _ -> idle stream)

    and idle stream =
        if streams.Contains stream then
            if stream.OpenerFlow <> 0L then
                give stream.Opener (FlowIdle stream.OpenerFlow)

            if streams.Contains stream && stream.AccepterFlow <> 0L then
                give stream.Accepter (FlowIdle stream.AccepterFlow)

            at (now + 30_000L) (fun _ -> idle stream)

    and hangUp index flow =
        match streamOf index flow with
        | None -> ()
        | Some stream ->
            if stream.Opener = index && stream.OpenerFlow = flow then
                stream.OpenerFlow <- 0L
            else
                stream.AccepterFlow <- 0L

            over stream

    and ask index question =
        let answer =
            if lots.Happens weather.ServFail then
                DnsAnswer.Failed DnsStatus.ServFail
            else
                zone (DnsMapping.ToDnsQuestion question)

        let answer =
            if answer.Records.Count > 1 && lots.Happens weather.Truncation then
                DnsAnswer.Of [| answer.Records[0] |]
            else
                answer

        if not (lots.Happens weather.Silence) then
            at (now + delay ()) (fun _ ->
                give index (Input.Answered(question, DnsMapping.ToAnswer answer)))

    let nextAlarm () =
        let mutable best = struct (Int64.MaxValue, -1)

        for index in 0 .. actors.Length - 1 do
            let alarm = int64 actors[index].Alarm
            let struct (least, _) = best

            if alarm < Int64.MaxValue && max now alarm < least then
                best <- struct (max now alarm, index)

        best

    let happen limit =
        let struct (alarm, index) = nextAlarm ()
        let mutable what = Unchecked.defaultof<int64 -> unit>
        let mutable place = struct (Int64.MaxValue, 0)

        if not (agenda.TryPeek(&what, &place)) then
            place <- struct (Int64.MaxValue, 0)

        let struct (due, _) = place

        if min due alarm > limit || min due alarm = Int64.MaxValue then
            false
        elif due <= alarm then
            agenda.Dequeue() |> ignore
            now <- max now due
            what now
            true
        else
            now <- alarm
            actors[index].Ring(instant ())
            settle index
            true

    member _.Now = now
    member _.Packets = packets
    /// ICMP messages.
    member _.Complaints = complaints
    member _.Log = [ for noted in log -> told noted ]
    member _.Order(time, what: unit -> unit) = at time (fun _ -> what ())

    /// Nothing passes in this time.
    member _.Cut(from, until) =
        cutFrom <- from
        cutTo <- until

    member _.Address index = address index
    member _.Give(index, input) = give index input

    member _.Do(index, input) =
        actors[index].Take(instant (), ToAgent input)
        settle index

    member _.Settle index = settle index

    /// Every stream is reset.
    member _.ResetAll() = Seq.iter over (List.ofSeq streams)

    /// Until nothing more happens, or this instant; false: it never comes to rest.
    member _.Run(limit: int64, check: unit -> unit) =
        let mutable left = 200_000

        while left > 0 && happen limit do
            left <- left - 1
            check ()

        left > 0
