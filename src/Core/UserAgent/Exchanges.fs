// Requests of the application (RFC 3261, 8.1, 12.2.1): each is finished exactly once, with its
// final response or with what kept it from coming.
module internal SipFun.Core.Exchanges

open SipFun

let refuse number refusal work =
    AgentWork.tell (AgentEvent.Finished(number, ExchangeEnd.Refused refusal)) work

/// A request was taken on: its row.
let enter number call logins realms sending work =
    AgentWork.setExchange
        number
        { Call = call; Logins = logins; Realms = realms; Sending = sending }
        work

let finish number (ending: ExchangeEnd) work =
    match AgentState.tryExchange number work.State with
    | ValueSome _ ->
        AgentWork.remove number work |> AgentWork.tell (AgentEvent.Finished(number, ending))
    | ValueNone -> work

/// A response for the application; a final one finishes the exchange.
let respond number (response: SipResponse) work =
    match AgentState.tryExchange number work.State with
    | ValueNone -> work
    | ValueSome _ ->
        let work = AgentWork.tell (AgentEvent.Responded(number, response)) work

        if response.IsFinal then
            finish number (ExchangeEnd.Answered response) work
        else
            work

/// Methods that the agent sends by itself, or that make a call (13, 15, 9; RFC 3262).
let private isReserved (method: SipMethod) =
    [
        SipMethod.Ack
        SipMethod.Cancel
        SipMethod.Bye
        SipMethod.Prack
        SipMethod.Register
    ]
    |> List.contains method

/// Whether one more exchange is taken on, and of this method.
let admit number method work =
    if work.State.IsClosed then
        ValueSome AgentRefusal.Closed
    elif
        work.State.Counts.Exchanges >= work.Settings.Limits.Exchanges
        || (AgentState.tryFind number work.State).IsSome
    then
        ValueSome AgentRefusal.TooMany
    elif isReserved method then
        ValueSome AgentRefusal.Method
    else
        ValueNone

/// A MESSAGE never says where its sender is reached (RFC 3428, 4).
let private introduced (order: RequestOrder) (settings: AgentSettings) request =
    if order.Method = SipMethod.Message then
        Wording.abilities settings.Reliability settings request
    else
        Wording.introduction order.Party.Contact settings.Reliability settings request

let private begin' number (order: RequestOrder) work =
    let party = order.Party
    let struct (tag, work) = AgentWork.drawTag work
    let struct (callId, work) = AgentWork.drawCallId work

    let request =
        Wording.request order.Method party.Target party tag callId 1u order.Content work.Settings
        |> introduced order work.Settings

    let purpose = Purpose.Asking number
    let struct (sending, work) = AgentWork.send purpose party.NextHop 0 request work
    enter number ValueNone party.Logins Map.empty sending work

/// A request outside dialogs.
let start number (order: RequestOrder) work =
    match admit number order.Method work with
    | ValueSome refusal -> refuse number refusal work
    | ValueNone when order.Method = SipMethod.Invite -> refuse number AgentRefusal.Method work
    | ValueNone -> begin' number order work

/// Outside dialogs: the request again, with the next CSeq (22.2); none: it is refused.
let private again (exchange: Exchange) (sending: SentRequest) response work =
    match Challenges.again exchange.Logins exchange.Realms sending response work with
    | struct (ValueSome(struct (request, state)), work) ->
        let struct (number, work) =
            AgentWork.send sending.Purpose sending.NextHop state.Tries request work

        ValueSome(struct ({ exchange with Sending = number; Realms = state.Realms }, work))
    | _ -> ValueNone

/// A response to a request outside dialogs.
let responded number exchange sending (response: SipResponse) work =
    match again exchange sending response work with
    | ValueSome(struct (exchange, work)) -> AgentWork.setExchange number exchange work
    | ValueNone -> respond number response work

/// The application waits no longer. What was sent is cancelled; a change in a call that waits for
/// its next try will not have it.
let abandon number work =
    match AgentState.tryExchange number work.State with
    | ValueSome { Sending = 0L; Call = call } ->
        let drop (call: Call) work = AgentWork.setCall { call with Ours = ValueNone } work

        ValueOption.fold (fun work call -> AgentWork.withCall call drop work) work call
        |> finish number (ExchangeEnd.Failed Cancelled)
    | ValueSome { Sending = sending; Call = call } ->
        let mark (call: Call) work =
            match call.Ours with
            | ValueSome change when change.Exchange = ValueSome number ->
                let abandoned = ValueSome { change with IsAbandoned = true }
                AgentWork.setCall { call with Ours = abandoned } work
            | _ -> work

        let work =
            ValueOption.fold (fun work call -> AgentWork.withCall call mark work) work call

        match AgentState.trySending sending work.State with
        | ValueSome { Request = request; NextHop = hop } when request.Method = SipMethod.Invite ->
            AgentWork.sendOff hop (request.CreateCancel()) work
        | _ -> AgentWork.emit (AgentEffect.CancelDelivery sending) work
    | ValueNone -> work
