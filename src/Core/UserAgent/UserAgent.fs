// The user agent as a machine (RFC 3261, 8, 10, 12 to 15): one input, one new state, and what must
// now be done, in that order. Total: any input, any state. It knows no sockets, no transactions and
// no clock: those are the dispatcher's, to which its effects go and from which its news come.
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
        | CallPhase.Declined _ -> AgentWork.remove call.Number work

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
            elif Changes.isBusy call || Changes.isTooEarly text call then
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
        | CallPhase.Declined(_, until), _ when until <= work.Now ->
            AgentWork.remove call.Number work
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

    /// An order whose words cannot be in a message.
    let private refuse input work =
        match input with
        | AgentInput.Invite(call, _) ->
            AgentWork.tell (AgentEvent.Ended(call, CallEnd.Refused AgentRefusal.Malformed)) work
        | AgentInput.HangUp(call, _) -> AgentWork.withCall call (hangUp Content.none) work
        | AgentInput.Request(exchange, _)
        | AgentInput.RequestWithin(exchange, _, _, _) ->
            Exchanges.refuse exchange AgentRefusal.Malformed work
        | AgentInput.Register(registration, _) ->
            Registering.refuse registration AgentRefusal.Malformed work
        | AgentInput.Respond(received, answer) when answer.Status >= 200 ->
            respond received (Wording.status 500) work
        | _ -> work

    let private obey input work =
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
        | AgentInput.Responded(sending, response) -> News.responded sending response work
        | AgentInput.Completed(sending, outcome, last) -> News.completed sending outcome last work
        | AgentInput.Forgotten sending -> News.forgotten sending work
        | AgentInput.Replied(reply, outcome) -> Acks.replied reply outcome work
        | AgentInput.Tick -> tick work.Settings.Limits.PerStep work

    let private run input work =
        if Soundness.ofOrder input then obey input work else refuse input work

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
