// How a request that is on its way out is remembered, explained and ended: with one outcome, told once.
// Where it goes is Targets.fs's, what comes back Responses.fs's (RFC 3261, 17.1; RFC 6026).
module internal SipFun.Core.Requests

open System
open SipFun

let noteAll decisions work (client: Client) =
    if client.Trace.Room <= 0 || List.isEmpty decisions then
        client
    else
        { client with Trace = Trace.addAll work.Now decisions client.Trace }

let note decision work (client: Client) =
    if client.Trace.Room <= 0 then
        client
    else
        { client with Trace = Trace.add work.Now decision client.Trace }

/// Its packet is out, or waits for its connection, and nothing final has come back.
let isOnItsWay (client: Client) =
    match client.Phase with
    | Calling _
    | Proceeding _
    | Passing _ -> true
    | _ -> false

let isInvite (client: Client) = client.Method = SipMethod.Invite

let set (client: Client) work = Work.set client.Sender.Number (ClientEntry client) work

let private ending outcome =
    match outcome with
    | Outcome.Answered response -> EndedWith(response.StatusCode, response.ReasonPhrase)
    | Sent -> EndedAs("sent", "nothing more to wait for")
    | TimedOut -> EndedAs("timed out", "no final response in time")
    | Unresolved failure -> EndedAs("unresolved", failure.Detail)
    | Unreachable(hop, fault, detail) ->
        EndedAs("unreachable", $"{Hop.toString hop}: {fault}, {detail}")
    | Cancelled -> EndedAs("cancelled", "by its sender")
    | Refused reason -> EndedAs("refused", reason.ToString())
    | Disposed -> EndedAs("disposed", "the dispatcher was closed")

/// In a word.
let named outcome =
    match ending outcome with
    | EndedWith(status, _) -> string status
    | EndedAs(word, _) -> word
    | _ -> ""

let ended outcome now trace = Trace.add now (ending outcome) trace

/// Tells the outcome; whether responses may still come afterwards is `last`'s to say.
let tell outcome last (client: Client) work =
    let trace = ended outcome work.Now client.Trace
    Work.emit (Effect.Complete(client.Sender.Number, outcome, trace, last)) work

/// The shell may drop the handle of a delivery that completed and still expected responses: a 2xx
/// (RFC 6026; 17.1.1.2).
let forget (client: Client) work =
    if client.Expects then
        Work.emit (Effect.Forget client.Sender.Number) work
    else
        work

/// The end of a transaction that lingered: nothing is kept.
let drop (client: Client) work = Work.remove client.Sender.Number work |> forget client

/// Nothing is said to its repeats, it has no earlier targets and cancels nothing.
let private onlyAbsorbs (client: Client) =
    not (isInvite client) && client.Past.IsEmpty && client.Invite.IsNone

let private lingering phase until (client: Client) =
    match phase with
    | Completed ended when onlyAbsorbs client ->
        LingeringEntry {
            Branch = ended.Branch
            Method = client.Method
            Leg = ended.Leg
            Transport = ended.Hop.Transport
            Until = until
        }
    | _ ->
        ClientEntry {
            client with
                Phase = phase
                Told = true
                Until = until
                AnswerBy = Queue.never
                Best = ValueNone
                Trace = Trace.none
        }

/// Waits out the repeats in this phase, if there is room to; keeps no more than that needs.
let lingerIn phase until (client: Client) work =
    if until <= work.Now then
        drop client work
    elif not client.Told && work.State.Lingering >= work.Settings.Limits.Lingering then
        drop client work |> Work.count Counted.NotLingering
    else
        Work.set client.Sender.Number (lingering phase until client) work

/// Whoever rings in vain hears of the end, but when its sender cancelled: that puts nothing on the wire.
let private withdrawn outcome (client: Client) work =
    match outcome with
    | Cancelled
    | Disposed -> struct (client, work)
    | _ -> Leaving.unwanted client work

/// The earlier target for whose sake an INVITE without an answer lingers.
let private restsWith (client: Client) work =
    let isThere (ended: Ended) = work.State.Legs |> List.exists (fun leg -> leg.Number = ended.Leg)

    match client.Past with
    | last :: _ when
        isInvite client
        && isThere last
        && (Leaving.hasLeft client || not (TransportName.isReliable last.Hop.Transport))
        ->
        ValueSome last
    | _ -> ValueNone

/// The end of a client transaction: an outcome not told yet is told. Of an earlier target that
/// answered an INVITE with 503 the repeats are still acknowledged (Timer D), and one that was left may
/// still answer with a 2xx (13.2.2.4).
let finish outcome (client: Client) work =
    let struct (client, work) = withdrawn outcome client work

    match restsWith client work with
    | ValueSome last when not client.Told ->
        let expects = Leaving.hasLeft client && not outcome.IsDisposed
        let work = tell outcome (not expects) client work

        lingerIn
            (Completed(Leaving.rest last client))
            (work.Now + work.Settings.Timers.Long)
            { client with Expects = expects }
            work
    | _ when client.Told -> Work.remove client.Sender.Number work |> forget client
    | _ -> tell outcome true client work |> Work.remove client.Sender.Number

/// Refused at the door: there never was an entry.
let refuse reason (order: Order) work =
    let trace =
        ended (Refused reason) work.Now (Trace.empty work.Settings.Limits.Decisions)

    Work.emit (Effect.Complete(order.Number, Refused reason, trace, true)) work

let private rank outcome =
    match outcome with
    | Outcome.Answered _ -> 3
    | TimedOut -> 2
    | Unreachable _ -> 1
    | _ -> 0

/// Of several targets the best outcome counts: Answered before TimedOut before Unreachable, and of
/// equals the last.
let better outcome (client: Client) =
    match client.Best with
    | ValueSome best when rank best > rank outcome -> client
    | _ -> { client with Best = ValueSome outcome }

/// The best outcome, this one among them. A 503 that was passed over is handed up after all.
let best outcome (client: Client) work =
    let outcome = ValueOption.defaultValue outcome (better outcome client).Best

    match outcome with
    | Outcome.Answered response ->
        struct (outcome, Work.emit (Effect.HandUp(client.Sender.Number, response)) work)
    | _ -> struct (outcome, work)

/// Ends with the best outcome of all targets.
let finishBest outcome (client: Client) work =
    let struct (outcome, work) = best outcome client work
    finish outcome client work
