// One step's work: the state so far and the effects so far, newest first. Entries enter, change and
// leave the state here and nowhere else, and take their index rows and counts with them (law D7).
namespace SipFun.Core

open SipFun

type Work = {
    Settings: Settings
    Now: Instant
    State: State
    Effects: Effect list
}

module Work =
    let emit effect work = { work with Effects = effect :: work.Effects }

    let count reason work = emit (Effect.Count reason) work

    /// Whether callers find it by its Call-ID: what a CANCEL may still mean, or a cancel by Call-ID.
    let isSought (client: Client) =
        match client.Phase with
        | Completed _
        | Accepted _ -> false
        | _ -> true

    /// One row in or out.
    let private row isIn key number index =
        if isIn then
            Index.add key number index
        else
            Index.remove key number index

    let private optionalRow isIn key number index =
        match key with
        | ValueSome key -> row isIn key number index
        | ValueNone -> index

    let private callRows isIn settings number (sender: Sender) index =
        let own = Keys.ofCallId settings sender.CallId
        let index = row isIn own number index

        if obj.ReferenceEquals(sender.CallId, sender.MessageCallId) then
            index
        else
            match Keys.ofCallId settings sender.MessageCallId with
            | message when message = own -> index
            | message -> row isIn message number index

    let private nameRow isIn settings number (sender: Sender) index =
        match sender.Name with
        | ValueSome name -> row isIn (Keys.ofName settings name) number index
        | ValueNone -> index

    /// The connection that this entry uses; 0: none.
    let flowOf entry =
        match entry with
        | ClientEntry { Told = false; Phase = Calling attempt }
        | ClientEntry { Told = false; Phase = Proceeding attempt }
        | ClientEntry { Told = false; Phase = Passing attempt } -> attempt.Hop.Flow
        | ReplyEntry { Phase = Handing(_, hop, _) }
        | ReplyEntry { Phase = AwaitingAck(_, hop) } -> hop.Flow
        | ServerEntry { Phase = Concluded _ }
        | ServerEntry { Phase = Confirmed _ } -> 0L
        | ServerEntry server -> server.Source.Flow
        | _ -> 0L

    let private flowRow isIn number entry index =
        match flowOf entry with
        | 0L -> index
        | flow -> row isIn (uint64 flow) number index

    /// The CANCEL of an INVITE is found from it.
    let private cancelRow isIn number (client: Client) cancels =
        match client.Invite with
        | ValueSome invite when isIn -> Trie.set (uint64 invite) number cancels
        | ValueSome invite -> Trie.remove (uint64 invite) cancels
        | ValueNone -> cancels

    let private clientRows isIn settings number (client: Client) queue (state: State) =
        let by = if isIn then 1 else -1
        let sender = client.Sender

        {
            state with
                Queue = queue
                ByFlow = flowRow isIn number (ClientEntry client) state.ByFlow
                ByCallId =
                    if isSought client then
                        callRows isIn settings number sender state.ByCallId
                    else
                        state.ByCallId
                ByName =
                    if client.Told then
                        state.ByName
                    else
                        nameRow isIn settings number sender state.ByName
                Cancels = cancelRow isIn number client state.Cancels
                Lingering = if client.Told then state.Lingering + by else state.Lingering
                Deliveries = if client.Told then state.Deliveries else state.Deliveries + by
        }

    /// With this queue, and where an entry stands beside it: its rows go in or out, and it is counted.
    let private rows isIn settings number entry queue (state: State) =
        let by = if isIn then 1 else -1

        match entry with
        | ClientEntry client -> clientRows isIn settings number client queue state
        | LingeringEntry _ -> { state with Queue = queue; Lingering = state.Lingering + by }
        | ReplyEntry reply -> {
            state with
                Queue = queue
                ByFlow = flowRow isIn number entry state.ByFlow
                ByCallId = callRows isIn settings number reply.Sender state.ByCallId
                ByName = nameRow isIn settings number reply.Sender state.ByName
                Deliveries = state.Deliveries + by
          }
        | ServerEntry server ->
            let hash key = Keys.hash settings key

            {
                state with
                    Queue = queue
                    ByFlow = flowRow isIn number entry state.ByFlow
                    ByKey = row isIn (hash server.Key) number state.ByKey
                    ByMerge =
                        optionalRow isIn (ValueOption.map hash server.MergeKey) number state.ByMerge
                    ByAck = optionalRow isIn (ValueOption.map hash server.AckKey) number state.ByAck
                    Servers = state.Servers + by
                    Unanswered =
                        if Server.isUnanswered server then
                            state.Unanswered + by
                        else
                            state.Unanswered
            }
        | LookupEntry _
        | TimerEntry _ -> { state with Queue = queue }

    /// The entry under a number changed, but nothing by which it is found or counted.
    let private hasSameRows old entry =
        flowOf old = flowOf entry
        && match old, entry with
           | ClientEntry old, ClientEntry client ->
               old.Told = client.Told
               && isSought old = isSought client
               && old.Invite = client.Invite
           | LingeringEntry _, LingeringEntry _
           | ReplyEntry _, ReplyEntry _ -> true
           | ServerEntry old, ServerEntry server ->
               old.Key = server.Key
               && old.MergeKey = server.MergeKey
               && old.AckKey = server.AckKey
               && Server.isUnanswered old = Server.isUnanswered server
           | LookupEntry _, LookupEntry _
           | TimerEntry _, TimerEntry _ -> true
           | _ -> false

    let private pending entry =
        match entry with
        | ClientEntry { Phase = Resolving(_, _, questions) }
        | ReplyEntry { Phase = Locating(_, _, questions) } -> questions
        | LookupEntry lookup -> lookup.Pending
        | _ -> []

    /// The destinations whose source address an entry waits for.
    let private sourceless entry =
        match entry with
        | ClientEntry { Phase = AwaitingSource(_, hop :: _) }
        | ReplyEntry { Phase = ReplyAwaitingSource(_, hop :: _, _) } -> [ hop.Address ]
        | LookupEntry lookup -> lookup.Sourceless
        | _ -> []

    /// The number no longer waits for this; what nobody waits for is forgotten.
    let private without number (table: Map<_, int64 list>) key =
        match Map.tryFind key table with
        | Some numbers ->
            match List.filter ((<>) number) numbers with
            | [] -> Map.remove key table
            | rest -> Map.add key rest table
        | None -> table

    /// Whoever left waits for nothing that the entry there is now, if there is one, does not.
    let private unasked number old now (state: State) =
        match pending old, sourceless old with
        | [], [] -> state
        | questions, destinations ->
            let questions = List.except (List.collect pending now) questions

            let destinations =
                List.except (List.collect sourceless now) destinations |> List.map Sources.key

            {
                state with
                    Questions = List.fold (without number) state.Questions questions
                    Sourcing = List.fold (without number) state.Sourcing destinations
            }

    let private due entry =
        match entry with
        | ClientEntry client -> Client.due client
        | LingeringEntry lingering -> lingering.Until
        | ReplyEntry reply -> Reply.due reply
        | ServerEntry server -> Server.due server
        | LookupEntry lookup -> Lookup.due lookup
        | TimerEntry _ -> Queue.never

    /// Asks the shell, unless it was asked and has not answered.
    let inquire question work =
        let settings, inquiries = work.Settings, work.State.Inquiries

        if Inquiries.isUnderWay work.Now question inquiries then
            work
        else
            let inquiries =
                Inquiries.add
                    settings.Memories.Answers
                    work.Now
                    settings.Limits.ResolveWithin
                    question
                    inquiries

            { work with State = { work.State with Inquiries = inquiries } }
            |> emit (Effect.Ask question)

    /// The table with this number among those who wait; none: it is there already.
    let private joined number key (table: Map<_, int64 list>) =
        match Map.tryFind key table with
        | Some numbers when List.contains number numbers -> ValueNone
        | numbers -> ValueSome(Map.add key (number :: Option.defaultValue [] numbers) table)

    let private asking number entry work =
        let ask work question =
            match joined number question work.State.Questions with
            | ValueSome table ->
                { work with State = { work.State with Questions = table } } |> inquire question
            | ValueNone -> work

        match pending entry with
        | [] -> work
        | questions -> List.fold ask work questions

    let private askingSource number entry work =
        let ask work destination =
            let key = Sources.key destination
            let isFirst = not (Map.containsKey key work.State.Sourcing)

            match joined number key work.State.Sourcing with
            | ValueSome table ->
                let work = { work with State = { work.State with Sourcing = table } }
                if isFirst then emit (Effect.AskSource destination) work else work
            | ValueNone -> work

        match sourceless entry with
        | [] -> work
        | destinations -> List.fold ask work destinations

    let remove number work =
        match State.tryFind number work.State with
        | ValueNone -> work
        | ValueSome entry ->
            let queue = Queue.remove number work.State.Queue

            let state =
                rows false work.Settings number entry queue work.State |> unasked number entry []

            { work with State = state }

    let private put number due entry work =
        let settings, state = work.Settings, work.State
        let queue = Queue.set number due entry state.Queue

        let state =
            match State.tryFind number state with
            | ValueNone -> rows true settings number entry queue state
            | ValueSome old when hasSameRows old entry ->
                unasked number old [ entry ] { state with Queue = queue }
            | ValueSome old ->
                rows false settings number old queue state
                |> unasked number old [ entry ]
                |> rows true settings number entry queue

        { work with State = state } |> asking number entry |> askingSource number entry

    /// An entry as it was, due when it was: what it waits for was asked already.
    let enterAgain number (waiting: Waiting<Entry>) work =
        let wait table key = joined number key table |> ValueOption.defaultValue table
        let queue = Queue.set number waiting.Due waiting.Value work.State.Queue
        let state = rows true work.Settings number waiting.Value queue work.State

        {
            work with
                State = {
                    state with
                        Questions = List.fold wait state.Questions (pending waiting.Value)
                        Sourcing =
                            sourceless waiting.Value
                            |> List.map Sources.key
                            |> List.fold wait state.Sourcing
                }
        }

    /// The entry as it is now, under its number, due when it says.
    let set number entry work = put number (due entry) entry work

    let setTimer number at repeat work = put number at (TimerEntry repeat) work
