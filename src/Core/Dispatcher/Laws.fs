// What must hold in every state that `step` can reach; empty when it does. Written once, used by the
// properties, by the explorer and by the simulation.
module SipFun.Core.Laws

open SipFun

type private Row = { Table: string; Key: uint64; Number: int64 }

let private rows table (index: Index) = [
    for key, numbers in Trie.toList index do
        for number, () in Trie.toList numbers do
            { Table = table; Key = key; Number = int64 number }
]

let private row table number key = { Table = table; Key = key; Number = number }

let private ofOrder settings number (sender: Sender) named sought = [
    if sought then
        row "ByCallId" number (Keys.ofCallId settings sender.CallId)
        row "ByCallId" number (Keys.ofCallId settings sender.MessageCallId)

    match sender.Name with
    | ValueSome name when named -> row "ByName" number (Keys.ofName settings name)
    | _ -> ()
]

/// The index rows an entry must have, but that of its connection.
let private ownRows settings (number, waiting: Waiting<Entry>) =
    match waiting.Value with
    | ClientEntry client -> [
        yield! ofOrder settings number client.Sender (not client.Told) (Work.isSought client)

        match client.Invite with
        | ValueSome invite -> row "Cancels" number (uint64 invite)
        | ValueNone -> ()
      ]
    | ReplyEntry reply -> ofOrder settings number reply.Sender true true
    | ServerEntry server -> [
        row "ByKey" number (Keys.hash settings server.Key)

        match server.MergeKey with
        | ValueSome key -> row "ByMerge" number (Keys.hash settings key)
        | ValueNone -> ()

        match server.AckKey with
        | ValueSome key -> row "ByAck" number (Keys.hash settings key)
        | ValueNone -> ()
      ]
    | LingeringEntry _
    | LookupEntry _
    | TimerEntry _ -> []

let private owed settings (number, waiting: Waiting<Entry>) = [
    yield! ownRows settings (number, waiting)

    match Work.flowOf waiting.Value with
    | 0L -> ()
    | flow -> row "ByFlow" number (uint64 flow)
]

/// The rows that connections must have.
let private owedByFlows settings (state: State) = [
    for _, flow in Trie.toList state.Flows do
        for peer in flow.Peers do
            row "ByPeer" flow.Hop.Flow (Keys.hash settings peer)
]

let private present (state: State) = [
    yield! rows "ByCallId" state.ByCallId
    yield! rows "ByName" state.ByName
    yield! rows "ByKey" state.ByKey
    yield! rows "ByMerge" state.ByMerge
    yield! rows "ByAck" state.ByAck
    yield! rows "ByFlow" state.ByFlow
    yield! rows "ByPeer" state.ByPeer

    for invite, cancel in Trie.toList state.Cancels do
        row "Cancels" cancel invite
]

let private pending entry =
    match entry with
    | ClientEntry { Phase = Resolving(_, _, questions) }
    | ReplyEntry { Phase = Locating(_, _, questions) } -> questions
    | LookupEntry lookup -> lookup.Pending
    | _ -> []

let private sourceless entry =
    match entry with
    | ClientEntry { Phase = AwaitingSource(_, hop :: _) }
    | ReplyEntry { Phase = ReplyAwaitingSource(_, hop :: _, _) } -> [ Sources.key hop.Address ]
    | LookupEntry lookup -> lookup.Sourceless |> List.map Sources.key
    | _ -> []

/// What entries wait for, as the entries and as the table of those who wait have it.
let private waiting sought (table: Map<_, int64 list>) entries =
    let asked =
        entries
        |> List.collect (fun (number, waiting: Waiting<Entry>) ->
            sought waiting.Value |> List.map (fun key -> key, number))

    let waited =
        Map.toList table
        |> List.collect (fun (key, numbers) -> numbers |> List.map (fun number -> key, number))

    List.sort asked = List.sort waited

/// D7: every table has the rows its entries own, and no others.
let private tables settings state entries = [
    let expected =
        (entries |> List.collect (owed settings)) @ owedByFlows settings state |> Set.ofList

    let actual = present state |> Set.ofList

    for row in expected - actual do
        $"D7: {row.Table} lacks a row of {row.Number}"

    for row in actual - expected do
        $"D7: {row.Table} has a row without an owner, {row.Number}"

    if not (waiting pending state.Questions entries) then
        "D7: the questions under way are not those that entries wait for"

    if not (waiting sourceless state.Sourcing entries) then
        "D7: the source addresses asked for are not those that entries wait for"
]

