// The 2xx to an INVITE (RFC 3261, 13.2.2.4): each is acknowledged, repeats with the same ACK; the
// first is the call's answer. Those of other branches, and one that crossed a CANCEL, are calls of
// their own, or get a BYE.
module internal SipFun.Core.Forks

open SipFun

let private sideOf tag (sending: SentRequest) (response: SipResponse) (call: Call) =
    match Within.side tag call with
    | Some side ->
        ValueSome {
            side with
                Dialog = side.Dialog.Confirmed(sending.Request, response)
        }
    | None ->
        match Dialog.OfResponse(sending.Request, response) with
        | null -> ValueNone
        | dialog -> ValueSome { Dialog = dialog; Progress = InviteProgress.none }

let private leastOf (call: Call) work =
    match call.Phase with
    | CallPhase.Calling calling -> calling.Least
    | _ -> Sessions.least work.Settings

/// The call as this 2xx answers it.
let private answered tag side (order: InviteOrder) (response: SipResponse) (call: Call) work =
    let least = leastOf call work
    let asked = ValueOption.map (max least) order.Session

    {
        call with
            Sides = Map.ofList [ tag, side ]
            Latest = tag
            HasUpdate = Seq.contains SipMethod.Update response.Allow
            Phase =
                CallPhase.Established {
                    AwaitsAck = 0L
                    AckDue = ValueNone
                    PrackDue = ValueNone
                    OfferOpen = false
                    HangUp = ValueNone
                    Session = Sessions.ofResponse work.Now asked response
                    Least = least
                    Description =
                        if order.Content.Body.IsEmpty then
                            order.Acknowledgement
                        else
                            order.Content
                }
    }

/// The first 2xx of a call made.
let private first (calling: Calling) tag side response (call: Call) work =
    let call = answered tag side calling.Order response call work
    let work = AgentWork.setCall call work

    if calling.IsCancelled then
        Endings.leave CallEnd.Cancelled call work
    else
        AgentWork.tell (AgentEvent.Answered(call.Number, response)) work

/// Another branch answered, or nobody waits any more.
let private another tag side order response (origin: Call) work =
    let struct (number, work) = AgentWork.number work

    let known =
        AgentState.tryCall origin.Number work.State |> ValueOption.defaultValue origin

    let sibling = {
        answered tag side order response origin work with
            Number = -number
            Realms = known.Realms
            Asked = Set.empty
            Ours = ValueNone
            Theirs = 0L
    }

    match known.Phase with
    | CallPhase.Established _ when order.Forks = ForkPolicy.All && not known.IsSilent ->
        AgentWork.setCall sibling work
        |> AgentWork.tell (AgentEvent.Forked(origin.Number, sibling.Number, response))
    | _ ->
        let sibling = { sibling with IsSilent = true }
        AgentWork.setCall sibling work |> Endings.hangUp Content.none sibling

/// The answer, unless a PRACK bore it (RFC 3262, 5).
let private wordsOfAck tag (order: InviteOrder) (origin: Call) (sending: SentRequest) =
    match Within.side tag origin with
    | Some { Progress = { IsSettled = true } } -> Content.none
    | _ when sending.Request.Body.IsEmpty -> order.Acknowledgement
    | _ -> Content.none

/// A 2xx of a branch that was not heard of before.
let private fresh
    number
    (sending: SentRequest)
    (order: InviteOrder)
    (origin: Call)
    (response: SipResponse)
    work
    =
    let tag = Within.keyOf response.ToTag
    let text = wordsOfAck tag order origin sending
    let work = Within.acknowledge number sending text response work

    match AgentState.tryCall origin.Number work.State with
    | ValueSome({ Phase = CallPhase.Calling({ Sending = own } as calling) } as call) when
        own = number
        ->
        match sideOf tag sending response call with
        | ValueSome side -> first calling tag side response call work
        | ValueNone -> Endings.finish (CallEnd.Failed(Outcome.Answered response)) call work
    | _ ->
        match sideOf tag sending response origin with
        | ValueSome side -> another tag side order response origin work
        | ValueNone -> work

/// Any 2xx to the INVITE of a call made.
let responded number (sending: SentRequest) (response: SipResponse) work =
    match sending.Origin with
    | _ when sending.Acks.ContainsKey(Within.keyOf response.ToTag) ->
        Within.acknowledge number sending Content.none response work
    | ValueSome(struct (origin, order)) when sending.Acks.Count < work.Settings.Limits.PerCall ->
        fresh number sending order origin response work
    | _ -> work
