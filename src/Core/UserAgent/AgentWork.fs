// The user agent within one step: its state and the effects so far. Entries enter, change and leave
// the state here only, and take their rows and counts with them: law D7 by construction.
namespace SipFun.Core

open System
open System.Buffers.Binary
open SipFun

type internal AgentWork = {
    Settings: AgentSettings
    Now: Instant
    State: AgentState
    /// The last first.
    Effects: AgentEffect list
}

module internal AgentWork =
    let emit effect (work: AgentWork) = { work with Effects = effect :: work.Effects }

    let tell event work = emit (AgentEffect.Tell event) work

    /// 64 bits that nobody can guess.
    let draw (work: AgentWork) : struct (uint64 * AgentWork) =
        let drawn = work.State.Drawn + 1UL
        let bytes: byte array = Array.zeroCreate 8
        BinaryPrimitives.WriteUInt64LittleEndian(Span bytes, drawn)
        let bits = SipHash.ofBytes work.Settings.Secret (ReadOnlySpan bytes)
        let state: AgentState = { work.State with Drawn = drawn }
        struct (bits, { work with State = state })

    /// A tag, or a client nonce (19.3).
    let drawTag (work: AgentWork) : struct (string * AgentWork) =
        let struct (bits, work) = draw work
        struct (bits.ToString "x16", work)

    let drawCallId (work: AgentWork) : struct (CallId * AgentWork) =
        let struct (high, work) = drawTag work
        let struct (low, work) = drawTag work
        struct (CallId.Parse(high + low), work)

    /// Below this, all equally likely.
    let drawBelow (most: int64) (work: AgentWork) : struct (int64 * AgentWork) =
        let struct (bits, work) = draw work
        struct (int64 (bits % uint64 (max 1L most)), work)

    /// The agent's next number.
    let number (work: AgentWork) : struct (int64 * AgentWork) =
        let next = work.State.Last + 1L
        let state: AgentState = { work.State with Last = next }
        struct (next, { work with State = state })

    let private update (change: AgentState -> AgentState) (work: AgentWork) = {
        work with
            State = change work.State
    }

    let private counted step entry (counts: AgentCounts) =
        match entry with
        | CallEntry _ -> { counts with Calls = counts.Calls + step }
        | AskedEntry _ -> { counts with Asked = counts.Asked + step }
        | ExchangeEntry _ -> { counts with Exchanges = counts.Exchanges + step }
        | RegistrationEntry _ -> { counts with Registrations = counts.Registrations + step }

    /// A binding more, or less, at its registrar.
    let private bindings step (registration: Registration) (state: AgentState) =
        let key = AgentState.registrarOf registration.Order

        let change (registrar: RegisterSeries) =
            let registrar = { registrar with Bindings = registrar.Bindings + step }
            if registrar.Bindings > 0 then Some registrar else None

        {
            state with
                Registrars = Map.change key (Option.bind change) state.Registrars
        }

    let private indexed number entry (state: AgentState) =
        match entry with
        | CallEntry call ->
            let id = call.CallId.Value
            let calls = Map.tryFind id state.ByCallId |> Option.defaultValue Set.empty

            {
                state with
                    ByCallId = Map.add id (Set.add number calls) state.ByCallId
            }
        | RegistrationEntry registration -> bindings 1 registration state
        | _ -> state

    let private unindexed number entry (state: AgentState) =
        match entry with
        | CallEntry call ->
            let id = call.CallId.Value
            let calls = Map.tryFind id state.ByCallId |> Option.defaultValue Set.empty
            let rest = Set.remove number calls

            {
                state with
                    ByCallId =
                        if rest.IsEmpty then
                            Map.remove id state.ByCallId
                        else
                            Map.add id rest state.ByCallId
            }
        | RegistrationEntry registration -> bindings -1 registration state
        | _ -> state

    /// With this entry under the number, due then.
    let set number due entry work =
        work
        |> update (fun state ->
            let isNew = (Queue.tryFind number state.Entries).IsNone
            let state = if isNew then indexed number entry state else state

            {
                state with
                    Entries = Queue.set number due entry state.Entries
                    Counts = if isNew then counted 1 entry state.Counts else state.Counts
            })

    let remove number work =
        work
        |> update (fun state ->
            match AgentState.tryFind number state with
            | ValueNone -> state
            | ValueSome entry ->
                let state = unindexed number entry state

                {
                    state with
                        Entries = Queue.remove number state.Entries
                        Counts = counted -1 entry state.Counts
                })

    let private earliest (instants: Instant list) = List.min instants

    let private dueOf (call: Call) =
        let change =
            match call.Ours with
            | ValueSome change -> change.At
            | ValueNone -> Queue.never

        match call.Phase with
        | CallPhase.Calling calling -> earliest [ change; calling.CancelAt ]
        | CallPhase.Ringing ringing ->
            let copy =
                match ringing.Open with
                | ValueSome opened -> Schedule.due opened.Schedule
                | ValueNone -> Queue.never

            earliest [ change; ringing.RepeatAt; ringing.GiveUpAt; ringing.ExpireAt; copy ]
        | CallPhase.Established { Session = ValueSome session } ->
            earliest [ change; session.RefreshAt; session.ExpireAt ]
        | CallPhase.Established _ -> change
        | CallPhase.Declined(_, until) -> until
        | CallPhase.Leaving -> Queue.never

    let setCall (call: Call) work = set call.Number (dueOf call) (CallEntry call) work

    /// The Call-ID and the CSeq of the next REGISTER to this registrar (10.2).
    let nextRegister order (work: AgentWork) : struct (CallId * uint32 * AgentWork) =
        let key = AgentState.registrarOf order

        let struct (known, work) =
            match Map.tryFind key work.State.Registrars with
            | Some known -> struct (known, work)
            | None ->
                let struct (callId, work) = drawCallId work
                struct ({ CallId = callId; CSeq = 0u; Bindings = 0 }, work)

        let next = { known with CSeq = known.CSeq + 1u }

        let enter (state: AgentState) = {
            state with
                Registrars = Map.add key next state.Registrars
        }

        struct (next.CallId, next.CSeq, update enter work)

    let setRegistration number (registration: Registration) work =
        set number registration.At (RegistrationEntry registration) work

    let setExchange number (exchange: Exchange) work =
        set number Queue.never (ExchangeEntry exchange) work

    /// Changes a call, if it is there still.
    let withCall number (change: Call -> AgentWork -> AgentWork) work =
        match AgentState.tryCall number work.State with
        | ValueSome call -> change call work
        | ValueNone -> work

    let setSending (number: int64) (sending: SentRequest) work =
        work
        |> update (fun state -> {
            state with
                Sendings = Trie.set (uint64 number) sending state.Sendings
        })

    let removeSending (number: int64) work =
        work
        |> update (fun state -> {
            state with
                Sendings = Trie.remove (uint64 number) state.Sendings
        })

    /// Sends a request whose outcome somebody waits for; its number.
    let send
        purpose
        destination
        tries
        (request: SipRequest)
        (work: AgentWork)
        : struct (int64 * AgentWork) =
        let struct (sending, work) = number work

        let row = {
            Request = request
            NextHop = destination
            Purpose = purpose
            Tries = tries
            IsFinal = false
            Acks = Map.empty
            Origin = ValueNone
        }

        let work = setSending sending row work
        struct (sending, emit (AgentEffect.Send(sending, request, destination)) work)

    /// Sends an ACK or a CANCEL: nobody waits for what becomes of it.
    let sendOff destination request work =
        let struct (sending, work) = number work
        emit (AgentEffect.Send(sending, request, destination)) work

    /// Answers a request; the reply's number.
    let reply received response (work: AgentWork) : struct (int64 * AgentWork) =
        let struct (reply, work) = number work
        struct (reply, emit (AgentEffect.Reply(received, reply, response)) work)

    /// Answers a request; nobody waits for what becomes of the answer.
    let answer received response work =
        let struct (_, work) = reply received response work
        work

    /// The 2xx with this number waits for its ACK.
    let awaitAck (reply: int64) (call: int64) work =
        work
        |> update (fun state -> { state with Replies = Trie.set (uint64 reply) call state.Replies })

    let endAwaiting (reply: int64) work =
        work
        |> update (fun state -> { state with Replies = Trie.remove (uint64 reply) state.Replies })
