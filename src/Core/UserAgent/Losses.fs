// Requests within a call but INVITE and UPDATE, and the answers that end a dialog (RFC 3261,
// 12.2.1.2).
module internal SipFun.Core.Losses

open SipFun

/// The other end does not know the dialog, or is gone (12.2.1.2). A subscription that it does not
/// know ends by itself (RFC 5057, 5.1).
let isLoss (response: SipResponse) =
    let method = response.CSeq.Method
    let isSubscription = method = SipMethod.Notify || method = SipMethod.Subscribe
    response.StatusCode = 408 || (response.StatusCode = 481 && not isSubscription)

/// The request within a call failed in a way that ends the dialog.
let lose (ending: ExchangeEnd) (call: Call) work =
    match call.Phase with
    | CallPhase.Established _ -> Endings.leave (CallEnd.Lost ending) call work
    | _ -> work

/// Another request within a call has its final response.
let answered number sending (response: SipResponse) (call: Call) work =
    // After the BYE nothing is sent again (15).
    let again =
        match call.Phase with
        | CallPhase.Leaving -> ValueNone
        | _ -> Within.again sending response call work

    match again with
    | ValueSome(struct (next, call, work)) ->
        AgentWork.setCall call work
        |> Exchanges.enter number (ValueSome call.Number) [] Map.empty next
    | ValueNone ->
        let work = Exchanges.respond number response work

        if isLoss response then
            AgentWork.withCall call.Number (lose (ExchangeEnd.Answered response)) work
        else
            work

/// Another request within a call has none.
let unanswered (outcome: Outcome) (call: Call) work =
    if outcome = TimedOut then
        lose (ExchangeEnd.Failed outcome) call work
    else
        work
