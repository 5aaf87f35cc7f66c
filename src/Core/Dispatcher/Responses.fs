// What comes back to a request, and what the shell says of it: the client transactions of RFC 3261,
// 17.1, with RFC 6026's Accepted state. What comes when nothing comes back is Silence.fs's.
module internal SipFun.Core.Responses

open SipFun
open SipFun.Core.Requests
open SipFun.Core.Leaving
open SipFun.Core.Targets

/// Up to the caller, without our Via.
let private handUp (client: Client) (response: SipResponse) work =
    Work.emit (Effect.HandUp(client.Sender.Number, response.WithoutTopVia())) work

let private acknowledge (client: Client) (ended: Ended) work =
    match ended.Ack with
    | ValueSome packet -> Flows.send client.Sender.Number ended.Leg ended.Hop packet work
    | ValueNone -> work

/// How long repeats may still come: Timer D or K, none where nothing is repeated (17.1.1.2, 17.1.2.2).
let linger work (client: Client) (hop: Hop) =
    let timers = work.Settings.Timers

    if hasLeft client then timers.Long
    elif TransportName.isReliable hop.Transport then 0L<ms>
    elif isInvite client then timers.TimerD
    else timers.T4

/// The final response is the delivery's outcome; after a 2xx to INVITE more may come, and a 2xx
/// from a target that was left in any case (13.2.2.4).
let private conclude (response: SipResponse) phase until (client: Client) work =
    let struct (client, work) = unwanted client work

    let expects =
        match phase with
        | Accepted _ -> true
        | _ -> isInvite client && hasLeft client

    let work =
        if not client.Told then
            let own = response.WithoutTopVia()

            Work.emit (Effect.HandUp(client.Sender.Number, own)) work
            |> tell (Outcome.Answered own) (not expects) client
        elif expects then
            work
        else
            forget client work

    lingerIn phase until { client with Expects = expects } work

let private ackOf (client: Client) (attempt: Attempt) (response: SipResponse) =
    if isInvite client then
        ValueSome ((Packet.request attempt.Packet).CreateErrorAck response).Bytes
    else
        ValueNone

/// 300 to 699, or any final response to another method: Completed.
let private complete (attempt: Attempt) response (client: Client) work =
    let ended = endedBy attempt (ackOf client attempt response)
    let client = if isInvite client then note AckSent work client else client
    let until = work.Now + linger work client attempt.Hop
    acknowledge client ended work |> conclude response (Completed ended) until client

/// 503 is that server's word, not the request's end, while there is another server (RFC 3263, 4.3).
let private tryElsewhere (attempt: Attempt) (response: SipResponse) (client: Client) work =
    let ended = endedBy attempt (ackOf client attempt response)

    let client =
        { client with Past = ended :: client.Past }
        |> note (HopAnswered503 attempt.Hop) work
        |> better (Outcome.Answered(response.WithoutTopVia()))

    acknowledge client ended work |> tryLater attempt client

let private accept (attempt: Attempt) response (client: Client) work =
    let until = work.Now + work.Settings.Timers.Long
    let work = if client.Told then handUp client response work else work
    conclude response (Accepted(endedBy attempt ValueNone)) until client work

/// Nothing but a cancel, AnswerWithin or a final response ends an INVITE that rings (17.1.1.2);
/// other requests go on at T2 until Timer F (17.1.2.2).
let private provisional (attempt: Attempt) response (client: Client) work =
    let schedule =
        if isInvite client then
            { Schedule.once attempt.Schedule with GiveUpAt = Queue.never }
        else
            let slow = Schedule.slow work.Settings.Timers attempt.Schedule
            { slow with GiveUpAt = attempt.Until }

    let phase = Proceeding { attempt with Schedule = schedule }
    let work = set { client with Phase = phase } work

    if client.Told then
        Work.count Counted.RepeatedResponse work
    else
        handUp client response work

let private final (attempt: Attempt) (response: SipResponse) (client: Client) work =
    if response.IsSuccess && isInvite client then
        accept attempt response client work
    elif
        response.StatusCode = 503 && not client.Told && not (later attempt client work).IsEmpty
    then
        tryElsewhere attempt response client work
    else
        complete attempt response client work

/// A repeat of a 300-699 gets the same ACK again; a 2xx after it is another fork's, and not ours to
/// acknowledge (17.1.1.2).
let private absorb (client: Client) ended (response: SipResponse) work =
    if isInvite client && response.StatusCode < 300 then
        Work.count Counted.StrayResponse work
    else
        acknowledge client ended work |> Work.count Counted.RepeatedResponse

/// A response proves that the packet left, even before the shell's word of it came.
let private proven hop (client: Client) work =
    if client.Sender.TellSent && not client.Told then
        let quiet = { client with Sender = { client.Sender with TellSent = false } }
        struct (quiet, Work.emit (Effect.TellSent(client.Sender.Number, hop)) work)
    else
        struct (client, work)

