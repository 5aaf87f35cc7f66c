// Answers of our own that leave no trace (RFC 3261, 8.2.7): nobody took the request, it came by two
// ways, or there was no room for it.
module internal SipFun.Core.Stateless

open SipFun

/// The transports of these legs. A response leaves by the transport its request came by, whatever
/// the peer wrote into its Via (18.2.2).
let transportsOf legs work =
    work.State.Legs
    |> List.filter (fun leg -> List.contains leg.Number legs)
    |> List.map (fun leg -> leg.Transport)
    |> List.distinct

/// Where a response of our own goes: over the connection its request came by, else by its stamped
/// top Via, which needs no DNS (18.2.2).
let sendingTo leg (source: Hop) (response: SipResponse) work : Sending voption =
    let transports = transportsOf [ leg ] work
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
    | ValueSome sending -> Flows.send number sending.Leg sending.Hop sending.Packet work
    | ValueNone -> Work.count Counted.Unanswerable work

let private taggedAs tag (request: SipRequest) status =
    request.CreateResponse(status, (if isNull request.ToTag then tag else null))

let private tagged work (request: SipRequest) status =
    taggedAs (Tag.ofRequest work.Settings.Secret request) request status

/// The same request is under way by another way, most likely a fork's: 482 (8.2.2.2).
let merged number leg source (request: SipRequest) work =
    answerStatelessly number leg source (tagged work request 482) work
    |> Work.count Counted.MergedRequest

let private inviteOf settings (cancel: SipRequest) (state: State) =
    let key = Keys.ofCancelled cancel

    Index.numbers (Keys.hash settings key) state.ByKey
    |> List.tryPick (fun number ->
        match State.tryFind number state with
        | ValueSome(ServerEntry server) when server.Key = key -> Some server
        | _ -> None)

/// The request that a CANCEL means is known (9.2).
let hasInvite settings cancel state = (inviteOf settings cancel state).IsSome

/// The final response to an INVITE.
let private finalOf (server: Server) =
    match server.Phase with
    | Insisting { Sending = sending }
    | Confirmed sending -> Some sending
    | _ -> None

/// These are only sent within a dialog, with its To tag, or to who asked for them (15.1.2; RFC 3262, 3;
/// RFC 3311, 5.2; RFC 6665, 4.1.3).
let private needsDialog (method: SipMethod) =
    method = SipMethod.Bye
    || method = SipMethod.Prack
    || method = SipMethod.Update
    || method = SipMethod.Notify

let private statusOf (receiver: Receiver) (request: SipRequest) work =
    let method = request.Method

    if method = SipMethod.Cancel && not (hasInvite work.Settings request work.State) then
        481
    elif not (isNull request.ToTag) then
        481
    elif not method.IsKnown then
        501
    elif not (List.contains method receiver.Allow) then
        405
    elif needsDialog method then
        481
    else
        480

/// A CANCEL that comes too late has no effect, and is answered all the same: 200, with the To tag of
/// the final response that it came after (9.2).
let private late (request: SipRequest) work =
    if request.Method = SipMethod.Cancel then
        inviteOf work.Settings request work.State
        |> Option.bind finalOf
        |> Option.map (fun final ->
            match Parser.parse ParseLimits.Default final.Packet with
            | Ok response when not (isNull response.ToTag) -> taggedAs response.ToTag request 200
            | _ -> tagged work request 200)
    else
        None

let private refused (receiver: Receiver) (request: SipRequest) work =
    let status = statusOf receiver request work
    let response = tagged work request status

    if status = 405 || status = 501 then
        let allow = receiver.Allow |> List.map (fun method -> method.Name)
        response.WithHeader("Allow", System.String.Join(", ", allow))
    else
        response

/// Nobody took it: answered without state, as every element may (8.2.1, 8.2.7, 12.2.2).
let unhandled number leg source (request: SipRequest) work =
    match work.State.Receiver with
    | ValueNone -> Work.count Counted.NoReceiver work
    | ValueSome receiver ->
        let response =
            late request work |> Option.defaultWith (fun () -> refused receiver request work)

        answerStatelessly number leg source response work

/// 503, and when to try again (21.5.4). An ACK is never answered.
let private unavailable number leg source (request: SipRequest) work =
    if request.Method = SipMethod.Ack then
        work
    else
        let response = (tagged work request 503).WithHeader("Retry-After", "5")
        answerStatelessly number leg source response work

/// More than `Limits` allows.
let overloaded number leg source request work =
    Work.count Counted.Overload work |> unavailable number leg source request

/// The dispatcher drains: the sender finds another, if there is one (RFC 3263, 4.3).
let drained number leg source request work =
    Work.count Counted.Draining work |> unavailable number leg source request
