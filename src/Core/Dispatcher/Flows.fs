// Connections: which one a packet goes over, when one is opened, and what ends with it. A packet for a
// connection that is still being opened waits in a bounded queue (RFC 3261, 18; RFC 5923).
module internal SipFun.Core.Flows

open SipFun

let tryFind (number: int64) work = Trie.tryFind (uint64 number) work.State.Flows

let private isSame (a: Hop) (b: Hop) =
    a.Transport = b.Transport
    && a.Port = b.Port
    && a.Address = { b.Address with Scope = a.Address.Scope }

/// Whether the connection lives that this hop names, and leads to its address and port: elsewhere the same
/// number is another's.
let isLiving (hop: Hop) (state: State) =
    match Trie.tryFind (uint64 hop.Flow) state.Flows with
    | ValueSome flow -> isSame flow.Hop hop
    | ValueNone -> false

let private set (flow: Flow) work = {
    work with
        State = {
            work.State with
                Flows = Trie.set (uint64 flow.Hop.Flow) flow work.State.Flows
        }
}

let private indexed change (flow: Flow) peers work =
    let row index peer = change (Keys.hash work.Settings peer) flow.Hop.Flow index

    {
        work with
            State = { work.State with ByPeer = List.fold row work.State.ByPeer peers }
    }

let add (flow: Flow) work =
    let work = set flow work |> indexed Index.add flow flow.Peers

    {
        work with
            State = { work.State with FlowCount = work.State.FlowCount + 1 }
    }

let private remove (flow: Flow) work =
    let state = (indexed Index.remove flow flow.Peers work).State

    {
        work with
            State = {
                state with
                    Flows = Trie.remove (uint64 flow.Hop.Flow) state.Flows
                    FlowCount = state.FlowCount - 1
            }
    }

/// Of several connections to one end the newest: the older ones are likelier to be dead.
let private tryFindPeer leg (hop: Hop) name work =
    let peer = Flow.peer leg hop name

    Index.numbers (Keys.hash work.Settings peer) work.State.ByPeer
    |> List.choose (fun number ->
        match tryFind number work with
        | ValueSome flow when List.contains peer flow.Peers -> Some flow
        | _ -> None)
    |> List.tryLast

let private isFull work (flow: Flow) =
    match flow.Phase with
    | Opening(count, _) -> count >= work.Settings.Limits.FlowQueue
    | Open -> false

let private connect leg (hop: Hop) work =
    let number = work.State.Dialled - 1L
    let hop = { Flow.named hop with Flow = number }

    let flow = {
        Leg = leg
        Hop = hop
        Phase = Opening(0, [])
        Names = []
        Peers = [ Flow.peer leg hop hop.VerifyName ]
        IsRetired = false
    }

    let work = { work with State = { work.State with Dialled = number } }
    struct (hop, add flow work |> Work.emit (Effect.Connect(leg, hop)))

/// The connection the hop names, as long as it lives and is this leg's; else one to its address that
/// was verified for its name, or for the address.
let private existing leg (hop: Hop) work =
    match tryFind hop.Flow work with
    | ValueSome flow when flow.Leg = leg -> Some flow
    | _ ->
        let named = Flow.named hop
        tryFindPeer leg named named.VerifyName work

/// Whether a packet to that hop, by that leg, has its connection already.
let isThere leg hop work = (existing leg hop work).IsSome

let private full work = Work.count Counted.FlowsFull work

let private dial
    leg
    (hop: Hop)
    work
    : struct (Result<Hop, struct (TransportFault * string)> * Work) =
    if work.State.FlowCount >= work.Settings.Limits.Flows then
        let detail =
            $"{work.Settings.Limits.Flows} connections are open (Limits.Connections)"

        struct (Error(struct (TransportFault.TooManyConnections, detail)), full work)
    else
        let struct (hop, work) = connect leg hop work
        struct (Ok hop, work)

/// The hop with its connection, which is opened if there is none. Datagrams need none.
let claim leg (hop: Hop) work : struct (Result<Hop, struct (TransportFault * string)> * Work) =
    if not (TransportName.isReliable hop.Transport) then
        struct (Ok hop, work)
    else
        match existing leg hop work with
        | Some flow when isFull work flow ->
            let detail = $"{work.Settings.Limits.FlowQueue} packets wait for this connection"
            struct (Error(struct (TransportFault.QueueFull, detail)), full work)
        | Some flow -> struct (Ok flow.Hop, work)
        | None -> dial leg hop work

/// The same, but over no connection that is open already: one that is being opened, or a new one.
let claimAnew leg (hop: Hop) work =
    let named = Flow.named { hop with Flow = 0L }

    match tryFindPeer leg named named.VerifyName work with
    | Some { Phase = Opening _ } -> claim leg named work
    | _ -> dial leg named work

let isOpen (hop: Hop) work =
    match tryFind hop.Flow work with
    | ValueSome { Phase = Open } -> true
    | _ -> false

/// The leg that a claimed hop is sent from: its connection's.
let legOf leg (hop: Hop) work =
    match tryFind hop.Flow work with
    | ValueSome flow -> flow.Leg
    | ValueNone -> leg

let private park (parked: Parked) (flow: Flow) work =
    match flow.Phase with
    | Opening(count, waiting) ->
        set { flow with Phase = Opening(count + 1, parked :: waiting) } work
    | Open -> work

