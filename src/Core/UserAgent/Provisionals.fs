// Provisional responses to a call made (RFC 3261, 13.2.2.1): early dialogs, one a branch; and PRACK
// for those that want one, in their order (RFC 3262, 4), with the answer to an offer in them (5).
module internal SipFun.Core.Provisionals

open System
open SipFun

/// It wants a PRACK, and we said that we can.
let reliable reliability (response: SipResponse) =
    if
        reliability <> Reliability.Never
        && Wording.lists response.Require "100rel"
        && response.RSeq.HasValue
        && not (isNull response.ToTag)
    then
        ValueSome response.RSeq.Value
    else
        ValueNone

/// The next in order is acknowledged and told; a copy, or one that came too early, is neither:
/// none. Else the progress with it.
let next
    (progress: InviteProgress)
    (rseq: uint32)
    (response: SipResponse)
    : InviteProgress voption =
    let isNext =
        match progress.RSeq with
        | ValueNone -> true
        | ValueSome last -> rseq = last + 1u

    if isNext then
        ValueSome {
            RSeq = ValueSome rseq
            IsSettled = progress.IsSettled || not response.Body.IsEmpty
        }
    else
        ValueNone

/// What we say to an offer that a response makes, unless it was answered before (RFC 3262, 5).
let answer
    (text: Content)
    (progress: InviteProgress)
    (sending: SentRequest)
    (response: SipResponse)
    =
    let isOffer = sending.Request.Body.IsEmpty && not response.Body.IsEmpty
    if isOffer && not progress.IsSettled then text else Content.none

/// The dialog that this response makes, or made before.
let private sideOf tag (sending: SentRequest) response (call: Call) work =
    match Within.side tag call with
    | Some side -> ValueSome side
    | None when call.Sides.Count >= work.Settings.Limits.PerCall -> ValueNone
    | None ->
        match Dialog.OfResponse(sending.Request, response) with
        | null -> ValueNone
        | dialog -> ValueSome { Dialog = dialog; Progress = InviteProgress.none }

let private heard tag side (response: SipResponse) (call: Call) = {
    Within.withSide tag side call with
        Latest = tag
        HasUpdate = call.HasUpdate || Seq.contains SipMethod.Update response.Allow
}

let private tell (response: SipResponse) (call: Call) work =
    AgentWork.setCall call work |> AgentWork.tell (AgentEvent.Progressed(call.Number, response))

/// The PRACK to this response in this side, and the call after it.
let prack tag side (rseq: uint32) text (response: SipResponse) (call: Call) work =
    let value = $"{rseq} {response.CSeq}"
    let extend (request: SipRequest) = request.WithAddedHeader("RAck", value)
    let purpose = Purpose.Acknowledging call.Number

    let struct (_, call, work) =
        Within.sendIn tag side purpose SipMethod.Prack text extend call work

    struct (call, work)

let private acknowledge
    tag
    (side: Side)
    rseq
    (calling: Calling)
    sending
    response
    (call: Call)
    work
    =
    match next side.Progress rseq response with
    | ValueNone -> work
    | ValueSome progress ->
        let text = answer calling.Order.Acknowledgement side.Progress sending response
        let side = { side with Progress = progress }

        let struct (call, work) =
            prack tag side rseq text response (heard tag side response call) work

        tell response call work

let responded (calling: Calling) sending (response: SipResponse) (call: Call) work =
    let tag = Within.keyOf response.ToTag
    let rseq = reliable calling.Order.Reliability response

    match sideOf tag sending response call work, rseq with
    | ValueNone, _ -> tell response call work
    | ValueSome side, ValueSome rseq -> acknowledge tag side rseq calling sending response call work
    | ValueSome side, ValueNone -> tell response (heard tag side response call) work

/// A PRACK was challenged: it goes again. Whatever else becomes of it, the call goes on.
let acknowledged sending (response: SipResponse) number work =
    work
    |> AgentWork.withCall number (fun call work ->
        match call.Phase with
        | CallPhase.Leaving -> work
        | _ ->
            match Within.again sending response call work with
            | ValueSome(struct (_, call, work)) -> AgentWork.setCall call work
            | ValueNone -> work)
