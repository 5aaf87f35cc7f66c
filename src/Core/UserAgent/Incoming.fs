// An INVITE that begins a call (RFC 3261, 13.3.1): what is refused at once, and the call that the
// application hears of.
module internal SipFun.Core.Incoming

open SipFun

let refuse (arrival: Arrival) (request: SipRequest) status headers work =
    let struct (tag, work) = AgentWork.drawTag work
    let response = Wording.refusal request tag status headers work.Settings
    AgentWork.answer arrival.Number response work

/// What a CANCEL has in common with its INVITE (9.2, 17.2.3).
let keyOf (request: SipRequest) =
    $"{request.TopVia.Branch} {request.TopVia.SentBy} {request.CSeq.Number}"

/// The same request came by another way (8.2.2.2).
let private isMerged (request: SipRequest) work =
    AgentState.callsOf request.CallId work.State
    |> List.exists (fun call ->
        match call.Phase with
        | CallPhase.Ringing ringing ->
            ringing.Invite.FromTag = request.FromTag && ringing.Invite.CSeq = request.CSeq
        | _ -> false)

/// We want PRACK, and the caller has it not (RFC 3262, 3).
let private lacksReliability (request: SipRequest) (settings: AgentSettings) =
    settings.Reliability = Reliability.Required
    && not (Wording.lists request.Supported "100rel" || Wording.lists request.Require "100rel")

let private isCrowded (request: SipRequest) work =
    let limits = work.Settings.Limits

    work.State.Counts.Calls >= limits.Calls
    || List.length (AgentState.callsOf request.CallId work.State) >= limits.PerCall

let private fault (request: SipRequest) work : (struct (int * (string * string) list)) voption =
    let settings = work.Settings

    match Checks.all request settings, Checks.session request settings with
    | ValueSome fault, _
    | ValueNone, ValueSome fault -> ValueSome(struct (fault.Status, fault.Headers))
    | _ when isMerged request work -> ValueSome(struct (482, []))
    | _ when request.Contacts.Count = 0 && request.TopVia.HasMagicCookie ->
        ValueSome(struct (400, []))
    | _ when lacksReliability request settings -> ValueSome(struct (421, [ "Require", "100rel" ]))
    | _ when work.State.IsClosed -> ValueSome(struct (480, []))
    | _ when isCrowded request work -> ValueSome(struct (486, []))
    | _ -> ValueNone

let private ringing (arrival: Arrival) (request: SipRequest) tag first work : Ringing = {
    Arrival = arrival
    Invite = request
    Tag = tag
    Last = 183
    RepeatAt = work.Now + 60_000L<ms>
    GiveUpAt = work.Now + work.Settings.Limits.RingFor
    ExpireAt =
        if request.Expires.HasValue then
            work.Now + Wording.duration request.Expires.Value
        else
            Queue.never
    NextRSeq = first
    Open = ValueNone
    IsSettled = false
    Held = []
}

let private callOf (arrival: Arrival) (request: SipRequest) ringing : Call = {
    Number = arrival.Number
    CallId = request.CallId
    IsSilent = false
    IsOwner = false
    Contact = arrival.Contact
    Peer = ValueSome arrival.Source
    Logins = []
    Realms = Map.empty
    Sides = Map.empty
    InviteKey = keyOf request
    Latest = ""
    HasUpdate = Seq.contains SipMethod.Update request.Allow
    Ours = ValueNone
    Theirs = 0L
    Asked = Set.empty
    Phase = CallPhase.Ringing ringing
}

/// An INVITE without To tag.
let received (arrival: Arrival) (request: SipRequest) work =
    match fault request work with
    | ValueSome(struct (status, headers)) -> refuse arrival request status headers work
    | ValueNone ->
        let struct (tag, work) = AgentWork.drawTag work
        // 1 to 2**31 - 1 (RFC 3262, 3), with room to count on.
        let struct (first, work) = AgentWork.drawBelow 0x3fff_ffffL work

        let call =
            callOf arrival request (ringing arrival request tag (uint32 first + 1u) work)

        AgentWork.setCall call work
        |> AgentWork.tell (AgentEvent.Invited(call.Number, arrival, request))