let private give number leg (hop: Hop) packet report isOwned work =
    match tryFind hop.Flow work with
    | ValueSome({ Phase = Opening _ } as flow) ->
        let parked = {
            Number = number
            Packet = packet
            Report = report
            IsOwned = isOwned
        }

        park parked flow work
    | _ -> Work.emit (Effect.Transmit(number, leg, hop, packet, report)) work

/// A delivery's packet, to a hop that was claimed: out, or in front of its connection.
let transmit number leg (hop: Hop) packet report work =
    if TransportName.isReliable hop.Transport then
        give number leg hop packet report true work
    else
        Work.emit (Effect.Transmit(number, leg, hop, packet, report)) work

/// A packet of no delivery: an ACK, a copy of a response, an answer without state.
let send number leg (hop: Hop) packet work =
    match claim leg hop work with
    | struct (Ok hop, work) -> give number (legOf leg hop work) hop packet false false work
    | struct (Error _, work) -> Work.count Counted.Undeliverable work

/// A delivery that was cancelled, or went on elsewhere, sends nothing any more (law D2).
let private isWanted (flow: Flow) work (parked: Parked) =
    match State.tryFind parked.Number work.State with
    | _ when not parked.IsOwned -> true
    | ValueSome(ClientEntry { Told = true }) -> false
    | ValueSome(ClientEntry { Phase = Calling attempt })
    | ValueSome(ClientEntry { Phase = Proceeding attempt })
    | ValueSome(ClientEntry { Phase = Passing attempt }) -> attempt.Hop.Flow = flow.Hop.Flow
    | ValueSome(ReplyEntry { Phase = Handing(_, hop, _) })
    | ValueSome(ReplyEntry { Phase = AwaitingAck(_, hop) }) -> hop.Flow = flow.Hop.Flow
    | _ -> false

let private release (flow: Flow) work (parked: Parked) =
    if isWanted flow work parked then
        let effect =
            Effect.Transmit(parked.Number, flow.Leg, flow.Hop, parked.Packet, parked.Report)

        Work.emit effect work
    else
        work

/// What waited goes out, in the order in which it came.
let opened number work =
    match tryFind number work with
    | ValueSome({ Phase = Opening(_, parked) } as flow) ->
        let flow = { flow with Phase = Open }
        List.rev parked |> List.fold (release flow) (set flow work)
    | _ -> Work.count Counted.LateInput work

/// A peer connected. Its own end serves requests to exactly that end, but not where a certificate
/// would have to vouch for it: the names it proved come with RFC 5923's alias.
let accepted leg (source: Hop) names work =
    if work.State.FlowCount >= work.Settings.Limits.Flows then
        Work.emit (Effect.Disconnect(leg, source.Flow)) work |> Work.count Counted.Overload
    else
        let flow = {
            Leg = leg
            Hop = source
            Phase = Open
            Names = names
            Peers =
                if TransportName.isSecure source.Transport then
                    []
                else
                    [ Flow.peer leg source null ]
            IsRetired = false
        }

        add flow work

/// RFC 5923, 5: a peer whose certificate was verified asks that requests to the address in its Via
/// go over the connection it made. The port it names last counts.
let alias (source: Hop) (request: SipRequest) work =
    match tryFind source.Flow work with
    | ValueSome({ Names = (_ :: _) as names; IsRetired = false } as flow) when
        request.TopVia.HasParameter "alias"
        ->
        let port = request.TopVia.Port.GetValueOrDefault(Hop.defaultPort source.Transport)
        let hop = { source with Port = port }

        let peers = names |> List.map (Flow.peer flow.Leg hop) |> List.distinct

        if peers = flow.Peers then
            work
        else
            indexed Index.remove flow flow.Peers work
            |> set { flow with Peers = peers }
            |> indexed Index.add flow peers
    | _ -> work

let private isUnused (flow: Flow) work =
    flow.Phase = Open && (Index.numbers (uint64 flow.Hop.Flow) work.State.ByFlow).IsEmpty

let private disconnectIfUnused (flow: Flow) work =
    if isUnused flow work then
        remove flow work |> Work.emit (Effect.Disconnect(flow.Leg, flow.Hop.Flow))
    else
        work

/// Closed, unless some transaction still wants it.
let idle number work =
    match tryFind number work with
    | ValueSome flow -> disconnectIfUnused flow work
    | ValueNone -> work

/// Used for nothing new, and closed when no transaction wants it any more.
let expired number work =
    match tryFind number work with
    | ValueSome flow ->
        let retired = { flow with Peers = []; IsRetired = true }

        indexed Index.remove flow flow.Peers work |> set retired |> disconnectIfUnused retired
    | ValueNone -> work

let private countUnowned work (parked: Parked) =
    if parked.IsOwned then work else Work.count Counted.Undeliverable work

/// Forgets it; gives the numbers of those who used it.
let closed number work =
    match tryFind number work with
    | ValueNone -> struct ([], work)
    | ValueSome flow ->
        let work = remove flow work

        let work =
            match flow.Phase with
            | Opening(_, parked) -> List.fold countUnowned work parked
            | Open -> work

        struct (Index.numbers (uint64 number) work.State.ByFlow, work)

/// The numbers of a leg's connections.
let ofLeg leg work =
    Trie.toList work.State.Flows
    |> List.map snd
    |> List.filter (fun (flow: Flow) -> flow.Leg = leg)
    |> List.map (fun flow -> flow.Hop.Flow)

/// Forgets all.
let forgetAll work =
    Trie.toList work.State.Flows |> List.fold (fun work (_, flow) -> remove flow work) work