/// What the response says of its target: 503 sets it aside, everything else shows that it is there,
/// and a 2xx that it has room again.
let private heard hop (response: SipResponse) (client: Client) work =
    if response.StatusCode = 503 then
        let struct (marked, work) = Reputation.unavailable hop response work
        struct (noteAll marked work client, work)
    else
        struct (client, Reputation.answered hop response work)

/// The same, and where there was a choice, the call stays with it.
let private judged (attempt: Attempt) (response: SipResponse) (client: Client) work =
    let struct (client, work) = heard attempt.Hop response client work
    let hadChoice = client.Attempts > 1 || not attempt.Later.IsEmpty

    if response.StatusCode <> 503 && hadChoice && not client.IsGiven then
        struct (client, Reputation.kept attempt.Hop client.Sender work)
    else
        struct (client, work)

/// A response that matches this transaction's branch and method (17.1.3).
let received source (response: SipResponse) (client: Client) work =
    match client.Phase with
    | Calling attempt
    | Proceeding attempt ->
        let client = note (ResponseCame(response.StatusCode, source)) work client
        let struct (client, work) = proven attempt.Hop client work

        if response.IsProvisional then
            provisional attempt response client (Reputation.answered attempt.Hop response work)
        else
            let struct (client, work) = judged attempt response client work
            final attempt response client work
    | Accepted _ when response.IsSuccess -> handUp client response work
    | Completed ended when not response.IsProvisional -> absorb client ended response work
    | _ -> Work.count Counted.RepeatedResponse work

/// The target asked now is left for one that was left before, and has answered.
let private leaveFor (past: Ended) (client: Client) =
    let others =
        client.Past |> List.filter (fun each -> not (Branch.same each.Branch past.Branch))

    match client.Phase with
    | Calling attempt -> { client with Past = left false attempt :: others }
    | Proceeding attempt -> { client with Past = left true attempt :: others }
    | _ -> { client with Past = others }

/// It rings, or a 2xx that was not waited for, or another final response.
let private spoke (past: Ended) (response: SipResponse) (client: Client) work =
    let isAnswer = response.IsSuccess && isInvite client && past.Ack.IsNone

    match client.Phase, past.Left with
    | Calling _, _
    | Proceeding _, _ when isAnswer ->
        let until = work.Now + work.Settings.Timers.Long
        let work = if client.Told then handUp client response work else work

        Reputation.kept past.Hop client.Sender work
        |> conclude response (Accepted { past with Left = ValueNone }) until (leaveFor past client)
    | Accepted _, _
    | Completed _, _ when isAnswer && client.Expects ->
        set (Leaving.answered past client) work |> handUp client response
    | _, ValueSome left when response.IsProvisional ->
        let struct (client, work) = rang past left client work
        let work = if client.Told then work else handUp client response work
        set client work
    | _, ValueSome left when not response.IsSuccess ->
        let struct (client, work) = refused past left response client work
        set client work
    | _ -> absorb client past response work

/// From a target already left.
let receivedPast (past: Ended) (response: SipResponse) (client: Client) work =
    let struct (client, work) =
        if past.Left.IsSome then
            heard past.Hop response client work
        else
            struct (client, work)

    spoke past response client work

/// The CANCEL of a target that was left is answered.
let cancelAnswered past (client: Client) work = set (Leaving.cancelAnswered past client) work

/// The shell could not send to this hop: the next target, unless somebody is there (RFC 3263, 4.3).
/// A request other than INVITE ends also when its copy cannot be sent, an INVITE also when its ACK
/// cannot (17.1.4; figures 5 and 6).
let failed hop fault detail (client: Client) work =
    match client.Phase with
    | Calling attempt
    | Passing attempt when attempt.Hop = hop && not client.Told ->
        Targets.lost attempt (later attempt client work) fault detail client work
    | Proceeding attempt when attempt.Hop = hop && not client.Told && not (isInvite client) ->
        let client = note (HopFailed(hop, fault, detail)) work client
        finishBest (Unreachable(hop, fault, detail)) client work
    | Completed { Hop = last; Ack = ValueSome _ } when last = hop -> drop client work
    | _ -> Work.count Counted.LateInput work

/// The shell gave the first packet to the socket.
let transmitted (client: Client) work =
    match client.Phase with
    | Passing attempt ->
        let struct (client, work) = proven attempt.Hop client work
        finish Sent client work
    | Calling attempt
    | Proceeding attempt when client.Sender.TellSent && not client.Told ->
        let struct (client, work) = proven attempt.Hop client work
        set client work
    | _ -> Work.count Counted.LateInput work
