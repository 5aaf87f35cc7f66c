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

    let private callIds settings (sender: Sender) =
        let own = Keys.ofCallId settings sender.CallId
        let message = Keys.ofCallId settings sender.MessageCallId
        if own = message then [ own ] else [ own; message ]

    /// Where an entry stands beside the queue: (adds, removes) one row through `change`.
    let private names change settings number (sender: Sender) (state: State) =
        match sender.Name with
        | ValueSome name -> {
            state with
                ByName = change (Keys.ofName settings name) number state.ByName
          }
        | ValueNone -> state

    let private calls change settings number sender (state: State) =
        let byCallId =
            callIds settings sender
            |> List.fold (fun index key -> change key number index) state.ByCallId

        { state with ByCallId = byCallId }

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

    let private flows change number entry (state: State) =
        match flowOf entry with
        | 0L -> state
        | flow -> { state with ByFlow = change (uint64 flow) number state.ByFlow }

    let private indexed change settings number entry (state: State) =
        let state = flows change number entry state

        match entry with
        | ClientEntry client ->
            let state = calls change settings number client.Sender state

            if client.Told then
                state
            else
                names change settings number client.Sender state
        | ReplyEntry reply ->
            state
            |> calls change settings number reply.Sender
            |> names change settings number reply.Sender
        | ServerEntry server ->
            let row key index = change (Keys.hash settings key) number index

            let optional key index =
                match key with
                | ValueSome key -> row key index
                | ValueNone -> index

            {
                state with
                    ByKey = row server.Key state.ByKey
                    ByMerge = optional server.MergeKey state.ByMerge
                    ByAck = optional server.AckKey state.ByAck
            }
        | LookupEntry _
        | TimerEntry _ -> state

    let private counted by entry (state: State) =
        match entry with
        | ClientEntry { Told = true } -> { state with Lingering = state.Lingering + by }
        | ClientEntry _
        | ReplyEntry _ -> { state with Deliveries = state.Deliveries + by }
        | ServerEntry _ -> { state with Servers = state.Servers + by }
        | LookupEntry _
        | TimerEntry _ -> state

    /// A CANCEL is also found from its INVITE.
    let private linked present number entry (state: State) =
        match entry with
        | ClientEntry { Invite = ValueSome invite } when present -> {
            state with
                Cancels = Trie.set (uint64 invite) number state.Cancels
          }
        | ClientEntry { Invite = ValueSome invite } -> {
            state with
                Cancels = Trie.remove (uint64 invite) state.Cancels
          }
        | _ -> state

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
        let questions = List.except (List.collect pending now) (pending old)

        let destinations =
            List.except (List.collect sourceless now) (sourceless old) |> List.map Sources.key

        {
            state with
                Questions = List.fold (without number) state.Questions questions
                Sourcing = List.fold (without number) state.Sourcing destinations
        }

    let private leave settings number entry (state: State) =
        state
        |> indexed Index.remove settings number entry
        |> counted -1 entry
        |> linked false number entry

    let private enter settings number entry (state: State) =
        state
        |> indexed Index.add settings number entry
        |> counted 1 entry
        |> linked true number entry

    let private due entry =
        match entry with
        | ClientEntry client -> Client.due client
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

        List.fold ask work (pending entry)

    let private askingSource number entry work =
        let ask work destination =
            let key = Sources.key destination
            let isFirst = not (Map.containsKey key work.State.Sourcing)

            match joined number key work.State.Sourcing with
            | ValueSome table ->
                let work = { work with State = { work.State with Sourcing = table } }
                if isFirst then emit (Effect.AskSource destination) work else work
            | ValueNone -> work

        List.fold ask work (sourceless entry)

    let remove number work =
        match State.tryFind number work.State with
        | ValueNone -> work
        | ValueSome entry ->
            let state = leave work.Settings number entry work.State |> unasked number entry []

            {
                work with
                    State = { state with Queue = Queue.remove number state.Queue }
            }

    let private put number due entry work =
        let settings = work.Settings

        let state =
            match State.tryFind number work.State with
            | ValueSome old -> leave settings number old work.State |> unasked number old [ entry ]
            | ValueNone -> work.State

        let state = enter settings number entry state

        {
            work with
                State = { state with Queue = Queue.set number due entry state.Queue }
        }
        |> asking number entry
        |> askingSource number entry

    /// The entry as it is now, under its number, due when it says.
    let set number entry work = put number (due entry) entry work

    let setTimer number at repeat work = put number at (TimerEntry repeat) work
