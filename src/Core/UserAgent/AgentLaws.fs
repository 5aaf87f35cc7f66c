// What must hold in every state that the agent's `step` can reach; empty when it does (law D7).
module SipFun.Core.AgentLaws

open SipFun

let private entriesOf (state: AgentState) =
    Queue.toList state.Entries |> List.map (fun (number, waiting) -> number, waiting.Value)

let private calls entries =
    entries
    |> List.choose (fun (number, entry) ->
        match entry with
        | CallEntry call -> Some(number, call)
        | _ -> None)

let private indexed (state: AgentState) calls = [
    let expected =
        calls |> List.map (fun (number, call: Call) -> call.CallId.Value, number) |> Set.ofList

    let actual =
        Set.ofList [
            for pair in state.ByCallId do
                for number in pair.Value do
                    pair.Key, number
        ]

    if expected <> actual then
        "D7: ByCallId and the calls differ"

    for pair in state.ByCallId do
        if pair.Value.IsEmpty then
            "D7: ByCallId has an empty row"
]

let private registrars (state: AgentState) (entries: (int64 * AgentEntry) list) = [
    let expected =
        entries
        |> List.choose (fun (_, entry) ->
            match entry with
            | RegistrationEntry registration -> Some(AgentState.registrarOf registration.Order)
            | _ -> None)
        |> List.countBy id
        |> Map.ofList

    if expected <> Map.map (fun _ registrar -> registrar.Bindings) state.Registrars then
        "D7: the registrars and the bindings there differ"
]

let private counted (state: AgentState) (entries: (int64 * AgentEntry) list) = [
    let count (choose: AgentEntry -> bool) =
        entries |> List.filter (fun (_, entry) -> choose entry) |> List.length

    let actual = {
        Calls = count (fun entry -> entry.IsCallEntry)
        Asked = count (fun entry -> entry.IsAskedEntry)
        Exchanges = count (fun entry -> entry.IsExchangeEntry)
        Registrations = count (fun entry -> entry.IsRegistrationEntry)
    }

    if actual <> state.Counts then
        $"D7: the counts are {state.Counts}, not {actual}"
]

/// What the application has not answered is known to its call, and the other way round.
let private asked entries calls = [
    let expected =
        entries
        |> List.choose (fun (number, entry) ->
            match entry with
            | AskedEntry { Call = ValueSome call } -> Some(call, number)
            | _ -> None)
        |> Set.ofList

    let actual =
        Set.ofList [
            for number, call: Call in calls do
                for received in call.Asked do
                    number, received
        ]

    if expected <> actual then
        "D7: requests that wait for the application, and their calls, differ"

    for _, call: Call in calls do
        if call.Theirs <> 0L && not (call.Asked.Contains call.Theirs) then
            "D7: a change of the other end is under way that nobody was asked for"
]

let private replies (state: AgentState) calls = [
    let expected =
        calls
        |> List.choose (fun (number, call: Call) ->
            match call.Phase with
            | CallPhase.Established { AwaitsAck = reply } when reply <> 0L -> Some(reply, number)
            | _ -> None)
        |> Set.ofList

    let actual =
        Trie.toList state.Replies |> List.map (fun (reply, call) -> int64 reply, call) |> Set.ofList

    if expected <> actual then
        "D7: the 2xx that wait for an ACK, and their calls, differ"
]

let private isUnderWay purpose (state: AgentState) =
    Trie.toList state.Sendings
    |> List.exists (fun (_, sending) -> not sending.IsFinal && sending.Purpose = purpose)

/// Whoever waits for a response has a request under way, or an instant when he sends it again.
let private waiting (state: AgentState) entries = [
    for number, entry in entries do
        match entry with
        | CallEntry { Phase = CallPhase.Calling _ } when
            not (isUnderWay (Purpose.Inviting number) state)
            ->
            $"A call waits for the answer to an INVITE that is not under way: {number}"
        | CallEntry { Phase = CallPhase.Leaving } when
            not (isUnderWay (Purpose.Leaving number) state)
            ->
            $"A call waits for the answer to a BYE that is not under way: {number}"
        | CallEntry { Ours = ValueSome { Exchange = ValueNone; At = at } } when
            at = Queue.never && not (isUnderWay (Purpose.Refreshing number) state)
            ->
            $"A call waits for a refresh that is not under way: {number}"
        | ExchangeEntry exchange when
            exchange.Sending <> 0L && not (isUnderWay (Purpose.Asking number) state)
            ->
            $"An exchange waits for a request that is not under way: {number}"
        | RegistrationEntry registration when
            registration.At = Queue.never && not (isUnderWay (Purpose.Registering number) state)
            ->
            $"A registration waits for a REGISTER that is not under way: {number}"
        | _ -> ()
]

/// A call that is answered has one side, whose dialog is no early one.
let private sides calls = [
    for number, call: Call in calls do
        match call.Phase with
        | CallPhase.Established _
        | CallPhase.Leaving when call.Sides.Count <> 1 -> $"A call has several sides: {number}"
        | _ -> ()

        if call.Latest <> "" && not (call.Sides.ContainsKey call.Latest) then
            $"A call's latest side is none of its own: {number}"
]

let private bounded (settings: AgentSettings) (state: AgentState) = [
    let limits, counts = settings.Limits, state.Counts

    if counts.Asked > limits.Requests then
        "More requests wait for the application than the limit allows"

    if counts.Exchanges > limits.Exchanges then
        "More exchanges are under way than the limit allows"

    if counts.Registrations > limits.Registrations then
        "More registrations than the limit allows"
]

let violations (settings: AgentSettings) (state: AgentState) : string list =
    let entries = entriesOf state
    let calls = calls entries

    [
        yield! Queue.violations state.Entries
        yield! indexed state calls
        yield! registrars state entries
        yield! counted state entries
        yield! asked entries calls
        yield! replies state calls
        yield! waiting state entries
        yield! sides calls
        yield! bounded settings state
    ]