let private count choose entries =
    entries |> List.filter (fun (_, waiting) -> choose waiting.Value) |> List.length

let private counts (state: State) entries = [
    let deliveries =
        entries
        |> count (function
            | ClientEntry client -> not client.Told
            | ReplyEntry _ -> true
            | _ -> false)

    let lingering =
        entries
        |> count (function
            | ClientEntry client -> client.Told
            | LingeringEntry _ -> true
            | _ -> false)

    let servers =
        entries
        |> count (function
            | ServerEntry _ -> true
            | _ -> false)

    let unanswered =
        entries
        |> count (function
            | ServerEntry server -> Server.isUnanswered server
            | _ -> false)

    if unanswered <> state.Unanswered then
        "S-13: the count of requests without a final response differs from what there is"

    let flows = Trie.toList state.Flows

    if state.FlowCount <> flows.Length then
        "S-13: the count of connections differs from what there is"

    for number, flow in flows do
        if number <> uint64 flow.Hop.Flow then
            $"S-13: connection {flow.Hop.Flow} is kept under another number"

        if not (List.exists (fun (leg: Leg) -> leg.Number = flow.Leg) state.Legs) then
            $"D7: connection {flow.Hop.Flow} has no leg"

    if (deliveries, lingering, servers) <> (state.Deliveries, state.Lingering, state.Servers) then
        "S-13: a count differs from what there is"
]

/// A reply that awaits its ACK and the transaction that repeats it point at each other (S-13).
let private pairs (state: State) entries = [
    for number, waiting in entries do
        match waiting.Value with
        | ReplyEntry { Phase = AwaitingAck(server, _) } ->
            match State.tryFind server state with
            | ValueSome(ServerEntry { Phase = Insisting { Delivery = ValueSome delivery } }) when
                delivery = number
                ->
                ()
            | _ -> $"S-13: delivery {number} awaits an ACK that nobody listens for"
        | ServerEntry { Phase = Insisting { Delivery = ValueSome delivery } } ->
            match State.tryFind delivery state with
            | ValueSome(ReplyEntry { Phase = AwaitingAck(server, _) }) when server = number -> ()
            | _ -> $"S-13: transaction {number} repeats for a delivery that is gone"
        | _ -> ()
]

/// Its final response is still to come, so that a CANCEL may wait for its provisional.
let private isAwaited invite (state: State) =
    match State.tryFind invite state with
    | ValueSome(ClientEntry { Phase = phase }) ->
        match phase with
        | Resolving _
        | AwaitingSource _
        | Calling _
        | Proceeding _ -> true
        | _ -> false
    | _ -> false

/// The shell will say what became of the packet: its connection is there, or it needs none.
let private isThere (hop: Hop) (state: State) =
    not (TransportName.isReliable hop.Transport) || Trie.contains (uint64 hop.Flow) state.Flows

/// L-1: nothing waits for ever but what a peer or a person may take for ever over.
let private endless state entries = [
    for number, (waiting: Waiting<Entry>) in entries do
        match waiting.Value with
        | _ when waiting.Due <> Queue.never -> ()
        | ClientEntry { Phase = Proceeding _ } -> ()
        | ClientEntry { Phase = Held _; Invite = ValueSome invite } when isAwaited invite state ->
            ()
        | ClientEntry { Phase = Passing attempt } when isThere attempt.Hop state -> ()
        | ReplyEntry { Phase = Handing(_, hop, _) } when isThere hop state -> ()
        | ReplyEntry { Phase = AwaitingAck _ } -> ()
        | _ -> $"L-1: {number} has no deadline"
]

/// What is remembered has no owner, and so a bound.
let private memories settings (state: State) = [
    let bounds = settings.Memories
    yield! Cache.violations bounds.Answers state.Cache
    yield! Inquiries.violations bounds.Answers state.Inquiries
    yield! Sticky.violations bounds.Sticky state.Sticky

    if state.Sources.Count > Sources.Limit then
        "D7: more source addresses are known than the limit allows"

    if state.Marks.Count > bounds.Marks then
        "D7: more targets are set aside than the limit allows"

    if state.PathMtus.Count > bounds.PathMtus then
        "D7: more paths' MTUs are kept than the limit allows"
]

/// Every law that this state breaks.
let violations (settings: Settings) (state: State) = [
    let entries = Queue.toList state.Queue
    yield! Queue.violations state.Queue
    yield! tables settings state entries
    yield! counts state entries
    yield! pairs state entries
    yield! endless state entries
    yield! memories settings state
]
