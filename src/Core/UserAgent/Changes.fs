// INVITE and UPDATE of this end within a call (RFC 3261, 14.1; RFC 3311): one at a time, again
// after a 491, and the session's refreshes (RFC 4028, 10).
module internal SipFun.Core.Changes

open SipFun

/// A peer that always answers 491 gets no more tries than this.
[<Literal>]
let private MostGlares = 5

let isChange (method: SipMethod) = method = SipMethod.Invite || method = SipMethod.Update

let established (call: Call) =
    match call.Phase with
    | CallPhase.Established established -> ValueSome established
    | _ -> ValueNone

/// An INVITE or UPDATE is under way, in either direction, or an ACK is awaited (14.1).
let isBusy (call: Call) =
    call.Ours.IsSome
    || call.Theirs <> 0L
    || (match established call with
        | ValueSome established -> established.AwaitsAck <> 0L
        | ValueNone -> false)

let private purposeOf (call: Call) (change: Change) =
    match change.Exchange with
    | ValueSome exchange -> Purpose.Asking exchange
    | ValueNone -> Purpose.Refreshing call.Number

/// What the request says of the session's timer: who refreshes stays so (RFC 4028, 7.4).
let private asking (call: Call) work (request: SipRequest) =
    match established call with
    | ValueSome { Session = ValueSome session } ->
        let role = if session.IsRefresher then "uac" else "uas"
        Sessions.ask (ValueSome session.Interval) (Sessions.least work.Settings) role request
    | _ -> request

let private sent (change: Change) sending (call: Call) work =
    let underWay = {
        change with
            Sending = sending
            Progress = InviteProgress.none
            At = Queue.never
    }

    let work = AgentWork.setCall { call with Ours = ValueSome underWay } work

    match change.Exchange with
    | ValueSome exchange ->
        Exchanges.enter exchange (ValueSome call.Number) [] Map.empty sending work
    | ValueNone -> work

/// Its early dialog is gone, and with it whatever waited to be sent in it.
let private noDialog (change: Change) (call: Call) work =
    let work = AgentWork.setCall { call with Ours = ValueNone } work

    match change.Exchange with
    | ValueSome exchange ->
        AgentWork.remove exchange work |> Exchanges.refuse exchange AgentRefusal.NoCall
    | ValueNone -> work

let private send (change: Change) (call: Call) work =
    let extend = asking call work

    match Within.send (purposeOf call change) change.Method change.Content extend call work with
    | ValueSome(struct (sending, call, work)) -> sent change sending call work
    | ValueNone -> noDialog change call work

/// The application's INVITE or UPDATE, in a call that is not busy.
let start exchange method text (call: Call) work =
    let change = {
        Exchange = ValueSome exchange
        Method = method
        Content = text
        Sending = 0L
        IsAbandoned = false
        Progress = InviteProgress.none
        Glares = 0
        At = Queue.never
    }

    send change call work

/// The session is due for a refresh: UPDATE without an offer if the other end has it, else INVITE
/// with what was last said (RFC 4028, 7.4).
let refresh (established: Established) (call: Call) work =
    let method, text =
        if call.HasUpdate then
            SipMethod.Update, Content.none
        else
            SipMethod.Invite, established.Description

    let change = {
        Exchange = ValueNone
        Method = method
        Content = text
        Sending = 0L
        IsAbandoned = false
        Progress = InviteProgress.none
        Glares = 0
        At = Queue.never
    }

    send change call work

/// 2.1 to 4 s for the one who made the Call-ID, up to 2 s for the other, in steps of 10 ms (14.1).
let private backOff (call: Call) work : struct (Duration * AgentWork) =
    let struct (step, work) =
        AgentWork.drawBelow (if call.IsOwner then 191L else 201L) work

    let least = if call.IsOwner then 2_100L<ms> else 0L<ms>
    struct (least + step * 10L<ms>, work)

let private glared (change: Change) (call: Call) work =
    let struct (wait, work) = backOff call work

    let change = {
        change with
            Sending = 0L
            Glares = change.Glares + 1
            At = work.Now + wait
    }

    let work = AgentWork.setCall { call with Ours = ValueSome change } work

    match change.Exchange with
    | ValueSome exchange -> Exchanges.enter exchange (ValueSome call.Number) [] Map.empty 0L work
    | ValueNone -> work

/// A change that waited for its next try is due; while the other end's is under way it waits on.
let retry (change: Change) (call: Call) work =
    if isBusy { call with Ours = ValueNone } then
        let struct (wait, work) = backOff call work
        let later = { change with At = work.Now + max 10L<ms> wait }
        AgentWork.setCall { call with Ours = ValueSome later } work
    else
        send change call work

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
        let asked = established.Session |> ValueOption.map (fun session -> session.Interval)

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
        ValueOption.exists (fun each -> each.Session.IsSome) (established call)

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

/// A final response to the change under way.
let private final (change: Change) sending (response: SipResponse) (call: Call) work =
    let again =
        if change.IsAbandoned then
            ValueNone
        else
            Within.again sending response call work

    match again with
    | ValueSome(struct (number, call, work)) -> sent change number call work
    | ValueNone when
        response.StatusCode = 491 && change.Glares < MostGlares && not change.IsAbandoned
        ->
        glared change call work
    | ValueNone when response.IsSuccess ->
        toApplication change response work
        |> AgentWork.withCall call.Number (succeeded change response)
    | ValueNone ->
        toApplication change response work
        |> AgentWork.withCall call.Number (refused change response)

/// The answer to an offer that a response to our INVITE makes: what was last said of the session
/// here (13.2.2.4; RFC 3262, 5).
let answerIn (sending: SentRequest) (response: SipResponse) (call: Call) =
    match call.Ours, established call with
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
