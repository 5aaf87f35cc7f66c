// INVITE and UPDATE of this end within a call (RFC 3261, 14.1; RFC 3311): one at a time, again
// after a 491, and the session's refreshes (RFC 4028, 10).
module internal SipFun.Core.Changes

open SipFun

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

/// An offer that would come before those of the INVITE are answered (RFC 3311, 5.1).
let isTooEarly (text: Content) (call: Call) = not (text.Body.IsEmpty || Offers.mayMake call)

let private purposeOf (call: Call) (change: Change) =
    match change.Exchange with
    | ValueSome exchange -> Purpose.Asking exchange
    | ValueNone -> Purpose.Refreshing call.Number

/// What the request says of the session's timer: who refreshes stays so (RFC 4028, 7.4).
let private asking (call: Call) (request: SipRequest) =
    match established call with
    | ValueSome({ Session = ValueSome session } as established) ->
        let role = if session.IsRefresher then "uac" else "uas"
        Sessions.ask (ValueSome session.Interval) established.Least role request
    | _ -> request

/// It went with this number.
let sent (change: Change) sending (call: Call) work =
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

/// Sends it, again or for the first time.
let send (change: Change) (call: Call) work =
    let extend = asking call

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
        Raises = 0
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
        Raises = 0
        At = Queue.never
    }

    send change call work

/// 2.1 to 4 s for the one who made the Call-ID, up to 2 s for the other, in steps of 10 ms (14.1).
let private backOff (call: Call) work : struct (Duration * AgentWork) =
    let struct (step, work) =
        AgentWork.drawBelow (if call.IsOwner then 191L else 201L) work

    let least = if call.IsOwner then 2_100L<ms> else 0L<ms>
    struct (least + step * 10L<ms>, work)

/// It met the other end's, and goes again a little later (14.1).
let glared (change: Change) (call: Call) work =
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
