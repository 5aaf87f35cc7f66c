// A call made (RFC 3261, 13.2): the INVITE, again for challenges, 422 and redirections, until a
// 2xx, the last refusal, or a CANCEL.
module internal SipFun.Core.Inviting

open System
open SipFun

/// How often 422 may ask for a longer interval.
[<Literal>]
let private MostRaises = 2

let private invite (order: InviteOrder) (calling: Calling) target tag callId cseq work =
    let settings = work.Settings
    let party = { order.Party with Target = target }

    let request =
        Wording.request SipMethod.Invite target party tag callId cseq order.Content settings
        |> Wording.introduction party.Contact order.Reliability settings
        |> Sessions.ask order.Session calling.Least ""

    if order.Reliability = Reliability.Required then
        request.WithAddedHeader("Require", "100rel")
    else
        request

/// Sends this INVITE for the call, which begins anew with it: no dialog of an earlier one counts.
let private send hop tries (request: SipRequest) (calling: Calling) (call: Call) work =
    let purpose = Purpose.Inviting call.Number
    let struct (number, work) = AgentWork.send purpose hop tries request work

    let call = {
        call with
            Sides = Map.empty
            Latest = ""
            Phase = CallPhase.Calling { calling with Sending = number }
    }

    let origin = ValueSome(struct (call, calling.Order))

    match AgentState.trySending number work.State with
    | ValueSome sending -> AgentWork.setSending number { sending with Origin = origin } work
    | ValueNone -> work
    |> AgentWork.setCall call

let private callOf number (order: InviteOrder) callId calling : Call = {
    Number = number
    CallId = callId
    IsSilent = false
    IsOwner = true
    Contact = order.Party.Contact
    Peer = order.Party.NextHop
    Logins = order.Party.Logins
    Realms = Map.empty
    Sides = Map.empty
    InviteKey = ""
    Latest = ""
    HasUpdate = false
    Ours = ValueNone
    Theirs = 0L
    Asked = Set.empty
    Phase = CallPhase.Calling calling
}

let private callingOf (order: InviteOrder) work : Calling = {
    Order = order
    Sending = 0L
    IsCancelled = false
    Targets = []
    Tried = [ order.Party.Target ]
    Least = Sessions.least work.Settings
    Raises = 0
    CancelAt =
        match order.RingFor with
        | ValueSome time -> work.Now + time
        | ValueNone -> Queue.never
}

let start number (order: InviteOrder) work =
    let refuse refusal = AgentWork.tell (AgentEvent.Ended(number, CallEnd.Refused refusal)) work

    if work.State.IsClosed then
        refuse AgentRefusal.Closed
    elif
        work.State.Counts.Calls >= work.Settings.Limits.Calls
        || (AgentState.tryFind number work.State).IsSome
    then
        refuse AgentRefusal.TooMany
    else
        let struct (tag, work) = AgentWork.drawTag work
        let struct (callId, work) = AgentWork.drawCallId work
        let calling = callingOf order work
        let request = invite order calling order.Party.Target tag callId 1u work
        send order.Party.NextHop 0 request calling (callOf number order callId calling) work

/// Takes the call back: a CANCEL, which the dispatcher holds until a provisional response came
/// (9.1).
let cancel (text: Content) (calling: Calling) (call: Call) work =
    let cancelling = { calling with IsCancelled = true; CancelAt = Queue.never }
    let call = { call with Phase = CallPhase.Calling cancelling }

    match AgentState.trySending calling.Sending work.State with
    | ValueSome sending when not calling.IsCancelled ->
        let cancel =
            sending.Request.CreateCancel()
            |> Wording.content { text with ContentType = null; Body = ReadOnlyMemory.Empty }

        AgentWork.setCall call work |> AgentWork.sendOff sending.NextHop cancel
    | _ -> AgentWork.setCall call work

/// A new INVITE of the same call: same From tag and Call-ID, next CSeq (8.1.3.4).
let private renew hop target (calling: Calling) (sending: SentRequest) (call: Call) work =
    let request = sending.Request
    let tag = Within.keyOf request.FromTag
    let next = request.CSeq.Number + 1u
    let invite = invite calling.Order calling target tag call.CallId next work
    send hop 0 invite calling call work

