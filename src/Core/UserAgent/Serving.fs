// A message that came in (RFC 3261, 8.2, 12.2.2): to its call, to the application, or answered
// here. One that is not this agent's is passed to the next receiver, unless there is none.
module internal SipFun.Core.Serving

open SipFun

let private receipt (arrival: Arrival) receipt work =
    AgentWork.emit (AgentEffect.Receipt(arrival.Number, receipt)) work

let private handled arrival work = receipt arrival Receipt.Handled work

/// Not ours: passed on, or refused.
let private foreign (arrival: Arrival) (request: SipRequest) status headers work =
    if not work.Settings.IsLast then
        receipt arrival Receipt.Pass work
    elif request.Method = SipMethod.Ack then
        handled arrival work
    else
        handled arrival work |> Incoming.refuse arrival request status headers

/// A refusal within a dialog, where the To has its tag.
let private refuse (arrival: Arrival) (request: SipRequest) status headers work =
    AgentWork.answer arrival.Number (Wording.refusal request null status headers work.Settings) work

/// The call and the side of it that a request belongs to.
let private ownerOf (request: SipRequest) work =
    let tag = Within.keyOf request.FromTag

    AgentState.callsOf request.CallId work.State
    |> List.tryPick (fun call ->
        match Within.side tag call with
        | Some side when side.Dialog.Owns request -> Some(struct (call, tag, side))
        | _ -> None)

/// 500 with a Retry-After of up to ten seconds (14.2).
let private later arrival request work =
    let struct (wait, work) = AgentWork.drawBelow 11L work
    refuse arrival request 500 [ "Retry-After", string wait ] work

/// A new offer cannot come while ours has no answer: that is in a reliable response, or in an ACK
/// which is late (RFC 3311, 5.2; RFC 5407, 3.1.5).
let private meetsOffer (request: SipRequest) (call: Call) =
    let offers = request.Method = SipMethod.Invite || not request.Body.IsEmpty
    offers && Offers.isOurs (Within.keyOf request.FromTag) call

/// The other end's INVITE or UPDATE meets ours, or its own before that (14.2; RFC 3311, 5.2).
let private change arrival (request: SipRequest) (call: Call) work =
    let isOursUnderWay =
        match call.Phase, call.Ours with
        | CallPhase.Calling _, _ when request.Method = SipMethod.Invite -> true
        | _, ValueSome change -> change.At = Queue.never
        | _, ValueNone -> false

    let isTheirsUnderWay =
        match call.Phase with
        | CallPhase.Ringing _ when request.Method = SipMethod.Invite -> true
        | _ -> call.Theirs <> 0L || (not request.Body.IsEmpty && Offers.isTheirs call)

    if isOursUnderWay || meetsOffer request call then
        refuse arrival request 491 [] work
    elif isTheirsUnderWay then
        later arrival request work
    else
        match Checks.session request work.Settings with
        | ValueSome fault -> refuse arrival request fault.Status fault.Headers work
        | ValueNone when request.Method = SipMethod.Update && request.Body.IsEmpty ->
            Asking.refresh arrival request call work
        | ValueNone when List.contains request.Method work.Settings.Methods ->
            Asking.ask arrival request (ValueSome call) work
        | ValueNone -> refuse arrival request 488 [] work

/// The other end hangs up (15.1.2).
let private bye (arrival: Arrival) (request: SipRequest) tag (call: Call) work =
    let work = refuse arrival request 200 [] work

    match call.Phase with
    | CallPhase.Ringing ringing -> Answering.withdraw (CallEnd.Left request) ringing call work
    | CallPhase.Calling _ ->
        // Only one branch of our INVITE is gone; its final response is still to come.
        let call = { call with Sides = Map.remove tag call.Sides }

        let latest =
            match Map.tryFindKey (fun _ _ -> true) call.Sides with
            | Some tag when not (call.Sides.ContainsKey call.Latest) -> tag
            | Some _ -> call.Latest
            | None -> ""

        AgentWork.setCall { call with Latest = latest } work
    | CallPhase.Declined _ -> work
    | CallPhase.Established _
    | CallPhase.Leaving -> Endings.finish (CallEnd.Left request) call work

/// A PRACK for the response that waits for it. An offer in it is the application's to answer, if it
/// answers any; else it is refused, for the 2xx must have the answer (RFC 3262, 5).
let private awaited (arrival: Arrival) request opened (ringing: Ringing) (call: Call) work =
    let go (work: AgentWork) = AgentWork.withCall call.Number Answering.goOn work
    let work = Answering.acknowledged opened request ringing call work

    match AgentState.tryCall call.Number work.State with
    | ValueSome call when Answering.hasOffer request ringing ->
        if List.contains SipMethod.Prack work.Settings.Methods && call.Theirs = 0L then
            Asking.ask arrival request (ValueSome call) work |> go
        else
            refuse arrival request 488 [] work |> go
    | _ -> refuse arrival request 200 [] work |> go

/// Its response was followed by a final one, which the PRACK crossed (RFC 3262, 3).
let private prack (arrival: Arrival) (request: SipRequest) (call: Call) work =
    let ok = refuse arrival request 200 []

    match call.Phase with
    | CallPhase.Ringing({ Open = ValueSome opened } as ringing) when
        Answering.matches request opened
        ->
        awaited arrival request opened ringing call work
    | CallPhase.Established({ PrackDue = ValueSome opened } as established) when
        Answering.matches request opened
        ->
        let phase = CallPhase.Established { established with PrackDue = ValueNone }

        AgentWork.setCall { call with Phase = phase } work
        |> ok
        |> AgentWork.tell (AgentEvent.Acknowledged(call.Number, request))
    | CallPhase.Declined(opened, _) when Answering.matches request opened ->
        AgentWork.remove call.Number work |> ok
    | _ -> refuse arrival request 481 [] work

