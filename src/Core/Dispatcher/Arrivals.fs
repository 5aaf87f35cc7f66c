// A message came in: whose is it? Responses to their client transaction, ACKs and copies to their server
// transaction, everything else to the receivers (RFC 3261, 17.1.3, 17.2.3, 18.1.2, 18.2.1).
module internal SipFun.Core.Arrivals

open System
open SipFun

let private isOurs (response: SipResponse) (state: State) =
    List.exists (fun (leg: Leg) -> response.IsTopSentBy leg.SentBy) state.Legs

/// The number in the branch leads to the transaction; for a CANCEL it is its INVITE's (9.1).
let private tryFindEntry (branch: Branch) (response: SipResponse) work =
    if response.CSeq.Method = SipMethod.Cancel then
        let number = Trie.tryFind (uint64 branch.Number) work.State.Cancels
        State.tryFind (ValueOption.defaultValue branch.Number number) work.State
    else
        State.tryFind branch.Number work.State

let private branchOf (client: Client) =
    match client.Phase with
    | Calling attempt
    | Proceeding attempt -> attempt.Branch
    | Completed ended
    | Accepted ended -> ended.Branch
    | Passing _
    | Resolving _
    | AwaitingSource _
    | Held _ -> Branch.none

/// What went over TLS is answered over TLS (18.2.2): elements behind the peer know the branch too.
let private isSpiedAt (source: Hop) transport =
    TransportName.isSecure transport && source.Transport <> transport

let private isSpied source (client: Client) =
    match client.Phase with
    | Calling { Hop = hop }
    | Proceeding { Hop = hop }
    | Completed { Hop = hop }
    | Accepted { Hop = hop } -> isSpiedAt source hop.Transport
    | _ -> false

/// The target tried before, still within reach, that this response is from.
let private tryFindPast source branch (client: Client) =
    client.Past
    |> List.tryFind (fun past ->
        Branch.same past.Branch branch && not (isSpiedAt source past.Hop.Transport))

let private stray leg source response work =
    match work.State.Receiver with
    | ValueSome { ForwardsResponses = true } ->
        Work.emit (Effect.PassUpStray(leg, source, response)) work
    | _ -> Work.count Counted.StrayResponse work

/// The target that was left and whose CANCEL this answers.
let private tryFindLeft source (branch: Branch) (response: SipResponse) work =
    match State.tryFind branch.Number work.State with
    | ValueSome(ClientEntry client) when response.CSeq.Method = SipMethod.Cancel ->
        tryFindPast source branch client
        |> Option.filter (fun past -> past.Withdrawal.IsSome)
        |> Option.map (fun past -> struct (client, past))
    | _ -> None

let private left leg source branch response work =
    match tryFindLeft source branch response work with
    | Some(struct (client, past)) when not response.IsProvisional ->
        Responses.cancelAnswered past client work
    | Some _ -> Work.count Counted.RepeatedResponse work
    | None -> stray leg source response work

/// A repeat, which its transaction only absorbs (17.1.2.2).
let private isAbsorbed source branch (response: SipResponse) (lingering: Lingering) =
    lingering.Method = response.CSeq.Method
    && Branch.same lingering.Branch branch
    && not (isSpiedAt source lingering.Transport)

/// To a request of ours whose number the branch bears.
let private toClient leg source branch (response: SipResponse) (client: Client) work =
    if Branch.same (branchOf client) branch && not (isSpied source client) then
        Responses.received source response client work |> Cancelling.settle client.Sender.Number
    else
        match tryFindPast source branch client with
        | Some past ->
            Responses.receivedPast past response client work
            |> Cancelling.settle client.Sender.Number
        | None -> left leg source branch response work

let private toBranch leg source branch (response: SipResponse) work =
    match tryFindEntry branch response work with
    | ValueSome(ClientEntry client) when client.Method = response.CSeq.Method ->
        toClient leg source branch response client work
    | ValueSome(LingeringEntry lingering) when isAbsorbed source branch response lingering ->
        Work.count Counted.RepeatedResponse work
    | _ -> left leg source branch response work

/// By branch, CSeq method and sent-by (17.1.3); what is not ours at all is dropped (18.1.2).
let private response leg source (response: SipResponse) work =
    if not (isOurs response work.State) then
        Work.count Counted.ForeignResponse work
    else
        match Branch.ofMessage response with
        | ValueSome branch -> toBranch leg source branch response work
        | ValueNone -> stray leg source response work

let private tryFindServer index text matches work =
    Index.numbers (Keys.hash work.Settings text) index
    |> List.tryPick (fun number ->
        match State.tryFind number work.State with
        | ValueSome(ServerEntry server) when matches server -> Some(struct (number, server))
        | _ -> None)

/// Without RFC 3261's branch the Request-URI and the To tag count too (17.2.3).
let private isSame (request: SipRequest) (server: Server) =
    server.Rfc2543.IsNone || server.Rfc2543 = Keys.rfc2543 request.ToTag request

let private byKey (request: SipRequest) work =
    if work.State.Servers = 0 then
        None
    else
        let key = Keys.ofRequest request

        tryFindServer
            work.State.ByKey
            key
            (fun (server: Server) -> server.Key = key && isSame request server)
            work

/// By the INVITE's branch, or by RFC 2543's fields, the To tag being that of our response (17.2.3).
let private byInvite (ack: SipRequest) work =
    let key = Keys.ofRequest ack

    let isSame (server: Server) = server.Rfc2543.IsNone || Keeping.isAcknowledgedBy ack server

    tryFindServer
        work.State.ByKey
        key
        (fun (server: Server) -> server.Key = key && isSame server)
        work

