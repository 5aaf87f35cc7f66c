// How a call ends (RFC 3261, 15): told once, what waits for an answer in it is answered, and
// nothing of it is left but a BYE on its way.
module internal SipFun.Core.Endings

open SipFun

let private tell (ending: CallEnd) (call: Call) work =
    if call.IsSilent then
        work
    else
        AgentWork.tell (AgentEvent.Ended(call.Number, ending)) work

/// A request of the call that the application has not answered: 487 (15.1.2).
let private withdraw work received =
    match AgentState.tryFind received work.State with
    | ValueSome(AskedEntry asked) ->
        let response = Wording.refusal asked.Request null 487 [] work.Settings

        AgentWork.remove received work
        |> AgentWork.answer received response
        |> AgentWork.tell (AgentEvent.Withdrawn received)
    | _ -> work

/// Our INVITE in the call may have had a provisional response, and then waits for ever: it is
/// cancelled (9.1), and ends soon after.
let private cancelChange (call: Call) work =
    match call.Ours with
    | ValueSome({ IsAbandoned = false; Sending = number } as change) when
        change.Method = SipMethod.Invite
        ->
        match AgentState.trySending number work.State with
        | ValueSome({ IsFinal = false } as sending) ->
            AgentWork.sendOff sending.NextHop (sending.Request.CreateCancel()) work
        | _ -> work
    | _ -> work

/// A change that waits for its next try will not have it.
let private dropChange (call: Call) work =
    match call.Ours with
    | ValueSome { Exchange = ValueSome exchange; At = at } when at <> Queue.never ->
        let ending = ExchangeEnd.Refused AgentRefusal.NoCall

        AgentWork.remove exchange work |> AgentWork.tell (AgentEvent.Finished(exchange, ending))
    | _ -> work

let private endAwaiting (call: Call) work =
    match call.Phase with
    | CallPhase.Established { AwaitsAck = reply } when reply <> 0L ->
        AgentWork.endAwaiting reply work
    | _ -> work

/// Everything in the call that waits, but the call itself.
let private settle (call: Call) work =
    let work = Set.fold withdraw work call.Asked
    let work = cancelChange call work |> dropChange call |> endAwaiting call

    struct ({ call with Asked = Set.empty; Ours = ValueNone; Theirs = 0L }, work)

/// It is over, and nothing of it is left.
let finish ending (call: Call) work =
    let struct (call, work) = settle call work
    AgentWork.remove call.Number work |> tell ending call

/// It is over; only the PRACK to this response is still answered.
let linger ending (unacknowledged: Unacknowledged) (call: Call) work =
    let struct (call, work) = settle call work
    let until = work.Now + 64L * work.Settings.Timers.T1
    let phase = CallPhase.Declined(unacknowledged, until)

    tell ending call work |> AgentWork.setCall { call with IsSilent = true; Phase = phase }

let private bye text (call: Call) work =
    Within.send (Purpose.Leaving call.Number) SipMethod.Bye text id call work

/// Hangs up: told when the BYE has its outcome.
let hangUp text (call: Call) work =
    let struct (call, work) = settle call work

    match bye text call work with
    | ValueSome(struct (_, call, work)) ->
        AgentWork.setCall { call with Phase = CallPhase.Leaving } work
    | ValueNone -> finish (CallEnd.HungUp(ExchangeEnd.Refused AgentRefusal.NoCall)) call work

/// The call is over for this cause; a BYE says so to the other end.
let leave (ending: CallEnd) (call: Call) work =
    let work = tell ending call work
    hangUp Content.none { call with IsSilent = true } work

/// The BYE has its outcome.
let left (ending: ExchangeEnd) (call: Call) work = finish (CallEnd.HungUp ending) call work

/// A response to the BYE; a 401 or 407 is answered.
let responded (sending: SentRequest) (response: SipResponse) number work =
    work
    |> AgentWork.withCall number (fun call work ->
        match Within.again sending response call work with
        | ValueSome(struct (_, call, work)) -> AgentWork.setCall call work
        | ValueNone -> left (ExchangeEnd.Answered response) call work)
