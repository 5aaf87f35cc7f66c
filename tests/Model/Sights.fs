// Which event was met by which state, in all models together (R-12): counted while they run, printed as
// a table, its blanks compared with those that have a reason.
module SipFun.Tests.Model.Sights

open System.Collections.Generic
open System.Threading
open SipFun
open SipFun.Core
open SipFun.Tests.Dispatcher
open SipFun.Tests.Rig

let private ofClient (client: Client) =
    match client.Phase with
    | Resolving _ -> "resolving"
    | AwaitingSource _ -> "awaiting source"
    | Held _ -> "held"
    | Passing _ -> "passing"
    | Calling _ when client.Told -> "abandoned"
    | Proceeding _ when client.Told -> "abandoned"
    | Calling _ when client.Method = SipMethod.Invite -> "calling"
    | Calling _ -> "trying"
    | Proceeding _ -> "proceeding"
    | Completed _ -> "completed"
    | Accepted _ -> "accepted"

let private ofServer (server: Server) =
    match server.Phase with
    | Offered _ -> "offered"
    | ServerPhase.Trying _ -> "server trying"
    | Answering _ -> "answering"
    | Concluded _ -> "concluded"
    | Insisting _ -> "insisting"
    | Confirmed _ -> "confirmed"

let private ofReply (reply: Reply) =
    match reply.Phase with
    | Locating _
    | ReplyAwaitingSource _ -> "reply locating"
    | Handing _ -> "handing"
    | AwaitingAck _ -> "awaiting ACK"

let private ofEntry entry =
    match entry with
    | ClientEntry client -> [ ofClient client ]
    | LingeringEntry _ -> [ "completed" ]
    | ServerEntry server -> [ ofServer server ]
    | ReplyEntry reply -> [ ofReply reply ]
    | LookupEntry _
    | TimerEntry _ -> []

let states = [
    "resolving"
    "calling"
    "trying"
    "proceeding"
    "completed"
    "accepted"
    "abandoned"
    "held"
    "passing"
    "server trying"
    "answering"
    "insisting"
    "confirmed"
    "concluded"
    "handing"
    "awaiting ACK"
]

let private ofResponse (response: SipResponse) =
    match response.StatusCode with
    | code when code < 200 -> "1xx"
    | code when code < 300 -> "2xx"
    | 503 -> "503"
    | _ -> "3xx-6xx"

let private ofMessage (message: SipMessage) =
    match message with
    | :? SipResponse as response -> ofResponse response
    | :? SipRequest as request when request.Method = SipMethod.Ack -> "ACK"
    | _ -> "request"

/// The event, and the number it addresses, where it addresses one.
let private ofInput input =
    match input with
    | Deliver order ->
        match order.Message with
        | :? SipResponse -> "response of ours", ValueNone
        | message when isRequest "CANCEL" message -> "CANCEL of ours", ValueNone
        | _ -> "deliver", ValueNone
    | Input.CancelDelivery(ByNumber number) -> "cancel", ValueSome number
    | Input.CancelDelivery _ -> "cancel all", ValueNone
    | RemoveLeg _ -> "leg removed", ValueNone
    | Close -> "close", ValueNone
    | FlowOpened _ -> "opened", ValueNone
    | FlowClosed _ -> "closed", ValueNone
    | FlowIdle _
    | FlowExpired _ -> "idle", ValueNone
    | Received(_, _, _, message) -> ofMessage message, ValueNone
    | Input.Answered _ -> "DNS answer", ValueNone
    | Transmitted number -> "transmitted", ValueSome number
    | Input.Failed(number, _, _, _) -> "refused", ValueSome number
    | Bounced _ -> "ICMP", ValueNone
    | Tick -> "tick", ValueNone
    | _ -> "", ValueNone

let events = [
    "deliver"
    "CANCEL of ours"
    "response of ours"
    "cancel"
    "cancel all"
    "1xx"
    "2xx"
    "3xx-6xx"
    "503"
    "request"
    "ACK"
    "tick"
    "DNS answer"
    "transmitted"
    "refused"
    "ICMP"
    "opened"
    "closed"
    "idle"
    "leg removed"
    "close"
]

/// Hears on many threads, each of which has a table of its own.
type Sights() =
    let tables =
        new ThreadLocal<_>((fun () -> Dictionary<struct (string * string), int64>()), true)

    let add event state =
        let seen = tables.Value
        let key = struct (event, state)

        seen[key] <-
            match seen.TryGetValue key with
            | true, times -> times + 1L
            | _ -> 1L

    /// Every entry there is sees an event that addresses none.
    member _.Hear(step: StepLaws.Step) =
        match ofInput step.Input with
        | "", _ -> ()
        | event, number ->
            for own, waiting in Queue.toList step.Before.Queue do
                if number = ValueNone || number = ValueSome own then
                    ofEntry waiting.Value |> List.iter (add event)

    member _.Times event state =
        tables.Values |> Seq.sumBy (fun seen -> seen.GetValueOrDefault(struct (event, state), 0L))

    member this.Blanks = [
        for event in events do
            for state in states do
                if this.Times event state = 0L then
                    event, state
    ]

let private short times =
    if times = 0L then "-"
    elif times < 10_000L then string times
    elif times < 10_000_000L then $"{times / 1000L}k"
    else $"{times / 1_000_000L}M"

/// The whole matrix: a row for each event.
let table (sights: Sights) =
    let column (state: string) = state.Replace(' ', '\n').Split('\n') |> Array.last
    let cell (text: string) = text.PadLeft 11

    [
        String.replicate 16 " " + String.concat "" (List.map (column >> cell) states)

        for event in events do
            event.PadRight 16
            + String.concat "" (states |> List.map (sights.Times event >> short >> cell))
    ]