/// Under way already, by another way (8.2.2.2).
let private tryFindMerged key work =
    match key with
    | ValueSome key ->
        tryFindServer
            work.State.ByMerge
            key
            (fun (server: Server) -> server.MergeKey = ValueSome key)
            work
    | ValueNone -> None

let private byAck (ack: SipRequest) work =
    let key = Keys.ack ack
    tryFindServer work.State.ByAck key (fun server -> server.AckKey = ValueSome key) work

/// It acknowledges a refusal that was given without state: only such a one bears the tag that the
/// ACK's own top Via gives (8.2.7, 17.1.1.3).
let private isOfRefusal (ack: SipRequest) work =
    Branch.isOfRfc3261 ack.TopVia.Branch
    && String.Equals(ack.ToTag, Tag.ofRequest work.Settings.Secret ack, StringComparison.Ordinal)

/// An ACK opens no transaction: number 0 says that nothing waits for its receipt.
let private passUntraced leg source (request: SipRequest) work =
    match work.State.Receiver with
    | ValueSome _ -> Work.emit (Effect.PassUp(0L, leg, source, request)) work
    | ValueNone -> Work.count Counted.NoReceiver work

/// To a non-2xx the ACK ends here; to a 2xx it is the receivers' too (17.2.1; RFC 6026, 7.1).
let private ack leg source (request: SipRequest) work =
    match byInvite request work, byAck request work with
    | Some(struct (number, ({ Phase = Insisting repeating; AckKey = ValueNone } as server))), _ ->
        Servers.acknowledged number server repeating work
    | Some(struct (_, { Phase = Confirmed _; AckKey = ValueNone })), _ ->
        Work.count Counted.RepeatedRequest work
    | _, Some(struct (number, ({ Phase = Insisting repeating } as server))) ->
        Servers.acknowledged number server repeating work |> passUntraced leg source request
    | _ when isOfRefusal request work -> Work.count Counted.StrayAck work
    | _ -> passUntraced leg source request work

let private open' number leg source request work =
    if work.State.Servers >= work.Settings.Limits.Transactions then
        Stateless.overloaded number leg source request work
    else
        Servers.offer number leg source request work

/// Outside every dialog, and no CANCEL of what was begun before.
let private beginsAnew (request: SipRequest) =
    isNull request.ToTag && request.Method <> SipMethod.Cancel

/// What came by another way waits with the first until its receivers have spoken: only a request
/// that somebody handles is answered 482, a stateless element lets it pass (8.2.2.2).
let private offer number leg source (request: SipRequest) work =
    match tryFindMerged (Keys.merged request) work with
    | Some(struct (first, ({ Phase = Offered(offered, copies) } as server))) when
        List.length copies < work.Settings.Limits.HeldCopies
        ->
        let copy = { Number = number; Leg = leg; Source = source; Request = request }
        Servers.hold first server offered copies copy work
    | None
    | Some(struct (_, { Phase = Offered _ })) -> open' number leg source request work
    | Some _ -> Stateless.merged number leg source request work

let private fresh number leg source (request: SipRequest) work =
    match work.State.Receiver with
    | ValueNone -> Work.count Counted.NoReceiver work
    | _ when work.State.IsDraining && beginsAnew request ->
        Stateless.drained number leg source request work
    | ValueSome { KeepsNothing = true } -> passUntraced leg source request work
    | ValueSome _ -> offer number leg source request work

let private request number leg source (request: SipRequest) work =
    if request.Method = SipMethod.Ack then
        ack leg source request work
    else
        match byKey request work with
        | Some(struct (known, server)) ->
            let copy = { Number = number; Leg = leg; Source = source; Request = request }

            Servers.repeated known server copy work
        | None -> fresh number leg source request work

let private stamp (source: Hop) (message: SipRequest) =
    let via = message.TopVia
    let stamped = Refusing.stamp source via

    if obj.ReferenceEquals(stamped, via) then
        message
    else
        message.WithTopVia stamped

let received number leg source (message: SipMessage) work =
    if not (List.exists (fun (known: Leg) -> known.Number = leg) work.State.Legs) then
        Work.count Counted.UnknownLeg work
    else
        match message with
        | :? SipRequest as incoming ->
            Flows.alias source incoming work |> request number leg source (stamp source incoming)
        | :? SipResponse as incoming -> response leg source incoming work
        | _ -> work

/// Each copy comes again, in the order of arrival.
let private again (copy: Copy) work = request copy.Number copy.Leg copy.Source copy.Request work

/// A copy of a request that was answered without state is answered with it.
let private againUnlessCopy key (copy: Copy) work =
    if Keys.ofRequest copy.Request = key then
        Work.count Counted.RepeatedRequest work
    else
        again copy work

/// What the receivers said. After a first `Respond` the transaction is open and asks no more.
let receipted number receipt work =
    match State.tryFind number work.State with
    | ValueSome(ServerEntry({ Phase = Offered(first, copies) } as server)) ->
        match receipt with
        | Receipt.Handled -> Servers.handled number server first work
        | Receipt.Stateless -> Work.remove number work |> List.foldBack again copies
        | _ ->
            Work.remove number work
            |> Stateless.unhandled number server.Leg server.Source first
            |> List.foldBack (againUnlessCopy server.Key) copies
    | ValueSome _ -> work
    | ValueNone when number = 0L && receipt = Receipt.Pass -> Work.count Counted.StrayAck work
    | ValueNone when number = 0L -> work
    | ValueNone -> Work.count Counted.LateInput work

/// The receivers' queue was full.
let overflowed number work =
    match State.tryFind number work.State with
    | ValueSome(ServerEntry({ Phase = Offered(first, copies) } as server)) ->
        Work.remove number work
        |> Stateless.overloaded number server.Leg server.Source first
        |> List.foldBack (againUnlessCopy server.Key) copies
    | _ -> Work.count Counted.Overload work
