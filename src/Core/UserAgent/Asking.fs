// Requests for the application (RFC 3261, 8.2, 12.2.2): remembered until it answers, answered for
// it when it does not. Within a call an INVITE or UPDATE of the other end is one at a time (14.2;
// RFC 3311, 5.2).
module internal SipFun.Core.Asking

open SipFun

let private enter (asked: Asked) work =
    AgentWork.set asked.Arrival.Number asked.AnswerBy (AskedEntry asked) work

/// The application shall answer; none of them: there is no room.
let ask (arrival: Arrival) (request: SipRequest) (call: Call voption) work =
    if work.State.Counts.Asked >= work.Settings.Limits.Requests || work.State.IsClosed then
        Incoming.refuse arrival request 503 [ "Retry-After", "5" ] work
    else
        let number = call |> ValueOption.map (fun call -> call.Number)

        let asked = {
            Arrival = arrival
            Request = request
            Call = number
            AnswerBy = work.Now + work.Settings.Limits.AnswerWithin
        }

        let note (call: Call) work =
            AgentWork.setCall
                {
                    call with
                        Asked = Set.add arrival.Number call.Asked
                        Theirs =
                            if
                                Changes.isChange request.Method || request.Method = SipMethod.Prack
                            then
                                arrival.Number
                            else
                                call.Theirs
                }
                work

        ValueOption.fold (fun work call -> note call work) work call
        |> enter asked
        |> AgentWork.tell (AgentEvent.Requested(arrival.Number, number, arrival, request))

/// It is answered: the call does not wait for it any more.
let private forget received (asked: Asked) work =
    let work = AgentWork.remove received work

    let clear (call: Call) work =
        AgentWork.setCall
            {
                call with
                    Asked = Set.remove received call.Asked
                    Theirs = if call.Theirs = received then 0L else call.Theirs
            }
            work

    ValueOption.fold (fun work call -> AgentWork.withCall call clear work) work asked.Call

let private withEstablished change (call: Call) work =
    match call.Phase with
    | CallPhase.Established established ->
        let phase = CallPhase.Established(change established)
        AgentWork.setCall { call with Phase = phase } work
    | _ -> work

/// The 2xx to an INVITE or UPDATE within a call: contact and session timer; an INVITE's waits for
/// its ACK.
let private accept received (answer: AgentAnswer) (request: SipRequest) (call: Call) work =
    let settings = work.Settings

    let wish =
        match Changes.established call with
        | ValueSome { Session = ValueSome session } -> ValueSome session.Interval
        | _ -> settings.Session.Interval

    // Only an answered call has a session timer (RFC 4028, 4).
    let agreed =
        Changes.established call |> ValueOption.bind (fun _ -> Sessions.agree wish request)

    let response =
        Wording.response request null answer settings
        |> Wording.introduction call.Contact settings.Reliability settings
        |> Sessions.grant agreed request

    let struct (reply, work) = AgentWork.reply received response work
    let isInvite = request.Method = SipMethod.Invite
    let offers = request.Body.IsEmpty && not answer.Content.Body.IsEmpty

    let work =
        match Changes.established call with
        | ValueSome { AwaitsAck = old } when isInvite && old <> 0L -> AgentWork.endAwaiting old work
        | _ -> work

    let work =
        withEstablished
            (fun established -> {
                established with
                    Session = Sessions.ofAgreement work.Now agreed
                    Description =
                        if answer.Content.Body.IsEmpty then
                            established.Description
                        else
                            answer.Content
                    AwaitsAck = if isInvite then reply else established.AwaitsAck
                    AckDue = if isInvite then ValueSome request.CSeq.Number else established.AckDue
                    OfferOpen = if isInvite then offers else established.OfferOpen
            })
            call
            work

    let work = if isInvite then AgentWork.awaitAck reply call.Number work else work

    if agreed.IsSome && not call.IsSilent then
        AgentWork.tell (AgentEvent.Refreshed call.Number) work
    else
        work

/// The dialog goes on to where the other end says that it is, with our 2xx (12.2.2).
let private followed (request: SipRequest) (call: Call) =
    let tag = Within.keyOf request.FromTag

    match Within.side tag call with
    | Some side -> Within.withSide tag { side with Dialog = side.Dialog.Followed request } call
    | None -> call

/// Answered by the agent itself: an UPDATE without an offer, which refreshes the session (RFC 4028,
/// 7.4).
let refresh (arrival: Arrival) request call work =
    let call = followed request call
    AgentWork.setCall call work |> accept arrival.Number (Wording.status 200) request call

let private plain received (answer: AgentAnswer) (request: SipRequest) work =
    let struct (tag, work) = AgentWork.drawTag work
    AgentWork.answer received (Wording.response request tag answer work.Settings) work

/// The application answers.
let respond received (answer: AgentAnswer) (asked: Asked) work =
    let request = asked.Request

    if answer.Status <= 100 || answer.Status > 699 then
        work
    elif answer.Status < 200 then
        // RFC 4320, 4.1: only an INVITE has provisional responses; and within a call none is sent
        // reliably, so that one that requires it has none (RFC 3262, 3).
        if request.Method = SipMethod.Invite && not (Wording.lists request.Require "100rel") then
            plain received answer request work
        else
            work
    else
        let work = forget received asked work

        let call =
            asked.Call |> ValueOption.bind (fun call -> AgentState.tryCall call work.State)

        match call with
        | ValueSome call when answer.Status < 300 ->
            let call = followed request call
            let work = AgentWork.setCall call work

            if Changes.isChange request.Method then
                accept received answer request call work
            else
                plain received answer request work
        | _ -> plain received answer request work
        |> match call with
           | ValueSome call -> AgentWork.withCall call.Number Answering.goOn
           | ValueNone -> id

/// The application took too long.
let due received (asked: Asked) work =
    respond received (Wording.status 500) asked work
    |> AgentWork.tell (AgentEvent.Withdrawn received)

/// A CANCEL came for an INVITE within a call: 487 (9.2).
let cancelled received (asked: Asked) work =
    respond received (Wording.status 487) asked work
    |> AgentWork.tell (AgentEvent.Withdrawn received)
