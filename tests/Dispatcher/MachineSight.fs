// Where a transaction is and what was done, in the words of the table of machines.
module SipFun.Tests.Dispatcher.MachineSight

open SipFun
open SipFun.Core
open SipFun.Core.Machines
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.MachineDrive

let private ofClient (client: Client) =
    match client.Phase with
    | ClientPhase.Calling _
    | ClientPhase.Proceeding _ when client.Told -> Abandoned
    | ClientPhase.Calling _ when client.Method = SipMethod.Invite -> Calling
    | ClientPhase.Calling _ -> Trying
    | ClientPhase.Proceeding _ -> Proceeding
    | ClientPhase.Completed _ -> Completed
    | ClientPhase.Accepted _ -> Accepted
    | other -> failwithf "no state of the table: %A" other

let private ofServer (server: Server) =
    match server.Phase with
    | Offered _
    | ServerPhase.Trying _ -> Trying
    | Answering _ -> Proceeding
    | Concluded _ -> Completed
    | Insisting _
    | ServerPhase.Confirmed _ when server.AckKey.IsSome -> Accepted
    | Insisting _ -> Completed
    | ServerPhase.Confirmed _ -> Confirmed

/// The transaction that the request belongs to now: after the first one's end a new one.
let private current stand =
    if isClient stand.Machine then
        stand.Number
    else
        offered stand.Rig
        |> List.filter (fun (_, each) ->
            each.Method <> SipMethod.Ack && each.Method <> SipMethod.Cancel)
        |> List.last
        |> fst

let stateOf stand =
    match State.tryFind (current stand) stand.Rig.State with
    | ValueSome(ClientEntry client) -> ofClient client
    | ValueSome(LingeringEntry _) -> Completed
    | ValueSome(ServerEntry server) -> ofServer server
    | _ -> Terminated

let private ofPacket (message: SipMessage) =
    match message with
    | :? SipRequest as request when request.Method = SipMethod.Ack -> SendAck
    | :? SipRequest as request when request.Method = SipMethod.Cancel -> SendCancel
    | :? SipRequest -> SendCopy
    | _ -> SendResponse

let private ofOutcome outcome =
    match outcome with
    | Outcome.Answered _ -> Tell "answered"
    | Outcome.Sent -> Tell "sent"
    | Outcome.TimedOut -> Tell "timed out"
    | Outcome.Unreachable _ -> Tell "unreachable"
    | Outcome.Cancelled -> Tell "cancelled"
    | Outcome.Refused _ -> Refuse
    | other -> Tell $"{other}"

let private ofEffect effect =
    match effect with
    | Effect.Transmit(_, _, _, bytes, _) -> [ ofPacket (packet bytes) ]
    | Effect.Connect _ -> [ GoElsewhere ]
    | Effect.HandUp _ -> [ HandUp ]
    | Effect.PassUp _ -> [ PassUp ]
    | Effect.Complete(_, outcome, _, _) -> [ ofOutcome outcome ]
    | Effect.Count _ -> [ Count ]
    | _ -> []

let private holds stand =
    Queue.toList stand.Rig.State.Queue
    |> List.exists (fun (_, waiting) ->
        match waiting.Value with
        | ClientEntry { Phase = Held _ } -> true
        | _ -> false)

/// What was done between the two, as a set.
let acts before after =
    let fresh =
        List.truncate (after.Rig.Log.Length - before.Rig.Log.Length) after.Rig.Log

    [
        yield! fresh |> List.collect (fun (_, effect) -> ofEffect effect)

        if holds after && not (holds before) then
            HoldCancel
    ]
    |> Set.ofList
