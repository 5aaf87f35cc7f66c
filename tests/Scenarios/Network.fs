// The network between the nodes, as a value: what is in flight, what is lost, repeated or late by
// the scenario's word, who has vanished, and which streams there are. Everything has its instant;
// nothing is drawn by lot.
module SipFun.Tests.Scenarios.Network

open System
open SipFun
open SipFun.Core
open SipFun.Tests.Scenarios.Machine
open SipFun.Tests.Scenarios.Script

/// What became of a packet on its way.
type Fate =
    | Comes
    | Lost
    | Twice
    | Late of Duration

type Entry =
    | Wired of at: Instant * from: string * towards: string * ReadOnlyMemory<byte> * Fate
    | Heard of at: Instant * who: string * text: string

type Stream = {
    Opener: string
    /// The opener's number of it, and its port.
    Own: int64
    Port: int
    Accepter: string
    Theirs: int64
    /// Before this nothing is written to it.
    From: Instant
}

type Network = {
    Transport: Transport
    Latency: Duration
    Addresses: Map<string, Address>
    Troubles: Trouble list
    /// How often each trouble's message has been seen.
    Seen: Map<int, int>
    Vanished: Map<string, Instant>
    /// What becomes of the packet with this number, counted from 1; 0: of none.
    Mishap: int * Fate
    Wired: int
    Streams: Stream list
    /// By instant, and then in the order in which it was put there.
    InFlight: Map<struct (Instant * int), struct (string * Happening)>
    Count: int
    /// Newest first.
    Log: Entry list
}

let isStream network = TransportName.isReliable network.Transport
let port network = TransportName.defaultPort network.Transport

let nodeAt (address: Address) network =
    network.Addresses |> Map.tryFindKey (fun _ each -> each = address)

let private isGone who at network =
    match Map.tryFind who network.Vanished with
    | Some since -> at >= since
    | None -> false

/// To happen to a node at an instant, unless it has vanished by then.
let put at who happening network = {
    network with
        InFlight = Map.add (struct (at, network.Count)) (struct (who, happening)) network.InFlight
        Count = network.Count + 1
}

let private log entry network = { network with Log = entry :: network.Log }

let private isOf (which: Picked) from towards (packet: ReadOnlyMemory<byte>) =
    let message = SipMessage.Parse packet

    let words =
        match message with
        | :? SipResponse as response -> [ string response.StatusCode; response.CSeq.Method.Name ]
        | _ -> [ message.CSeq.Method.Name ]

    which.From = from
    && (which.To.IsNone || which.To = ValueSome towards)
    && which.What = List.truncate which.What.Length words

/// What the scenario says of this packet, and the counts with it.
let private fated from towards packet network =
    let consider (fate, seen: Map<int, int>) (index, trouble) =
        let count which made =
            if isOf which from towards packet then
                let nth = (Map.tryFind index seen |> Option.defaultValue 0) + 1
                (if nth = which.Nth then made else fate), Map.add index nth seen
            else
                fate, seen

        match trouble with
        | Drop which -> count which Lost
        | Duplicate which -> count which Twice
        | Delay(which, time) -> count which (Late time)
        | Vanish _ -> fate, seen

    let fate, seen =
        List.fold consider (Comes, network.Seen) (List.indexed network.Troubles)

    fate, { network with Seen = seen }

/// Whoever vanished neither sends nor receives.
let private fateOf now arrival from towards fate network =
    if isGone from now network || isGone towards arrival network then
        Lost
    else
        fate

/// A packet on its way: it arrives after the latency, or as its fate has it.
let private carry now start from towards source packet network =
    let fate, network = fated from towards packet network
    let arrival = start + network.Latency
    let network = { network with Wired = network.Wired + 1 }

    let fate =
        if fate = Comes && network.Wired = fst network.Mishap then
            snd network.Mishap
        else
            fate

    let fate = fateOf now arrival from towards fate network
    let network = log (Wired(now, from, towards, packet, fate)) network
    let arrives at = put at towards (Arrived(source, packet))

    match fate with
    | Comes -> arrives arrival network
    | Lost -> network
    | Twice -> arrives arrival network |> arrives arrival
    | Late time -> arrives (arrival + time) network

let private sourceOf who port flow network =
    let address = Map.find who network.Addresses
    { Hop.create network.Transport address port with Flow = flow }

/// Opens a stream: there at once for the opener after a round trip, then for the accepter.
let dial now from (hop: Hop) network =
    match nodeAt hop.Address network with
    | Some towards when
        not (isGone from now network || isGone towards (now + network.Latency) network)
        ->
        let number = int64 network.Streams.Length + 1L

        let stream = {
            Opener = from
            Own = (if hop.Flow = 0L then -1000L - number else hop.Flow)
            Port = 49151 + int number
            Accepter = towards
            Theirs = number
            From = now + 2L * network.Latency
        }

        let source = sourceOf from stream.Port number network

        { network with Streams = stream :: network.Streams }
        |> put stream.From from (Opened stream.Own)
        |> put (stream.From + network.Latency) towards (Accepted source)
    | _ -> put (now + 10_000L<ms>) from (Closed(hop.Flow, TransportFault.ConnectTimedOut)) network

let private streamOf from (hop: Hop) network =
    let other = nodeAt hop.Address network

    network.Streams
    |> List.tryFind (fun stream ->
        if hop.Flow <> 0L then
            stream.Opener = from && stream.Own = hop.Flow
            || stream.Accepter = from && stream.Theirs = hop.Flow
        else
            stream.Opener = from && Some stream.Accepter = other
            || stream.Accepter = from && Some stream.Opener = other)

let rec private write now from (hop: Hop) packet network =
    match streamOf from hop network with
    | Some stream when stream.Opener = from ->
        let source = sourceOf from stream.Port stream.Theirs network
        carry now (max now stream.From) from stream.Accepter source packet network
    | Some stream ->
        let source = sourceOf from (port network) stream.Own network
        carry now (max now stream.From) from stream.Opener source packet network
    | None when hop.Flow = 0L && (nodeAt hop.Address network).IsSome ->
        let network = dial now from hop network

        if (streamOf from hop network).IsSome then
            write now from hop packet network
        else
            network
    | None -> network

let private post now from (hop: Hop) packet network =
    let source = sourceOf from (port network) 0L network

    match nodeAt hop.Address network with
    | Some towards -> carry now now from towards source packet network
    | None -> log (Wired(now, from, Hop.toString hop, packet, Lost)) network

let private hangUp now from flow network =
    match
        streamOf
            from
            {
                Hop.create network.Transport network.Addresses[from] 0 with
                    Flow = flow
            }
            network
    with
    | Some stream ->
        let streams = network.Streams |> List.filter (fun each -> each <> stream)

        let who, theirs =
            if stream.Opener = from then
                stream.Accepter, stream.Theirs
            else
                stream.Opener, stream.Own

        { network with Streams = streams }
        |> put (now + network.Latency) who (Closed(theirs, TransportFault.Closed))
    | None -> network

/// What a node does becomes what happens to others.
let perform now who doing network =
    match doing with
    | Send(hop, packet) when isStream network -> write now who hop packet network
    | Send(hop, packet) -> post now who hop packet network
    | Dial hop -> dial now who hop network
    | HangUp flow -> hangUp now who flow network
    | Says text -> log (Heard(now, who, text)) network
