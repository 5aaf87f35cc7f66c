// What a user agent promises its user: each call, request and registration ends exactly once, and
// nothing of it is heard after its end (law D1, for calls).
module SipFun.Tests.Scenarios.Promises

open SipFun.Core

type Promises = {
    /// What has begun and not ended.
    Open: Set<int64>
    Broken: string list
}

let none = { Open = Set.empty; Broken = [] }

let private begins number (promises: Promises) = {
    promises with
        Open = Set.add number promises.Open
}

let private expectOpen what (number: int64) (promises: Promises) =
    if promises.Open.Contains number then
        promises
    else
        {
            promises with
                Broken = $"%d{number}: %s{what} after its end" :: promises.Broken
        }

let private ends number (promises: Promises) =
    let promises = expectOpen "an end" number promises
    { promises with Open = Set.remove number promises.Open }

/// What an order begins.
let ordered input (promises: Promises) =
    match input with
    | AgentInput.Invite(number, _)
    | AgentInput.Request(number, _)
    | AgentInput.RequestWithin(number, _, _, _)
    | AgentInput.Register(number, _) -> begins number promises
    | _ -> promises

let heard event (promises: Promises) =
    match event with
    | AgentEvent.Invited(number, _, _)
    | AgentEvent.Forked(_, number, _) -> begins number promises
    | AgentEvent.Ended(number, _)
    | AgentEvent.Finished(number, _)
    | AgentEvent.RegistrationFailed(number, _, ValueNone)
    | AgentEvent.Unregistered(number, _) -> ends number promises
    | AgentEvent.Progressed(number, _)
    | AgentEvent.Answered(number, _)
    | AgentEvent.Redirected(number, _)
    | AgentEvent.Acknowledged(number, _)
    | AgentEvent.Refreshed number
    | AgentEvent.Responded(number, _)
    | AgentEvent.Registered(number, _, _)
    | AgentEvent.RegistrationFailed(number, _, _) -> expectOpen "news" number promises
    | AgentEvent.Requested _
    | AgentEvent.Withdrawn _ -> promises

/// What is amiss when all is at rest.
let left (promises: Promises) = [
    yield! promises.Broken
    for number in promises.Open do
        $"%d{number} never ended"
]
