// What the dispatcher tells of the requests that were sent (RFC 3261, 8.1.3): whose response it is,
// and whose request has none.
module internal SipFun.Core.News

open SipFun

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
            Changed.responded sending response call work
        | ValueSome call when response.IsFinal -> Losses.answered number sending response call work
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
                    Changed.responded sending response call work
                else
                    work)
            work
    | _ when not response.IsFinal -> work
    | Purpose.Acknowledging call -> Provisionals.acknowledged sending response call work
    | Purpose.Leaving call -> Endings.responded sending response call work
    | Purpose.Registering registration ->
        Registering.responded registration number sending response work

/// The answer in the ACK to a 2xx of a re-INVITE, if the 2xx made an offer.
let private answerTo (sending: SentRequest) (response: SipResponse) work =
    let call, exchange =
        match sending.Purpose with
        | Purpose.Refreshing call -> ValueSome call, ValueNone
        | Purpose.Asking exchange ->
            AgentState.tryExchange exchange work.State
            |> ValueOption.bind (fun exchange -> exchange.Call),
            ValueSome exchange
        | _ -> ValueNone, ValueNone

    call
    |> ValueOption.bind (fun call -> AgentState.tryCall call work.State)
    |> ValueOption.filter (isOurs exchange)
    |> ValueOption.map (Changed.answerIn sending response)
    |> ValueOption.defaultValue Content.none

/// The 2xx to an INVITE within a dialog is acknowledged, whoever still waits for it (13.2.2.4).
let private acknowledge number (sending: SentRequest) (response: SipResponse) work =
    let isInitial = sending.Origin.IsSome
    let isInvite = sending.Request.Method = SipMethod.Invite
    let isItsDialog = Within.keyOf response.ToTag = Within.keyOf sending.Request.ToTag

    if response.IsSuccess && isInvite && not isInitial && isItsDialog then
        Within.acknowledge number sending (answerTo sending response work) response work
    else
        work

let private belongs (sending: SentRequest) (response: SipResponse) =
    response.CSeq = sending.Request.CSeq
    && response.CallId = sending.Request.CallId
    && Within.keyOf response.FromTag = Within.keyOf sending.Request.FromTag

/// After the final response only a 2xx to an INVITE counts: of another branch, or again.
let responded number (response: SipResponse) work =
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
    | ValueSome call when isOurs (ValueSome number) call -> Changed.failed outcome call work
    | ValueSome call ->
        Exchanges.finish number ending work
        |> AgentWork.withCall call.Number (Losses.unanswered outcome)
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
                    Changed.failed outcome call work
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

let completed number outcome last work =
    match AgentState.trySending number work.State with
    | ValueSome { IsFinal = false } -> concluded number outcome work
    | _ -> work
    |> if last then AgentWork.removeSending number else id

let forgotten number work = concluded number TimedOut work |> AgentWork.removeSending number
