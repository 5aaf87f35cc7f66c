// A request that came in: offered, answered, its copies absorbed, its final response repeated.
// RFC 3261, 17.2, with RFC 4320 (what a non-INVITE may be told, and when) and RFC 6026 (2xx to INVITE).
module internal SipFun.Core.Servers

open SipFun

let private set number server work = Work.set number (ServerEntry server) work

let private transmit number (sending: Sending) work =
    Flows.send number sending.Leg sending.Hop sending.Packet work

/// A new request for the receivers.
let offer number leg source (request: SipRequest) work =
    let server: Server = {
        Key = Keys.ofRequest request
        Rfc2543 = Keys.rfc2543 request.ToTag request
        MergeKey = Keys.merged request
        Leg = leg
        Source = source
        Method = request.Method
        Arrived = work.Now
        AckKey = ValueNone
        Phase = Offered(request, [])
        Until = work.Now + work.Settings.Limits.UnansweredFor
    }

    set number server work |> Work.emit (Effect.PassUp(number, leg, source, request))

/// Kept until the receivers have said what the first one is to them.
let hold number (server: Server) request copies (copy: Copy) work =
    let limit = work.Settings.Limits.HeldCopies
    let held = List.truncate limit (copy :: copies)
    let work = set number { server with Phase = Offered(request, held) } work

    if List.length copies >= limit then
        Work.count Counted.RepeatedRequest work
    else
        work

let private over (source: Hop) (sending: Sending) = {
    sending with
        Hop = { sending.Hop with Flow = source.Flow }
}

/// Its sender lost the connection and asks again over another of the same kind from the same host:
/// from now on it is answered there, the request's own being dead (18.2.2).
let private moved (copy: Copy) (server: Server) =
    let { Transport = transport; Address = address; Flow = flow } = server.Source
    let source = copy.Source

    if source.Flow = flow || source.Transport <> transport || source.Address <> address then
        server
    else
        let phase =
            match server.Phase with
            | Answering sending -> Answering(over source sending)
            | Concluded sending -> Concluded(over source sending)
            | other -> other

        { server with Source = source; Phase = phase }

let private move number copy (server: Server) work =
    let next = moved copy server

    if next.Source.Flow = server.Source.Flow then
        struct (server, work)
    else
        struct (next, set number next work)

/// A copy of a request that is known: its last response goes out again, or it is absorbed; a 2xx is
/// its sender's to repeat, not its copies' (RFC 6026, 8.7).
let repeated number (server: Server) copy work =
    let struct (server, work) = move number copy server work

    match server.Phase with
    | Offered(request, copies) -> hold number server request copies copy work
    | Trying _
    | Confirmed _ -> Work.count Counted.RepeatedRequest work
    | Answering sending
    | Concluded sending -> transmit number sending work |> Work.count Counted.RepeatedRequest
    | Insisting repeating when repeating.Sending.StatusCode < 300 ->
        Work.count Counted.RepeatedRequest work
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

    match Stateless.sendingTo server.Leg server.Source response work with
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
    let trying = { server with Phase = Trying(request, Keeping.hundredAt server work) }
    Keeping.absorbHeld server work |> set number trying
