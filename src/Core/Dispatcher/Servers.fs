// A request that came in: offered, answered, its copies absorbed, its final response repeated.
// RFC 3261, 17.2, with RFC 4320 (what a non-INVITE may be told, and when) and RFC 6026 (2xx to INVITE).
module internal SipFun.Core.Servers

open SipFun

let private set number server work = Work.set number (ServerEntry server) work

let private transmit number (sending: Sending) work =
    Flows.send number sending.Leg sending.Hop sending.Packet work

/// Where a response of our own goes: over the connection its request came by, else by its stamped
/// top Via, which needs no DNS (18.2.2).
let private sendingTo leg (source: Hop) (response: SipResponse) work : Sending voption =
    let transports = Replies.transportsOf [ leg ] work
    let wishes = { Wishes.none with Transports = transports; Legs = [ leg ] }

    match Resolution.ofResponse work.Settings.Rules work.State.Legs wishes 0L response with
    | struct (Resolved(hop :: _), _) ->
        ValueSome {
            Leg = leg
            Hop = { hop with Flow = source.Flow }
            Packet = response.Bytes
            StatusCode = response.StatusCode
        }
    | _ -> ValueNone

/// A response that leaves no trace here (8.2.7).
let answerStatelessly number leg source (response: SipResponse) work =
    match sendingTo leg source response work with
    | ValueSome sending -> transmit number sending work
    | ValueNone -> Work.count Counted.Unanswerable work

let private tagged work (request: SipRequest) status =
    match request.ToTag with
    | null -> request.CreateResponse(status, Tag.ofRequest work.Settings.Secret request)
    | _ -> request.CreateResponse(status, null)

/// Timer E reaches T2 after T1 + 2*T1 + ... : before that a non-INVITE must not be told 100 (RFC 4320, 4.1).
let rec private untilT2 (timers: Timers) interval sum =
    if interval >= timers.T2 then
        sum
    else
        untilT2 timers (2L * interval) (sum + interval)

let private hundredAt (server: Server) work =
    let timers = work.Settings.Timers

    if server.Method = SipMethod.Invite then
        server.Arrived + 200L<ms>
    else
        server.Arrived + untilT2 timers timers.T1 0L<ms>

/// A new request for the receivers.
let offer number leg source (request: SipRequest) work =
    let server: Server = {
        Key = Keys.ofRequest request
        Leg = leg
        Source = source
        Method = request.Method
        Arrived = work.Now
        AckKey = ValueNone
        Phase = Offered(request, [])
        Until = work.Now + work.Settings.Limits.UnansweredFor
    }

    set number server work |> Work.emit (Effect.PassUp(number, leg, source, request))

let private hold number (server: Server) request copies (copy: Copy) work =
    let limit = work.Settings.Limits.HeldCopies
    let held = List.truncate limit (copy :: copies)
    let work = set number { server with Phase = Offered(request, held) } work

    if List.length copies >= limit then
        Work.count Counted.RepeatedRequest work
    else
        work

/// A copy of a request that is known: its last response goes out again, or it is absorbed.
let repeated number (server: Server) copy work =
    match server.Phase with
    | Offered(request, copies) -> hold number server request copies copy work
    | Trying _
    | Confirmed _ -> Work.count Counted.RepeatedRequest work
    | Answering sending
    | Concluded sending -> transmit number sending work |> Work.count Counted.RepeatedRequest
    | Insisting repeating ->
        transmit number repeating.Sending work |> Work.count Counted.RepeatedRequest

/// The ACK came: the copies of the final response end, their delivery with them.
let acknowledged number (server: Server) (repeating: Repeating) work =
    let timers = work.Settings.Timers
    let success = repeating.Sending.StatusCode < 300

    let until =
        if success then
            repeating.Schedule.GiveUpAt // Timer L (RFC 6026, 7.1)
        elif TransportName.isReliable repeating.Sending.Hop.Transport then
            work.Now
        else
            work.Now + timers.T4 // Timer I

    let confirmed = { server with Phase = Confirmed repeating.Sending; Until = until }
    let work = set number confirmed work

    match repeating.Delivery with
    | ValueSome delivery -> Replies.acknowledged delivery work
    | ValueNone -> work

let private hundred number (server: Server) (request: SipRequest) work =
    let until = work.Now + work.Settings.Limits.UnansweredFor
    let response = request.CreateResponse(100, null)

    match sendingTo server.Leg server.Source response work with
    | ValueSome sending ->
        set number { server with Phase = Answering sending; Until = until } work
        |> transmit number sending
    | ValueNone ->
        set number { server with Phase = Trying(request, Queue.never) } work
        |> Work.count Counted.Unanswerable

let private again number (server: Server) (repeating: Repeating) work =
    let next = {
        repeating with
            Schedule = Schedule.advance work.Now repeating.Schedule
    }

    set number { server with Phase = Insisting next } work |> transmit number repeating.Sending

/// Timer H, or L without an ACK: nobody acknowledged.
let private unacknowledged number (repeating: Repeating) work =
    let work = Work.remove number work

    match repeating.Delivery with
    | ValueSome delivery -> Replies.conclude TimedOut delivery work
    | ValueNone -> work

let due number (server: Server) work =
    let now = work.Now

    match server.Phase with
    | Insisting repeating when repeating.Schedule.GiveUpAt <= now ->
        unacknowledged number repeating work
    | Insisting repeating when repeating.Schedule.NextAt <= now ->
        again number server repeating work
    | Trying(request, hundredAt) when hundredAt <= now && server.Until > now ->
        hundred number server request work
    | Offered _
    | Trying _
    | Answering _ -> Work.remove number work |> Work.count Counted.NeverAnswered
    | Concluded _
    | Confirmed _
    | Insisting _ -> Work.remove number work

/// Somebody took the request: from now on its copies are absorbed.
let handled number (server: Server) request work =
    let trying = { server with Phase = Trying(request, hundredAt server work) }
    Keeping.countHeld server work |> set number trying

let private hasInvite (cancel: SipRequest) work =
    let key = Keys.ofCancelled cancel

    Index.numbers (Keys.hash work.Settings key) work.State.ByKey
    |> List.exists (fun number ->
        match State.tryFind number work.State with
        | ValueSome(ServerEntry server) -> server.Key = key
        | _ -> false)

let private refusal (receiver: Receiver) (request: SipRequest) work =
    let method = request.Method

    if method = SipMethod.Cancel && not (hasInvite request work) then 481
    elif not (isNull request.ToTag) then 481
    elif not method.IsKnown then 501
    elif List.contains method receiver.Allow then 480
    else 405

/// Nobody took it: answered without state, as every element may (8.2.1, 8.2.7, 12.2.2).
let unhandled number leg source (request: SipRequest) work =
    match work.State.Receiver with
    | ValueNone -> Work.count Counted.NoReceiver work
    | ValueSome receiver ->
        let status = refusal receiver request work
        let response = tagged work request status

        let response =
            if status = 405 then
                let allow = receiver.Allow |> List.map (fun method -> method.Name)
                response.WithHeader("Allow", System.String.Join(", ", allow))
            else
                response

        answerStatelessly number leg source response work

/// More than `Limits` allows: 503, and when to try again (21.5.4). An ACK is never answered.
let overloaded number leg source (request: SipRequest) work =
    let work = Work.count Counted.Overload work

    if request.Method = SipMethod.Ack then
        work
    else
        let response = (tagged work request 503).WithHeader("Retry-After", "5")
        answerStatelessly number leg source response work
