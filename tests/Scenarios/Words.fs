// What a user hears, in words: each event of his user agent as one line of the scenario's wire.
module SipFun.Tests.Scenarios.Words

open SipFun
open SipFun.Core

let status (response: SipResponse) = $"{response.StatusCode} {response.ReasonPhrase}"

let outcome outcome =
    match outcome with
    | Outcome.TimedOut -> "timed out"
    | Outcome.Unresolved _ -> "unresolved"
    | Outcome.Unreachable _ -> "unreachable"
    | Outcome.Answered response -> status response
    | other -> $"{other}".ToLowerInvariant()

let private exchange ending =
    match ending with
    | ExchangeEnd.Answered response -> status response
    | ExchangeEnd.Failed failure -> outcome failure
    | ExchangeEnd.Refused reason -> $"refused, {reason}"

let private call ending =
    match ending with
    | CallEnd.HungUp ending -> $"hung up ({exchange ending})"
    | CallEnd.Left _ -> "the other end hung up"
    | CallEnd.Cancelled -> "cancelled"
    | CallEnd.Withdrawn -> "the caller gave up"
    | CallEnd.Rejected response -> $"rejected ({status response})"
    | CallEnd.Declined status -> $"declined ({status})"
    | CallEnd.Failed failure -> outcome failure
    | CallEnd.Unacknowledged -> "no ACK came"
    | CallEnd.Lost ending -> $"lost ({exchange ending})"
    | CallEnd.Expired -> "nobody refreshed the session"
    | CallEnd.Refused reason -> $"refused, {reason}"

let private again (time: Duration voption) =
    match time with
    | ValueSome time -> $", again in {time} ms"
    | ValueNone -> ", for good"

/// Only what a user would notice; an ACK is seen on the wire.
let ofEvent event =
    match event with
    | AgentEvent.Invited _ -> Some "is called"
    | AgentEvent.Progressed(_, response) -> Some $"hears {status response}"
    | AgentEvent.Answered _ -> Some "is answered"
    | AgentEvent.Forked _ -> Some "is answered once more, by another"
    | AgentEvent.Redirected(_, target) -> Some $"is sent on to {target}"
    | AgentEvent.Acknowledged _ -> None
    | AgentEvent.Refreshed _ -> Some "session refreshed"
    | AgentEvent.Ended(_, ending) -> Some $"call over: {call ending}"
    | AgentEvent.Requested(_, _, _, request) -> Some $"is asked: {request.Method}"
    | AgentEvent.Withdrawn _ -> Some "is asked no more"
    | AgentEvent.Responded _ -> None
    | AgentEvent.Finished(_, ending) -> Some $"request over: {exchange ending}"
    | AgentEvent.Registered(_, expires, _) -> Some $"is registered for {expires / 1000L<ms>} s"
    | AgentEvent.RegistrationFailed(_, ending, time) ->
        Some $"not registered: {exchange ending}{again time}"
    | AgentEvent.Unregistered(_, ending) -> Some $"registration over: {exchange ending}"