/// The next target of 3xx responses, where its URI says; none is tried twice, and no more than
/// ordered (8.1.3.4).
let private redirect (calling: Calling) sending (call: Call) work =
    match calling.Targets with
    | target :: later when calling.Tried.Length <= calling.Order.Redirects ->
        let calling = { calling with Targets = later; Tried = target :: calling.Tried }

        // A login that names no realm is for the first target only.
        let bound = call.Logins |> List.filter (fun login -> not (isNull login.Realm))
        let call = { call with Logins = bound; Realms = Map.empty }

        AgentWork.tell (AgentEvent.Redirected(call.Number, target)) work
        |> renew ValueNone target calling sending call
        |> ValueSome
    | _ -> ValueNone

/// The targets that a 3xx names, by their q, and of one q in their order (8.1.3.4, 20.10).
let private named (calling: Calling) (response: SipResponse) =
    let q (contact: NameAddr) = if contact.Q.HasValue then contact.Q.Value else 1m
    let mustBeSecure = calling.Order.Party.Target.IsSips

    let isFresh (target: SipUri) =
        not (List.contains target calling.Tried || List.contains target calling.Targets)

    response.Contacts
    |> List.ofSeq
    |> List.sortBy (fun contact -> -(q contact))
    |> List.map (fun contact -> contact.Uri)
    |> List.filter (fun uri -> uri.IsSip && (uri.IsSips || not mustBeSecure) && isFresh uri)
    |> List.distinct
    |> List.truncate (calling.Order.Redirects + 1 - calling.Tried.Length |> max 0)

let private raised (calling: Calling) (response: SipResponse) =
    match response.MinSe with
    | NonNull value when calling.Order.Session.IsSome && calling.Raises < MostRaises ->
        let least = Wording.duration value.Seconds

        if least > max calling.Least calling.Order.Session.Value then
            ValueSome { calling with Least = least; Raises = calling.Raises + 1 }
        else
            ValueNone
    | _ -> ValueNone

let private finish (calling: Calling) (response: SipResponse) (call: Call) work =
    let ending =
        if calling.IsCancelled && response.StatusCode = 487 then
            CallEnd.Cancelled
        else
            CallEnd.Rejected response

    Endings.finish ending call work

/// This target refused: the next one, unless the refusal is everybody's (6xx).
let private refused (calling: Calling) sending (response: SipResponse) (call: Call) work =
    let calling =
        if response.StatusCode / 100 = 3 then
            { calling with Targets = named calling response @ calling.Targets }
        else
            calling

    if calling.IsCancelled || response.StatusCode >= 600 then
        finish calling response call work
    else
        redirect calling sending call work
        |> ValueOption.defaultWith (fun () -> finish calling response call work)

/// A 300 to 699.
let private rejected (calling: Calling) sending (response: SipResponse) (call: Call) work =
    if calling.IsCancelled then
        refused calling sending response call work
    else
        match Challenges.again call.Logins call.Realms sending response work with
        | struct (ValueSome(struct (request, state)), work) ->
            send
                sending.NextHop
                state.Tries
                request
                calling
                { call with Realms = state.Realms }
                work
        | struct (ValueNone, work) ->
            match raised calling response with
            | ValueSome calling when response.StatusCode = 422 ->
                renew sending.NextHop sending.Request.RequestUri calling sending call work
            | _ -> refused calling sending response call work

let private calling number (call: Call) =
    match call.Phase with
    | CallPhase.Calling calling when calling.Sending = number -> ValueSome calling
    | _ -> ValueNone

/// A response to the INVITE of a call made.
let responded number (sending: SentRequest) call (response: SipResponse) work =
    if response.IsSuccess then
        Forks.responded number sending response work
    else
        work
        |> AgentWork.withCall call (fun call work ->
            match calling number call with
            | ValueNone -> work
            | ValueSome calling when response.IsFinal ->
                rejected calling sending response call work
            | ValueSome calling when response.StatusCode > 100 ->
                Provisionals.responded calling sending response call work
            | ValueSome _ -> work)

/// No final response came: the next target, else the call is over.
let failed number (sending: SentRequest) call (outcome: Outcome) work =
    work
    |> AgentWork.withCall call (fun call work ->
        match calling number call with
        | ValueNone -> work
        | ValueSome calling when calling.IsCancelled -> Endings.finish CallEnd.Cancelled call work
        | ValueSome calling ->
            redirect calling sending call work
            |> ValueOption.defaultWith (fun () ->
                Endings.finish (CallEnd.Failed outcome) call work))