/// What an INVITE here would get, and what is understood (11.2).
let private options (arrival: Arrival) (request: SipRequest) work =
    let settings = work.Settings

    let isFull =
        work.State.Counts.Calls >= settings.Limits.Calls && isNull request.ToTag

    let headers = [
        "Allow", Wording.allow settings
        "Supported", Wording.join (Wording.extensions settings.Reliability settings)
        if not settings.Accept.IsEmpty then
            "Accept", Wording.join settings.Accept
    ]

    Incoming.refuse arrival request (if isFull then 486 else 200) headers work

/// Nothing is served in it any more but BYE, or the PRACK that it waits for.
let private isOver (method: SipMethod) (call: Call) =
    match call.Phase with
    | CallPhase.Leaving -> method <> SipMethod.Bye
    | CallPhase.Declined _ -> method <> SipMethod.Prack
    | _ -> false

/// A request within a dialog, in its order, that may be looked at.
let private admitted (arrival: Arrival) (request: SipRequest) tag (call: Call) work =
    let method = request.Method

    if isOver method call then refuse arrival request 481 [] work
    elif method = SipMethod.Bye then bye arrival request tag call work
    elif method = SipMethod.Prack then prack arrival request call work
    elif method = SipMethod.Options then options arrival request work
    elif Changes.isChange method then change arrival request call work
    else Asking.ask arrival request (ValueSome call) work

/// 12.2.2: first its order, then what 8.2 asks; only then does it count. Its Contact does when it is
/// answered 2xx.
let private within (arrival: Arrival) (request: SipRequest) (call: Call) tag (side: Side) work =
    let struct (fault, next) = side.Dialog.Ordered request

    match Checks.all request work.Settings with
    | _ when fault <> DialogFault.None -> refuse arrival request 500 [] work
    | ValueSome fault -> refuse arrival request fault.Status fault.Headers work
    | ValueNone ->
        let call = Within.withSide tag { side with Dialog = next } call
        AgentWork.setCall call work |> admitted arrival request tag call

let private acknowledged (arrival: Arrival) (ack: SipRequest) work =
    match ownerOf ack work with
    | Some(struct (call, _, _)) -> handled arrival work |> Acks.received ack call
    | None -> foreign arrival ack 0 [] work

/// The INVITE that a CANCEL means, of a call or within one (9.2).
let private cancelled (arrival: Arrival) (cancel: SipRequest) work =
    let key = Incoming.keyOf cancel
    let calls = AgentState.callsOf cancel.CallId work.State

    let isMeant received =
        match AgentState.tryFind received work.State with
        | ValueSome(AskedEntry asked) ->
            asked.Request.Method = SipMethod.Invite && Incoming.keyOf asked.Request = key
        | _ -> false

    let within = calls |> List.tryPick (fun call -> Seq.tryFind isMeant call.Asked)

    let ok (tag: string | null) work =
        handled arrival work
        |> AgentWork.answer arrival.Number (Wording.refusal cancel tag 200 [] work.Settings)

    match List.tryFind (fun (call: Call) -> call.InviteKey = key) calls, within with
    | Some({ Phase = CallPhase.Ringing ringing } as call), _ ->
        ok ringing.Tag work |> Answering.withdraw CallEnd.Withdrawn ringing call
    | _, Some received ->
        match AgentState.tryFind received work.State with
        | ValueSome(AskedEntry asked) -> ok null work |> Asking.cancelled received asked
        | _ -> work
    | Some call, None ->
        // Too late: its final response has left.
        let tag =
            Map.tryPick (fun _ (side: Side) -> Option.ofObj side.Dialog.Local.Tag) call.Sides

        ok (Option.toObj tag) work
    | None, None ->
        // The dispatcher knows whether its INVITE was refused before.
        receipt arrival Receipt.Pass work

/// These are only sent within a dialog.
let private needsDialog (method: SipMethod) =
    method = SipMethod.Bye || method = SipMethod.Prack || method = SipMethod.Update

let private outside (arrival: Arrival) (request: SipRequest) work =
    let method = request.Method

    match Checks.method request work.Settings with
    | ValueSome fault -> foreign arrival request fault.Status fault.Headers work
    | ValueNone when needsDialog method -> foreign arrival request 481 [] work
    | ValueNone when method = SipMethod.Invite ->
        handled arrival work |> Incoming.received arrival request
    | ValueNone ->
        match Checks.all request work.Settings with
        | ValueSome fault ->
            handled arrival work |> Incoming.refuse arrival request fault.Status fault.Headers
        | ValueNone when method = SipMethod.Options ->
            handled arrival work |> options arrival request
        | ValueNone -> handled arrival work |> Asking.ask arrival request ValueNone

let private request (arrival: Arrival) (request: SipRequest) work =
    if request.Method = SipMethod.Ack then
        acknowledged arrival request work
    elif request.Method = SipMethod.Cancel then
        cancelled arrival request work
    elif isNull request.ToTag then
        outside arrival request work
    else
        match ownerOf request work with
        | Some(struct (call, tag, side)) ->
            handled arrival work |> within arrival request call tag side
        // Of a subscription outside calls, which is the application's (RFC 3515, 2.4.4; RFC 6665).
        | None when request.Method = SipMethod.Notify -> outside arrival request work
        | None -> foreign arrival request 481 [] work

let arrived (arrival: Arrival) work =
    match arrival.Message with
    | :? SipRequest as incoming -> request arrival incoming work
    | _ -> receipt arrival Receipt.Pass work
