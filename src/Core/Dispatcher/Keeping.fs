// What its server transaction makes of a response that goes out: kept for repeated requests, and
// repeated itself until the ACK where an ACK answers it (RFC 3261, 17.2; RFC 6026).
module internal SipFun.Core.Keeping

open SipFun

let private set (reply: Reply) work = Work.set reply.Sender.Number (ReplyEntry reply) work

/// The transaction of the request that this response answers.
let tryFindServer (response: SipResponse) work =
    let key = Keys.ofResponse response

    Index.numbers (Keys.hash work.Settings key) work.State.ByKey
    |> List.tryPick (fun number ->
        match State.tryFind number work.State with
        | ValueSome(ServerEntry server) when server.Key = key -> Some(struct (number, server))
        | _ -> None)

let private absorb key work (copy: Copy) =
    if Keys.ofRequest copy.Request = key then
        Work.count Counted.RepeatedRequest work
    else
        Stateless.merged copy.Number copy.Leg copy.Source copy.Request work

/// The copies that waited for a word of the receivers are absorbed by the transaction, and what came
/// by another way is merged.
let absorbHeld (server: Server) work =
    match server.Phase with
    | Offered(_, copies) -> List.rev copies |> List.fold (absorb server.Key) work
    | _ -> work

/// Timer E reaches T2 after T1 + 2*T1 + ... : before that a non-INVITE must not be told 100 (RFC 4320, 4.1).
let rec private untilT2 (timers: Timers) interval sum =
    if interval >= timers.T2 then
        sum
    else
        untilT2 timers (2L * interval) (sum + interval)

/// When nothing was sent yet, a 100 is due (17.2.1; RFC 4320, 4.1).
let hundredAt (server: Server) work =
    let timers = work.Settings.Timers

    if server.Method = SipMethod.Invite then
        server.Arrived + 200L<ms>
    else
        server.Arrived + untilT2 timers timers.T1 0L<ms>

/// What a request other than INVITE is never told: 408, a provisional but 100, and over an unreliable
/// transport a 100 before its time (RFC 4320, 4.1 and 4.2).
let isForbidden (response: SipResponse) (hop: Hop) (server: Server) work =
    let status = response.StatusCode
    let isEarly = work.Now < hundredAt server work

    server.Method <> SipMethod.Invite
    && (status = 408
        || (status > 100 && status < 200)
        || (status = 100 && isEarly && not (TransportName.isReliable hop.Transport)))

/// RFC 2543's ACK has the Request-URI of its INVITE and the To tag of our response (17.2.3).
let isAcknowledgedBy (ack: SipRequest) (server: Server) =
    match server.Rfc2543, server.Phase with
    | ValueSome apart, Insisting { Sending = sending }
    | ValueSome apart, Confirmed sending ->
        match Parser.parse ParseLimits.Default sending.Packet with
        | Ok response ->
            apart.StartsWith(ack.RequestUri.ToString() + "\n", System.StringComparison.Ordinal)
            && response.ToTag = ack.ToTag
        | Error _ -> false
    | _ -> false

/// Only a response that an ACK answers is repeated: by Timer G over UDP, a 2xx over all (13.3.1.4).
let private insisting sending delivery work =
    let schedule = Schedule.response work.Settings.Timers work.Now
    let isReliable = TransportName.isReliable sending.Hop.Transport

    {
        Sending = sending
        Schedule =
            if isReliable && sending.StatusCode >= 300 then
                Schedule.once schedule
            else
                schedule
        Delivery = ValueSome delivery
    }

let private toInvite (response: SipResponse) sending struct (number, server: Server) reply work =
    let server = {
        server with
            Phase = Insisting(insisting sending reply.Sender.Number work)
            AckKey = if response.IsSuccess then ValueSome(Keys.ack response) else ValueNone
            Until = Queue.never
    }

    Work.set number (ServerEntry server) work
    |> set { reply with Phase = AwaitingAck(number, sending.Hop) }

/// Timer J: over a reliable transport no copy can come (17.2.2).
let private toOther sending struct (number, server: Server) reply work =
    let isReliable = TransportName.isReliable sending.Hop.Transport
    let until = if isReliable then work.Now else work.Now + work.Settings.Timers.Long

    Work.set number (ServerEntry { server with Phase = Concluded sending; Until = until }) work
    |> set reply

let private provisional sending struct (number, server: Server) reply work =
    let until = work.Now + work.Settings.Limits.UnansweredFor

    Work.set number (ServerEntry { server with Phase = Answering sending; Until = until }) work
    |> set reply

/// It has had its final response.
let isFinal (server: Server) =
    match server.Phase with
    | Concluded _
    | Insisting _
    | Confirmed _ -> true
    | _ -> false

/// The response that an ACK is awaited for, as it was sent.
let kept server work =
    match State.tryFind server work.State with
    | ValueSome(ServerEntry { Phase = Insisting { Sending = sending } }) ->
        match Parser.parse ParseLimits.Default sending.Packet with
        | Ok(:? SipResponse as response) -> ValueSome response
        | _ -> ValueNone
    | _ -> ValueNone

/// The transaction keeps the response, and gives it to repeats.
let keep (response: SipResponse) sending (struct (_, server: Server) as found) reply work =
    let work = absorbHeld server work

    if not response.IsFinal then
        provisional sending found reply work
    elif server.Method = SipMethod.Invite && reply.Sender.Retransmit then
        toInvite response sending found reply work
    else
        toOther sending found reply work
