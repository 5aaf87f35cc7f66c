// What the models have in common: a dispatcher without explanations, its alarm, and what two states that
// behave alike have in common, times relative to now.
module SipFun.Tests.Model.Worlds

open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let quiet = { settings with Limits = { limits with Decisions = 0 } }

/// By hand: what F# prints of a union by reflection would take more time than the steps.
let word (outcome: Outcome) =
    match outcome with
    | Outcome.Answered response -> "answered " + string (int response.StatusCode)
    | Unreachable _ -> "unreachable"
    | TimedOut -> "TimedOut"
    | Cancelled -> "Cancelled"
    | Outcome.Sent -> "Sent"
    | Disposed -> "Disposed"
    | other -> $"{other}"

let alarm rig = Dispatcher.alarm rig.State

/// The alarm rings, so much too late.
let ringAt late rig =
    match alarm rig with
    | ValueSome at -> { rig with Now = max rig.Now at + late } |> give Tick
    | ValueNone -> rig

/// The effects of the last steps in order, and the rig without them.
let harvested rig = List.rev rig.Log |> List.map snd, { rig with Log = [] }

let from now (instant: Instant) = if instant = Queue.never then "-" else string (instant - now)

let words (parts: string list) = String.concat " " parts

let orNone (text: string voption) = ValueOption.defaultValue "-" text

let private scheduleKey now (schedule: Schedule) =
    words [
        string schedule.Interval
        from now schedule.NextAt
        from now schedule.GiveUpAt
    ]

/// Connections by age among those there are, so that their numbers do not tell worlds apart.
let aliasOf rig =
    let flows =
        Trie.toList rig.State.Flows |> List.map (fun (number, _) -> int64 number)

    fun flow ->
        match flow, List.tryFindIndex ((=) flow) flows with
        | 0L, _ -> "-"
        | _, Some index -> string index
        | _, None -> "gone"

/// Which attempt of its delivery it is; its number tells nothing.
let private attemptOf (branch: Branch) = $"{branch.Token} {branch.Attempt}"

let private hopKey alias (hop: Hop) = Address.toString hop.Address + "/" + alias hop.Flow

let private hopOr alias (hop: Hop voption) =
    match hop with
    | ValueSome hop -> hopKey alias hop
    | ValueNone -> "-"

/// Nobody reads the schedule of one that was given up, nor of an INVITE that rings.
let private attemptKey alias now isTimed (attempt: Attempt) =
    words [
        if isTimed then
            scheduleKey now attempt.Schedule
            from now attempt.Until

        hopKey alias attempt.Hop
        hopOr alias attempt.Instead
        hopOr alias attempt.Anew
        string attempt.Later.Length
    ]

let private leftKey (left: Left) = string left.HasRung + string left.IsUnwanted

let private endedKey alias now (ended: Ended) =
    words [
        attemptOf ended.Branch
        string ended.Ack.IsSome
        hopKey alias ended.Hop
        orNone (ValueOption.map leftKey ended.Left)
        orNone (ended.Withdrawal |> ValueOption.map (fun each -> scheduleKey now each.Schedule))
    ]

let clientKey alias now (client: Client) =
    let isTimed = not client.Told

    let phase =
        match client.Phase with
        | Calling attempt -> "calling " + attemptKey alias now isTimed attempt
        | Proceeding attempt when client.Method = SipMethod.Invite ->
            "proceeding " + attemptKey alias now false attempt
        | Proceeding attempt -> "proceeding " + attemptKey alias now isTimed attempt
        | Passing attempt -> "passing " + attemptKey alias now isTimed attempt
        | Completed ended -> "completed " + endedKey alias now ended
        | Accepted ended -> "accepted " + endedKey alias now ended
        | Held _ -> "held"
        | other -> $"%A{other}"

    words [
        phase
        string client.Told
        string client.Expects
        from now client.Until
        from now client.AnswerBy
        orNone (ValueOption.map word client.Best)
        String.concat "," (List.map (endedKey alias now) client.Past)
    ]

let private serverKey now (server: Server) =
    let phase =
        match server.Phase with
        | Insisting repeating ->
            words [
                "insisting"
                string (int repeating.Sending.StatusCode)
                scheduleKey now repeating.Schedule
                string repeating.Delivery.IsSome
            ]
        | Answering sending -> "answering " + string (int sending.StatusCode)
        | Concluded sending -> "concluded " + string (int sending.StatusCode)
        | Confirmed sending -> "confirmed " + string (int sending.StatusCode)
        | Offered(_, copies) -> "offered " + string copies.Length
        | ServerPhase.Trying(_, at) -> "trying " + from now at

    phase + " " + from now (Server.due server)

let private replyKey (reply: Reply) =
    match reply.Phase with
    | Handing _ -> "handing"
    | AwaitingAck _ -> "awaiting"
    | Locating _
    | ReplyAwaitingSource _ -> "locating"

/// Of an entry; `name` says by what its number is known, "" where it does not matter.
let entryKey alias now (name: int64 -> string) (number, waiting: Waiting<Entry>) =
    let key =
        match waiting.Value with
        | ClientEntry client -> clientKey alias now client
        | LingeringEntry lingering ->
            words [ "completed"; attemptOf lingering.Branch; from now lingering.Until ]
        | ServerEntry server -> serverKey now server
        | ReplyEntry reply -> replyKey reply
        | other -> $"%A{other}"

    name number + " " + key

let entriesKey name rig =
    Queue.toList rig.State.Queue
    |> List.map (entryKey (aliasOf rig) rig.Now name)
    |> String.concat "; "

/// The connections there are, the newest first.
let flowsKey (name: int64 -> string) rig =
    let parked (flow: Flow) =
        match flow.Phase with
        | Opening(_, parked) ->
            parked |> List.map (fun each -> name each.Number + string each.IsOwned) |> words
        | Open -> "open"

    Trie.toList rig.State.Flows
    |> List.map (fun (_, flow) ->
        words [ Address.toString flow.Hop.Address; parked flow; string flow.Peers.Length ])
    |> String.concat "; "

/// Where no alarm is set, only the callee of an INVITE may take for ever, and its CANCEL with it (L-1).
let settled rig =
    Queue.toList rig.State.Queue
    |> List.forall (fun (_, waiting) ->
        match waiting.Value with
        | ClientEntry { Phase = Proceeding _; Told = false; Method = method } ->
            method = SipMethod.Invite
        | ClientEntry { Phase = Held _ } -> true
        | _ -> false)

/// L-6: closing leaves nothing, from here as from anywhere.
let closesDown rig =
    let closed = give Close { rig with Log = [] }
    State.idle closed.State && (alarm closed).IsNone
