// The user agent as a machine (RFC 3261, 8, 10, 12 to 15): one input, one new state, and what must now be done, in
// that order. Total: any input, any state. It knows no sockets, no transactions and no clock: those are the
// dispatcher's, to which its effects go and from which its news come.
namespace SipFun.Core

open SipFun

module UserAgent =
    let start = AgentState.empty

    let private hangUp text (call: Call) work =
        match call.Phase with
        | CallPhase.Calling calling -> Inviting.cancel text calling call work
        | CallPhase.Ringing ringing ->
            Answering.respond { Wording.status 603 with Content = text } ringing call work
        | CallPhase.Established established when established.AwaitsAck <> 0L ->
            let waiting = { established with HangUp = ValueSome text }
            let phase = CallPhase.Established waiting
            AgentWork.setCall { call with Phase = phase } work
        | CallPhase.Established _ -> Endings.hangUp text call work
        | CallPhase.Leaving -> work

    let private sendWithin exchange method text (call: Call) work =
        match Within.send (Purpose.Asking exchange) method text id call work with
        | ValueSome(struct (sending, call, work)) ->
            AgentWork.setCall call work
            |> Exchanges.enter exchange (ValueSome call.Number) [] Map.empty sending
        | ValueNone -> Exchanges.refuse exchange AgentRefusal.NoCall work

    /// INVITE needs an answered call; other requests a dialog, however early.
    let private canAsk (method: SipMethod) (call: Call) =
        match call.Phase with
        | _ when call.IsSilent -> false
        | CallPhase.Established { HangUp = ValueSome _ }
        | CallPhase.Leaving -> false
        | CallPhase.Established _ -> true
        | _ -> method <> SipMethod.Invite && not call.Sides.IsEmpty

    let private requestWithin exchange number (method: SipMethod) text work =
        match Exchanges.admit exchange method work, AgentState.tryCall number work.State with
        | ValueSome refusal, _ -> Exchanges.refuse exchange refusal work
        | _, ValueSome call when canAsk method call ->
            if not (Changes.isChange method) then
                sendWithin exchange method text call work
            elif Changes.isBusy call then
                Exchanges.refuse exchange AgentRefusal.NotNow work
            else
                Changes.start exchange method text call work
        | _ -> Exchanges.refuse exchange AgentRefusal.NoCall work

    let private respond received (answer: AgentAnswer) work =
        match AgentState.tryFind received work.State with
        | ValueSome(CallEntry({ Phase = CallPhase.Ringing ringing } as call)) ->
            Answering.respond answer ringing call work
        | ValueSome(AskedEntry asked) -> Asking.respond received answer asked work
        | _ -> work

    let private closeOne work (number, waiting: Waiting<AgentEntry>) =
        match waiting.Value with
        | CallEntry _ -> AgentWork.withCall number (hangUp Content.none) work
        | AskedEntry { Call = ValueNone } ->
            respond number (Wording.status 503) work |> AgentWork.tell (AgentEvent.Withdrawn number)
        | AskedEntry _ -> work
        | ExchangeEntry { Call = ValueNone } -> Exchanges.abandon number work
        | ExchangeEntry _ -> work
        | RegistrationEntry _ -> Registering.remove number work

    let private close work =
        let closed: AgentState = { work.State with IsClosed = true }

        Queue.toList work.State.Entries |> List.fold closeOne { work with State = closed }

    /// A change of ours in a call, still the one under way.
    let private isOurs exchange (call: Call) =
        match call.Ours with
        | ValueSome change -> change.Exchange = exchange && change.At = Queue.never
        | ValueNone -> false

    let private askingResponded number (sending: SentRequest) (response: SipResponse) work =
        match AgentState.tryExchange number work.State with
        | ValueNone -> work
        | ValueSome({ Call = ValueNone } as exchange) ->
            if response.IsFinal then
                Exchanges.responded number exchange sending response work
            else
                Exchanges.respond number response work
        | ValueSome { Call = ValueSome call } ->
            match AgentState.tryCall call work.State with
            | ValueSome call when isOurs (ValueSome number) call ->
                Changes.responded sending response call work
            | ValueSome call when response.IsFinal ->
                Changes.answered number sending response call work
            | _ -> Exchanges.respond number response work

    let private dispatch number (sending: SentRequest) (response: SipResponse) work =
        match sending.Purpose with
        | Purpose.Inviting call -> Inviting.responded number sending call response work
        | Purpose.Asking exchange -> askingResponded exchange sending response work
        | Purpose.Refreshing call ->
            AgentWork.withCall
                call
                (fun call work ->
                    if isOurs ValueNone call then
                        Changes.responded sending response call work
                    else
                        work)
                work
        | _ when not response.IsFinal -> work
        | Purpose.Acknowledging call -> Provisionals.acknowledged sending response call work
        | Purpose.Leaving call -> Endings.responded sending response call work
        | Purpose.Registering registration ->
            Registering.responded registration number sending response work

    /// The 2xx to an INVITE within a dialog is acknowledged, whoever still waits for it (13.2.2.4).
    let private acknowledge number (sending: SentRequest) (response: SipResponse) work =
        let isInitial = sending.Origin.IsSome
        let isInvite = sending.Request.Method = SipMethod.Invite
        let isItsDialog = Within.keyOf response.ToTag = Within.keyOf sending.Request.ToTag

        if response.IsSuccess && isInvite && not isInitial && isItsDialog then
            Within.acknowledge number sending Content.none response work
        else
            work

    let private belongs (sending: SentRequest) (response: SipResponse) =
        response.CSeq = sending.Request.CSeq
        && response.CallId = sending.Request.CallId
        && Within.keyOf response.FromTag = Within.keyOf sending.Request.FromTag

    /// After the final response only a 2xx to an INVITE counts: of another branch, or again.
    let private responded number (response: SipResponse) work =
        match AgentState.trySending number work.State with
        | ValueSome sending when belongs sending response ->
            if not sending.IsFinal then
                let heard = { sending with IsFinal = response.IsFinal }

                AgentWork.setSending number heard work
                |> acknowledge number heard response
                |> dispatch number heard response
            elif response.IsSuccess && sending.Origin.IsSome then
                Forks.responded number sending response work
            else
                acknowledge number sending response work
        | _ -> work

    let private askingFailed number (outcome: Outcome) work =
        let ending = ExchangeEnd.Failed outcome

        let call =
            AgentState.tryExchange number work.State
            |> ValueOption.bind (fun exchange -> exchange.Call)
            |> ValueOption.bind (fun call -> AgentState.tryCall call work.State)

        match call with
        | ValueSome call when isOurs (ValueSome number) call -> Changes.failed outcome call work
        | ValueSome call ->
            Exchanges.finish number ending work
            |> AgentWork.withCall call.Number (Changes.unanswered outcome)
        | ValueNone -> Exchanges.finish number ending work

    let private failed number (sending: SentRequest) (outcome: Outcome) work =
        match sending.Purpose with
        | Purpose.Inviting call -> Inviting.failed number sending call outcome work
        | Purpose.Asking exchange -> askingFailed exchange outcome work
        | Purpose.Refreshing call ->
            AgentWork.withCall
                call
                (fun call work ->
                    if isOurs ValueNone call then
                        Changes.failed outcome call work
                    else
                        work)
                work
        | Purpose.Acknowledging _ -> work
        | Purpose.Leaving call ->
            AgentWork.withCall call (Endings.left (ExchangeEnd.Failed outcome)) work
        | Purpose.Registering registration ->
            Registering.unanswered registration number sending outcome work

    /// The dispatcher is done with a request: with its best response, if none was handed up.
    let private concluded number (outcome: Outcome) work =
        let work =
            match outcome with
            | Outcome.Answered response -> responded number response work
            | _ -> work

        match AgentState.trySending number work.State with
        | ValueSome sending when not sending.IsFinal ->
            let over = { sending with IsFinal = true }
            AgentWork.setSending number over work |> failed number over outcome
        | _ -> work

    let private completed number outcome last work =
        match AgentState.trySending number work.State with
        | ValueSome { IsFinal = false } -> concluded number outcome work
        | _ -> work
        |> if last then AgentWork.removeSending number else id

    let private forgotten number work =
        concluded number TimedOut work |> AgentWork.removeSending number

    let private sessionDue (established: Established) (session: Session) (call: Call) work =
        let wait at =
            let session = ValueSome { session with RefreshAt = at }
            let phase = CallPhase.Established { established with Session = session }
            { call with Phase = phase }

        if session.ExpireAt <= work.Now then
            Endings.leave CallEnd.Expired call work
        elif session.RefreshAt > work.Now then
            AgentWork.setCall call work
        elif Changes.isBusy call then
            AgentWork.setCall (wait (work.Now + work.Settings.Timers.T2)) work
        else
            Changes.refresh established (wait Queue.never) work

    let private callDue (call: Call) work =
        match call.Phase, call.Ours with
        | _, ValueSome change when change.At <= work.Now -> Changes.retry change call work
        | CallPhase.Calling calling, _ when calling.CancelAt <= work.Now ->
            Inviting.cancel Content.none calling call work
        | CallPhase.Ringing ringing, _ -> Answering.due ringing call work
        | CallPhase.Established({ Session = ValueSome session } as established), _ ->
            sessionDue established session call work
        | _ -> AgentWork.setCall call work

    let private dueOne number work =
        match AgentState.tryFind number work.State with
        | ValueSome(CallEntry call) -> callDue call work
        | ValueSome(AskedEntry asked) -> Asking.due number asked work
        | ValueSome(RegistrationEntry registration) -> Registering.due number registration work
        | ValueSome(ExchangeEntry _)
        | ValueNone -> work

    /// Whatever is due, the oldest first, a bounded number a time.
    let rec private tick left work =
        match Queue.tryDue work.Now work.State.Entries with
        | ValueSome number when left > 0 -> dueOne number work |> tick (left - 1)
        | _ -> work

    let private run input work =
        match input with
        | AgentInput.Invite(call, order) -> Inviting.start call order work
        | AgentInput.HangUp(call, text) -> AgentWork.withCall call (hangUp text) work
        | AgentInput.Request(exchange, order) -> Exchanges.start exchange order work
        | AgentInput.RequestWithin(exchange, call, method, text) ->
            requestWithin exchange call method text work
        | AgentInput.Abandon exchange -> Exchanges.abandon exchange work
        | AgentInput.Register(registration, order) -> Registering.start registration order work
        | AgentInput.Unregister registration -> Registering.remove registration work
        | AgentInput.Respond(received, answer) -> respond received answer work
        | AgentInput.Close -> close work
        | AgentInput.Arrived arrival -> Serving.arrived arrival work
        | AgentInput.Responded(sending, response) -> responded sending response work
        | AgentInput.Completed(sending, outcome, last) -> completed sending outcome last work
        | AgentInput.Forgotten sending -> forgotten sending work
        | AgentInput.Replied(reply, outcome) -> Acks.replied reply outcome work
        | AgentInput.Tick -> tick work.Settings.Limits.PerStep work

    let step (settings: AgentSettings) (now: Instant) input (state: AgentState) =
        let now = max now state.Now

        let work =
            run input {
                Settings = settings
                Now = now
                State = { state with Now = now }
                Effects = []
            }

        struct (work.State, List.rev work.Effects)

    /// When `Tick` must be said.
    let alarm (state: AgentState) = Queue.next state.Entries
