// What comes of an INVITE or UPDATE of this end within a call (RFC 3261, 12.2.1.2, 14.1; RFC 3262;
// RFC 4028, 7.3 and 10).
module internal SipFun.Core.Changed

open SipFun

/// A peer that always answers 491 gets no more tries than this.
[<Literal>]
let private MostGlares = 5

/// How often 422 may ask for a longer interval.
[<Literal>]
let private MostRaises = 2

/// A refresh that failed is tried again while there is time (RFC 4028, 10).
let private refreshLater (established: Established) now =
    match established.Session with
    | ValueSome session when session.IsRefresher -> {
        established with
            Session =
                ValueSome {
                    session with
                        RefreshAt = now + max 1_000L<ms> (session.Interval / 8L)
                }
      }
    | _ -> established

let private withEstablished change (call: Call) =
    match call.Phase with
    | CallPhase.Established established -> {
        call with
            Phase = CallPhase.Established(change established)
      }
    | _ -> call

let private succeeded (change: Change) (response: SipResponse) (call: Call) work =
    let tag = Within.keyOf response.ToTag

    let call =
        match Within.side tag call with
        | Some side -> Within.withSide tag { side with Dialog = side.Dialog.Receive response } call
        | None -> call

    let refreshed (established: Established) =
        let asked =
            established.Session
            |> ValueOption.map (fun session -> max established.Least session.Interval)

        {
            established with
                Session = Sessions.ofResponse work.Now asked response
                Description =
                    if change.Content.Body.IsEmpty then
                        established.Description
                    else
                        change.Content
        }

    let call = withEstablished refreshed { call with Ours = ValueNone }

    let hasSession =
        ValueOption.exists (fun each -> each.Session.IsSome) (Changes.established call)

    let work = AgentWork.setCall call work

    if hasSession && not call.IsSilent then
        AgentWork.tell (AgentEvent.Refreshed call.Number) work
    else
        work

let private refused (change: Change) (response: SipResponse) (call: Call) work =
    let call = { call with Ours = ValueNone }

    let lacksUpdate =
        change.Method = SipMethod.Update && (response.StatusCode = 405 || response.StatusCode = 501)

    let call = { call with HasUpdate = call.HasUpdate && not lacksUpdate }

    let call =
        if change.Exchange.IsNone then
            withEstablished (fun established -> refreshLater established work.Now) call
        else
            call

    let work = AgentWork.setCall call work

    if Losses.isLoss response then
        Losses.lose (ExchangeEnd.Answered response) call work
    else
        work

let private toApplication (change: Change) response work =
    match change.Exchange with
    | ValueSome exchange -> Exchanges.respond exchange response work
    | ValueNone -> work

/// 422: the session's interval is too short for a proxy, or for the other end; with a longer one it
/// goes again (RFC 4028, 7.3).
let private raised (change: Change) (response: SipResponse) (call: Call) =
    match Changes.established call, response.MinSe with
    | ValueSome({ Session = ValueSome _ } as established), NonNull value when
        response.StatusCode = 422 && change.Raises < MostRaises
        ->
        let least = Wording.duration value.Seconds

        if least > established.Least then
            let phase = CallPhase.Established { established with Least = least }
            ValueSome { call with Phase = phase }
        else
            ValueNone
    | _ -> ValueNone

/// A final response to the change under way.
let private final (change: Change) sending (response: SipResponse) (call: Call) work =
    let isWanted = not change.IsAbandoned

    let again =
        if isWanted then
            Within.again sending response call work
        else
            ValueNone

    match again, raised change response call with
    | ValueSome(struct (number, call, work)), _ -> Changes.sent change number call work
    | _, ValueSome call when isWanted ->
        Changes.send { change with Raises = change.Raises + 1 } call work
    | _ when response.StatusCode = 491 && change.Glares < MostGlares && isWanted ->
        Changes.glared change call work
    | _ ->
        let settle = if response.IsSuccess then succeeded else refused

        toApplication change response work
        |> AgentWork.withCall call.Number (settle change response)

/// The answer to an offer that a response to our INVITE makes: what was last said of the session
/// here (13.2.2.4; RFC 3262, 5).
let answerIn (sending: SentRequest) (response: SipResponse) (call: Call) =
    match call.Ours, Changes.established call with
    | ValueSome { Progress = progress }, ValueSome established ->
        Provisionals.answer established.Description progress sending response
    | _ -> Content.none

/// A provisional response to it; a reliable one gets its PRACK (RFC 3262, 4).
let private provisional (change: Change) sending (response: SipResponse) (call: Call) work =
    let tag = Within.keyOf response.ToTag
    let rseq = Provisionals.reliable work.Settings.Reliability response

    match Within.side tag call, rseq with
    | Some side, ValueSome rseq when change.Method = SipMethod.Invite ->
        match Provisionals.next change.Progress rseq response with
        | ValueNone -> work
        | ValueSome progress ->
            let text = answerIn sending response call

            let struct (call, work) = Provisionals.prack tag side rseq text response call work

            let ours = ValueSome { change with Progress = progress }
            AgentWork.setCall { call with Ours = ours } work |> toApplication change response
    | _ -> toApplication change response work

let responded sending (response: SipResponse) (call: Call) work =
    match call.Ours with
    | ValueSome change when response.IsFinal -> final change sending response call work
    | ValueSome change -> provisional change sending response call work
    | ValueNone -> work

/// Nothing came back. No response at all ends the dialog; a hop that could not be reached need not
/// (12.2.1.2, 8.1.3.1).
let failed (outcome: Outcome) (call: Call) work =
    match call.Ours with
    | ValueNone -> work
    | ValueSome change ->
        let ending = ExchangeEnd.Failed outcome
        let call = { call with Ours = ValueNone }

        let call =
            if change.Exchange.IsNone then
                withEstablished (fun established -> refreshLater established work.Now) call
            else
                call

        let work = AgentWork.setCall call work

        let work =
            ValueOption.fold
                (fun work each -> Exchanges.finish each ending work)
                work
                change.Exchange

        if outcome = TimedOut then Losses.lose ending call work else work
