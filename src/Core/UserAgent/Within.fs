// Requests within a dialog on their way out (RFC 3261, 12.2.1): by its route set and to its target,
// with its next CSeq; and the ACK to a 2xx (13.2.2.4), the same again for each repeat.
module internal SipFun.Core.Within

open System
open SipFun

/// Tags are tokens and compare without case (7.3.1).
let keyOf (tag: string | null) =
    match tag with
    | null -> ""
    | tag -> tag.ToLowerInvariant()

/// A host that no DNS knows (RFC 7118, 5): only the connection leads there.
let private leadsNowhere (uri: SipUri) =
    uri.IsSip
    && (let host = uri.Host.TrimEnd '.'

        Wording.same host "invalid" || host.EndsWith(".invalid", StringComparison.OrdinalIgnoreCase))

/// Where a request goes, if not where its Route and Request-URI say.
let hopFor peer (request: SipRequest) =
    let next =
        match Seq.tryHead request.Routes with
        | Some route -> route.Uri
        | None -> request.RequestUri

    if leadsNowhere next then peer else ValueNone

let side (tag: string) (call: Call) = Map.tryFind tag call.Sides

let withSide tag (side: Side) (call: Call) = { call with Sides = Map.add tag side call.Sides }

/// These may change the other end's target, and say where this end is (12.2.1.1).
let private refreshes (method: SipMethod) =
    [
        SipMethod.Invite
        SipMethod.Update
        SipMethod.Subscribe
        SipMethod.Notify
        SipMethod.Refer
    ]
    |> List.contains method

let private introduced (method: SipMethod) (call: Call) (settings: AgentSettings) request =
    if method = SipMethod.Invite || method = SipMethod.Update then
        Wording.introduction call.Contact settings.Reliability settings request
    elif refreshes method then
        Wording.field "Contact" (call.Contact.ToString()) request
    else
        request

/// A 2xx of this branch may come when the call knows it no more: its CSeqs go on all the same
/// (12.2.1.1).
let private remember tag (side: Side) (call: Call) work =
    let enter number sending =
        match sending.Origin with
        | ValueSome(struct (origin, order)) ->
            let origin = ValueSome(struct (withSide tag side origin, order))
            AgentWork.setSending number { sending with Origin = origin } work
        | ValueNone -> work

    match call.Phase with
    | CallPhase.Calling calling ->
        AgentState.trySending calling.Sending work.State
        |> ValueOption.map (enter calling.Sending)
        |> ValueOption.defaultValue work
    | _ -> work

/// Sends the next request of this side; the call after it, and the sending's number.
let sendIn tag (side: Side) purpose method text extend (call: Call) work =
    let mutable next = side.Dialog
    let request = side.Dialog.CreateRequest(method, &next)

    let request: SipRequest =
        request
        |> Wording.within text work.Settings
        |> introduced method call work.Settings
        |> extend

    let struct (request, realms, work) =
        Challenges.first call.Logins call.Realms request work

    let side = { side with Dialog = next }
    let call = withSide tag side { call with Realms = realms }

    let struct (sending, work) =
        remember tag side call work |> AgentWork.send purpose (hopFor call.Peer request) 0 request

    struct (sending, call, work)

/// The same within the dialog last heard of; none: there is no dialog yet.
let send purpose method text extend (call: Call) work =
    match side call.Latest call with
    | Some latest -> ValueSome(sendIn call.Latest latest purpose method text extend call work)
    | None -> ValueNone

/// Within a dialog a login for no realm in particular is for those who asked before: the other end
/// may not choose a realm, a nonce and an algorithm for itself (22.1).
let private logins (call: Call) =
    let asked =
        [ for KeyValue(struct (_, realm), _) in call.Realms -> realm ] |> List.distinct

    let bound (login: Login) =
        match login.Realm with
        | null when not asked.IsEmpty ->
            asked |> List.map (fun realm -> { login with Realm = realm })
        | _ -> [ login ]

    List.collect bound call.Logins

/// The request again as its 401 or 407 asks, with the dialog's next CSeq; none: it is refused.
let again (sending: SentRequest) (response: SipResponse) (call: Call) work =
    let tag = keyOf sending.Request.ToTag

    match side tag call, Challenges.again (logins call) call.Realms sending response work with
    | Some side, struct (ValueSome(struct (request, state)), work) ->
        let mutable next = side.Dialog
        side.Dialog.CreateRequest(request.Method, &next) |> ignore
        let request = Wording.numbered next.LocalSequence request

        let side = { side with Dialog = next }
        let call = withSide tag side { call with Realms = state.Realms }

        let struct (number, work) =
            remember tag side call work
            |> AgentWork.send sending.Purpose sending.NextHop state.Tries request

        ValueSome(struct (number, call, work))
    | _ -> ValueNone

/// Without fields that nobody can read: the ACK goes by those that can be read.
let private readable (response: SipResponse) =
    let isFaulty (field: HeaderField<_>) =
        let mutable found: Collections.Generic.IReadOnlyList<NameAddr> =
            Array.Empty<NameAddr>()

        let mutable error: ParseError | null = null
        not (response.TryGet(field, &found, &error)) && not (isNull error)

    [ HeaderFields.Contact; HeaderFields.RecordRoute ]
    |> List.filter isFaulty
    |> List.fold
        (fun (message: SipResponse) (field: HeaderField<_>) -> message.WithoutHeader field.Name)
        response

/// Acknowledges a 2xx to this INVITE, with the same ACK however often it comes (13.2.2.4).
let acknowledge number (sending: SentRequest) text (response: SipResponse) work =
    let tag = keyOf response.ToTag

    let ack =
        match Map.tryFind tag sending.Acks with
        | Some ack -> ack
        | None -> sending.Request.CreateAck(readable response) |> Wording.content text

    let sending = { sending with Acks = Map.add tag ack sending.Acks }

    AgentWork.setSending number sending work |> AgentWork.sendOff (hopFor sending.NextHop ack) ack
