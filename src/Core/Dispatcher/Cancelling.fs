// The CANCEL request (RFC 3261, 9.1), and the order to stop caring about a delivery, which puts
// nothing on the wire. Two things with one word in the seed; here they never meet.
module internal SipFun.Core.Cancelling

open System
open SipFun
open SipFun.Core.Requests
open SipFun.Core.Targets

let private clients number (state: State) =
    match State.tryFind number state with
    | ValueSome(ClientEntry client) -> [ client ]
    | _ -> []

/// Same Call-ID, CSeq number, From tag and Request-URI: the INVITE that this CANCEL means (9.1).
let private means (cancel: SipRequest) (invite: SipRequest) =
    invite.CallId = cancel.CallId
    && invite.CSeq.Number = cancel.CSeq.Number
    && String.Equals(invite.FromTag, cancel.FromTag, StringComparison.Ordinal)
    && invite.RequestUri.Equals cancel.RequestUri

/// Its final response is still to come.
let private awaitsFinal (client: Client) =
    match client.Phase with
    | Resolving _
    | AwaitingSource _
    | Calling _
    | Proceeding _ -> isInvite client
    | _ -> false

let private isMeant cancel (client: Client) =
    match client.Phase with
    | Resolving(invite, _, _)
    | AwaitingSource(invite, _) -> awaitsFinal client && means cancel invite
    | Calling attempt
    | Proceeding attempt -> awaitsFinal client && means cancel (Packet.request attempt.Packet)
    | _ -> false

let private tryFindInvite (cancel: SipRequest) work =
    Index.numbers (Keys.ofCallId work.Settings cancel.CallId) work.State.ByCallId
    |> List.collect (fun number -> clients number work.State)
    |> List.tryFind (fun client ->
        isMeant cancel client
        && not (Trie.contains (uint64 client.Sender.Number) work.State.Cancels))

/// The INVITE's branch, Route and target, so that the peer finds what is to be cancelled.
let private joined (invite: Attempt) (cancel: SipRequest) work : Attempt =
    let request = Packet.request invite.Packet

    let routed =
        request.GetHeaders "Route"
        |> Seq.fold
            (fun (message: SipRequest) value -> message.WithAddedHeader("Route", value))
            (cancel.WithoutHeader "Route")

    {
        invite with
            Packet = Packet.ofRequest (routed.PushVia request.TopVia)
            Schedule = schedule work cancel.Method invite.Hop
            Until = (schedule work cancel.Method invite.Hop).GiveUpAt
            Copies = 0
            Instead = ValueNone
            Anew = ValueNone
            Later = []
    }

/// The cancelled INVITE stays with its target, and is given 64*T1 to bring its final response (9.1).
let private hurry (attempt: Attempt) (invite: Client) work =
    let by = work.Now + work.Settings.Timers.Long
    let invite = { invite with Phase = Proceeding { attempt with Later = [] } }

    if invite.Told then
        set { invite with Until = by } work
    else
        set { invite with AnswerBy = min invite.AnswerBy by } work

let private release attempt (invite: Client) (cancel: Client) work =
    match cancel.Phase with
    | Held request ->
        let cancel = note (CancelJoined invite.Sender.Number) work cancel
        let work = hurry attempt invite work

        match Flows.claim attempt.Leg attempt.Hop work with
        | struct (Ok hop, work) -> start { joined attempt request work with Hop = hop } cancel work
        | struct (Error(struct (fault, detail)), work) ->
            finish (Unreachable(attempt.Hop, fault, detail)) cancel work
    | _ -> work

/// Looks after the CANCEL that waits for this INVITE: sent with the first provisional, given up
/// when there is nothing left to cancel.
let settle number work =
    let held =
        match Trie.tryFind (uint64 number) work.State.Cancels with
        | ValueSome cancel -> clients cancel work.State |> List.filter (fun c -> c.Phase.IsHeld)
        | ValueNone -> []

    match held, clients number work.State with
    | [], _ -> work
    | cancel :: _, [ { Phase = Proceeding attempt } as invite ] ->
        release attempt invite cancel work
    | _, [ invite ] when awaitsFinal invite -> work
    | cancel :: _, _ -> finish (Refused RefusalReason.NothingToCancel) cancel work

let deliver (order: Order) (request: SipRequest) work =
    match tryFindInvite request work with
    | None -> refuse RefusalReason.NothingToCancel order work
    | Some invite ->
        let number = invite.Sender.Number

        let cancel =
            {
                fresh order request work with
                    Until = Queue.never
                    Invite = ValueSome number
            }
            |> note CancelHeld work

        set cancel work |> settle number

/// The copies of a response stop; repeated requests are still answered from its transaction.
let quiet server work =
    match State.tryFind server work.State with
    | ValueSome(ServerEntry({ Phase = Insisting repeating } as entry)) ->
        let silent = {
            repeating with
                Schedule = Schedule.once repeating.Schedule
                Delivery = ValueNone
        }

        Work.set server (ServerEntry { entry with Phase = Insisting silent }) work
    | _ -> work

/// Ends a delivery under way with this outcome; anything else is left alone.
let stop outcome number work =
    match State.tryFind number work.State with
    | ValueSome(ClientEntry client) when not client.Told ->
        Silence.abandon outcome client work |> settle number
    | ValueSome(ReplyEntry reply) ->
        let trace = ended outcome work.Now reply.Trace

        match reply.Phase with
        | AwaitingAck(server, _) -> quiet server work
        | _ -> work
        |> Work.remove number
        |> Work.emit (Effect.Complete(number, outcome, trace, true))
    | _ -> work

let private sender number (state: State) =
    match State.tryFind number state with
    | ValueSome(ClientEntry { Sender = sender; Told = false })
    | ValueSome(ReplyEntry { Sender = sender }) -> ValueSome sender
    | _ -> ValueNone

let private isSender holds number state =
    match sender number state with
    | ValueSome sender -> holds sender
    | ValueNone -> false

/// The delivery under way that its sender calls so.
let tryFindNamed (name: Name) work =
    let isNamed number = isSender (fun sender -> sender.Name = ValueSome name) number work.State

    let isUnnamed = isSender (fun sender -> sender.Name.IsNone) name.Number work.State

    Index.numbers (Keys.ofName work.Settings name) work.State.ByName
    |> List.tryFind isNamed
    |> Option.orElse (if isNull name.Text && isUnnamed then Some name.Number else None)

let private ofCall (callId: CallId) (state: State) number =
    isSender (fun sender -> sender.CallId = callId) number state

let cancel which work =
    match which with
    | ByNumber number -> stop Cancelled number work
    | ByName name ->
        tryFindNamed name work |> Option.fold (fun work number -> stop Cancelled number work) work
    | ByCallId callId ->
        Index.numbers (Keys.ofCallId work.Settings callId) work.State.ByCallId
        |> List.filter (ofCall callId work.State)
        |> List.fold (fun work number -> stop Cancelled number work) work
