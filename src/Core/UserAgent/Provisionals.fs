// Provisional responses to a call made (RFC 3261, 13.2.2.1): early dialogs, one a branch; and PRACK
// for those that want one, in their order (RFC 3262, 4).
module internal SipFun.Core.Provisionals

open System
open SipFun

/// It wants a PRACK, and we said that we can.
let private reliable (calling: Calling) (response: SipResponse) =
    if
        calling.Order.Reliability <> Reliability.Never
        && Wording.lists response.Require "100rel"
        && response.RSeq.HasValue
        && not (isNull response.ToTag)
    then
        ValueSome response.RSeq.Value
    else
        ValueNone

/// The dialog that this response makes, or made before.
let private sideOf tag (sending: SentRequest) response (call: Call) work =
    match Within.side tag call with
    | Some side -> ValueSome side
    | None when call.Sides.Count >= work.Settings.Limits.PerCall -> ValueNone
    | None ->
        match Dialog.OfResponse(sending.Request, response) with
        | null -> ValueNone
        | dialog -> ValueSome { Dialog = dialog; RSeq = ValueNone }

let private heard tag side (response: SipResponse) (call: Call) = {
    Within.withSide tag side call with
        Latest = tag
        HasUpdate = call.HasUpdate || Seq.contains SipMethod.Update response.Allow
}

let private tell (response: SipResponse) (call: Call) work =
    AgentWork.setCall call work |> AgentWork.tell (AgentEvent.Progressed(call.Number, response))

let private prack tag (side: Side) (rseq: uint32) (response: SipResponse) (call: Call) work =
    let side = { side with RSeq = ValueSome rseq }
    let call = Within.withSide tag side call
    let value = $"{rseq} {response.CSeq}"
    let extend (request: SipRequest) = request.WithAddedHeader("RAck", value)
    let purpose = Purpose.Acknowledging call.Number

    let struct (_, call, work) =
        Within.sendIn tag side purpose SipMethod.Prack Content.none extend call work

    tell response call work

/// The next in order is acknowledged and told; a copy, or one that came too early, is neither.
let private inOrder (last: uint32 voption) (rseq: uint32) =
    match last with
    | ValueNone -> true
    | ValueSome last -> rseq = last + 1u

let responded (calling: Calling) sending (response: SipResponse) (call: Call) work =
    let tag = Within.keyOf response.ToTag

    match sideOf tag sending response call work, reliable calling response with
    | ValueNone, _ -> tell response call work
    | ValueSome side, ValueSome rseq when inOrder side.RSeq rseq ->
        prack tag side rseq response (heard tag side response call) work
    | ValueSome _, ValueSome _ -> work
    | ValueSome side, ValueNone -> tell response (heard tag side response call) work

/// A PRACK was challenged: it goes again. Whatever else becomes of it, the call goes on.
let acknowledged sending (response: SipResponse) number work =
    work
    |> AgentWork.withCall number (fun call work ->
        match Within.again sending response call work with
        | ValueSome(struct (_, call, work)) -> AgentWork.setCall call work
        | ValueNone -> work)
