// What hangs on a leg or a connection that is gone: it goes on elsewhere or ends, in the very step that
// hears of it (S-27).
module internal SipFun.Core.Cuts

open SipFun

let private uses leg entry =
    match entry with
    | ClientEntry client ->
        match client.Phase with
        | Calling attempt
        | Proceeding attempt
        | Passing attempt -> attempt.Leg = leg
        | Completed ended
        | Accepted ended -> ended.Leg = leg
        | Resolving _
        | AwaitingSource _
        | Held _ -> false
    | LingeringEntry lingering -> lingering.Leg = leg
    | ServerEntry server -> server.Leg = leg
    | ReplyEntry _
    | LookupEntry _
    | TimerEntry _ -> false

let private lose number entry work =
    let detail = "its leg was removed"
    let fault = TransportFault.LegRemoved

    match entry with
    | ClientEntry({ Told = false } as client) when Requests.isOnItsWay client ->
        Silence.cutOff fault detail client work |> Cancelling.settle number
    | ClientEntry client -> Requests.drop client work |> Cancelling.settle number
    | ServerEntry {
                      Phase = Insisting { Delivery = ValueSome delivery; Sending = sending }
                  } ->
        Work.remove number work
        |> Replies.conclude (Unreachable(sending.Hop, fault, detail)) delivery
    | _ -> Work.remove number work

let private cutOff flow fault detail work number =
    match State.tryFind number work.State with
    | ValueSome(ClientEntry client) when Work.flowOf (ClientEntry client) = flow ->
        Silence.cutOff fault detail client work |> Cancelling.settle number
    | ValueSome(ReplyEntry reply) when Work.flowOf (ReplyEntry reply) = flow ->
        Replies.cutOff flow fault detail reply work
    | _ -> work

/// As `flowClosed`, of a connection that was another process'.
let flowLost flow fault detail work =
    Index.numbers (uint64 flow) work.State.ByFlow |> List.fold (cutOff flow fault detail) work

/// Every transaction on the connection hears of its end in this very step (S-27).
let flowClosed flow fault detail work =
    let struct (users, work) = Flows.closed flow work
    List.fold (cutOff flow fault detail) work users

/// Whatever used the leg goes on elsewhere or ends, in this very step (S-27).
let removeLeg leg work =
    let legs = work.State.Legs |> List.filter (fun each -> each.Number <> leg)
    let flows = Flows.ofLeg leg work
    let work = { work with State = { work.State with Legs = legs } }

    let work =
        Queue.toList work.State.Queue
        |> List.filter (fun (_, waiting) -> uses leg waiting.Value)
        |> List.fold (fun work (number, waiting) -> lose number waiting.Value work) work

    flows
    |> List.fold
        (fun work flow -> flowClosed flow TransportFault.LegRemoved "its leg was removed" work)
        work
