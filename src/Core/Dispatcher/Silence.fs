// What comes to a request when nothing comes back: copies, Timers B and F, a sender who gives up, a
// connection or a leg that is gone (RFC 3261, 17.1.1.2, 17.1.2.2, 17.1.4).
module internal SipFun.Core.Silence

open SipFun
open SipFun.Core.Requests
open SipFun.Core.Targets
open SipFun.Core.Responses

let private copy (attempt: Attempt) (client: Client) work =
    let attempt = {
        attempt with
            Schedule = Schedule.advance work.Now attempt.Schedule
            Copies = attempt.Copies + 1
    }

    let phase =
        match client.Phase with
        | Calling _ -> Calling attempt
        | _ -> Proceeding attempt

    let client = { client with Phase = phase } |> note (CopySent attempt.Copies) work
    set client work |> transmit client attempt false

let private gaveUp (attempt: Attempt) (client: Client) work =
    let client = note (HopTimedOut attempt.Hop) work client |> better TimedOut

    match client.Phase with
    | Calling _ ->
        let struct (marked, work) = Reputation.timedOut attempt.Hop work
        let client = noteAll marked work client

        // Left before Timer B, an INVITE may still be answered there.
        if isInvite client && work.Now < attempt.Until then
            let left = Leaving.left false attempt
            tryLater attempt { client with Past = left :: client.Past } work
        else
            tryLater attempt client work
    | _ -> finishBest TimedOut client work

/// A CANCEL came to belong to it: there is no next target, so that it has its whole time here (9.1).
let private stay (attempt: Attempt) (client: Client) work =
    let schedule = { attempt.Schedule with GiveUpAt = attempt.Until }
    set { client with Phase = Calling { attempt with Schedule = schedule } } work

let private unresolved resolution (client: Client) work =
    let failure = Resolution.timedOut resolution

    Answers.abandoned resolution work
    |> finish (Unresolved failure) (note (ResolutionFailed failure) work client)

/// The outcome is told now, the transaction lingers for what the peer still sends.
let abandon outcome (client: Client) work =
    match client.Phase with
    | Calling _
    | Proceeding _ when isInvite client ->
        // A final response must still be acknowledged (17.1.1.2), and a 2xx handed up.
        let until = work.Now + work.Settings.Timers.Long
        tell outcome false client work |> lingerIn client.Phase until { client with Expects = true }
    | Calling attempt
    | Proceeding attempt ->
        let ended = Leaving.endedBy attempt ValueNone
        let until = work.Now + linger work client attempt.Hop
        tell outcome true client work |> lingerIn (Completed ended) until client
    | _ -> finish outcome client work

let private late (client: Client) work =
    let struct (outcome, work) = best TimedOut client work
    abandon outcome client work

/// Something of this transaction is due.
let due (client: Client) work =
    let now = work.Now

    match client.Phase with
    | _ when Leaving.isDue client work ->
        let struct (client, work) = Leaving.due client work
        set client work
    | _ when client.Told -> drop client work
    | _ when client.AnswerBy <= now -> late client work
    | Resolving(request, resolution, _) when now < client.Until ->
        Targets.expired request resolution client work
    | Resolving(_, resolution, _) -> unresolved resolution client work
    | AwaitingSource(request, hops) -> tryNext request hops client (Sourcing.unanswered hops work)
    | Calling attempt when
        attempt.Schedule.GiveUpAt <= now
        && now < attempt.Until
        && (later attempt client work).IsEmpty
        ->
        stay attempt client work
    | Calling attempt
    | Proceeding attempt when attempt.Schedule.GiveUpAt <= now -> gaveUp attempt client work
    | Calling attempt
    | Proceeding attempt when attempt.Schedule.NextAt <= now -> copy attempt client work
    | _ -> set client work

let private isLeg number work =
    work.State.Legs |> List.exists (fun (leg: Leg) -> leg.Number = number)

/// The connection it went over is closed, or its leg is gone: what nobody answered yet goes on to the
/// next target, what somebody works on has an outcome now (17.1.4).
let cutOff fault detail (client: Client) work =
    match client.Phase with
    | Proceeding attempt when not client.Told && isInvite client && isLeg attempt.Leg work ->
        // Its final response may still come over another connection (18.2.2).
        let client = note (HopFailed(attempt.Hop, fault, detail)) work client

        let struct (outcome, work) =
            best (Unreachable(attempt.Hop, fault, detail)) client work

        abandon outcome client work
    | Proceeding attempt when not client.Told ->
        let client = note (HopFailed(attempt.Hop, fault, detail)) work client
        finishBest (Unreachable(attempt.Hop, fault, detail)) client work
    | Calling attempt
    | Passing attempt -> failed attempt.Hop fault detail client work
    | _ -> work
