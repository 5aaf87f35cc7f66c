// The user in front of a user agent: his words become its inputs, its events become what he hears.
// He accepts every change within a call at once, unless the scenario says that he is asked.
module SipFun.Tests.Scenarios.User

open System
open SipFun
open SipFun.Core
open SipFun.Tests.Scenarios.Habits

type User = {
    Habits: Habits
    /// His calls that have not ended, the latest first.
    Calls: int64 list
    /// Requests that he has not answered, the latest first.
    Requests: (int64 * SipRequest) list
    /// His registrations that are not over.
    Registrations: int64 list
}

let start habits = { Habits = habits; Calls = []; Requests = []; Registrations = [] }

let content (body: string) =
    if body = "" then
        Content.none
    else
        {
            Content.none with
                ContentType = "application/sdp"
                Body = ReadOnlyMemory(Octets.ofText body)
        }

/// What follows "with" and is the body: `with "offer 1"`.
let private split (words: string list) =
    let before = words |> List.takeWhile (fun word -> word <> "with")

    match List.skip before.Length words with
    | [] -> before, ""
    | _ :: body -> before, (String.concat " " body).Trim '"'

let private invite user target body : InviteOrder =
    let recipient = NameAddr.Create(target: SipUri)
    let habits = user.Habits

    {
        Party = party habits target recipient
        Content = content body
        Acknowledgement = (if body = "" then content "answer in ACK" else Content.none)
        Redirects = habits.Redirects
        Forks = habits.Forks
        RingFor = habits.RingFor
        Reliability = habits.Reliability
        Session = habits.Session
    }

let private registration user contact (registrar: string) (expires: string) : RegisterOrder = {
    Party = {
        party user.Habits (SipUri.Parse registrar) user.Habits.Address with
            Contact = contact
    }
    Content = Content.none
    Expires = Script.instant expires
}

let private withCall user action =
    match user.Calls with
    | call :: _ -> action call
    | [] -> []

let private respond received status body =
    AgentInput.Respond(received, { Status = status; Reason = null; Content = content body })

/// An answer to the latest request that waits for one, or to the call that comes in.
let private answering user status body =
    match user.Requests, user.Calls with
    | (received, _) :: _, _ -> [ respond received status body ]
    | [], call :: _ -> [ respond call status body ]
    | [], [] -> []

let private redirecting user (contact: string) =
    withCall user (fun call -> [
        AgentInput.Respond(
            call,
            {
                Status = 302
                Reason = null
                Content = { Content.none with Headers = [ "Contact", $"<{contact}>" ] }
            }
        )
    ])

let private within user fresh method (content: Content) =
    withCall user (fun call -> [
        AgentInput.RequestWithin(fresh, call, SipMethod.Parse method, content)
    ])

let private refer target = { Content.none with Headers = [ "Refer-To", $"<{target}>" ] }

/// His words as inputs; `fresh` is the number of whatever they begin.
let inputs fresh (words: string list) user =
    match split words with
    | [ "calls"; target ], body -> [
        AgentInput.Invite(fresh, invite user (SipUri.Parse target) body)
      ]
    | [ "rings" ], body -> answering user 180 body
    | [ "progresses" ], body -> answering user 183 body
    | [ "answers" ], body -> answering user 200 body
    | [ "rejects"; status ], body -> answering user (int status) body
    | [ "redirects"; "to"; contact ], _ -> redirecting user contact
    | [ "hangs"; "up" ], _
    | [ "cancels" ], _ -> withCall user (fun call -> [ AgentInput.HangUp(call, Content.none) ])
    | [ "re-invites"; "from"; contact ], body ->
        let content = content body
        let headers = [ "Contact", $"<{contact}>" ]
        within user fresh "INVITE" { content with Headers = headers }
    | [ "re-invites" ], body -> within user fresh "INVITE" (content body)
    | [ "updates" ], body -> within user fresh "UPDATE" (content body)
    | [ "refers"; "to"; target ], _ -> within user fresh "REFER" (refer target)
    | [ "sends"; method ], body -> within user fresh method (content body)
    | [ "registers"; "at"; registrar; "for"; time; "s" ], _ -> [
        AgentInput.Register(fresh, registration user user.Habits.Contact registrar time)
      ]
    | [ "registers"; contact; "at"; registrar; "for"; time; "s" ], _ ->
        let contact = NameAddr.Parse $"<{contact}>"
        [ AgentInput.Register(fresh, registration user contact registrar time) ]
    | [ "unregisters" ], _ -> user.Registrations |> List.map AgentInput.Unregister
    | _ -> failwith $"nobody can do that: %A{words}"

let private isOffer (request: SipRequest) =
    request.Method = SipMethod.Invite || request.Method = SipMethod.Update

/// "offer 2" is answered with "answer 2"; an INVITE without an offer gets one (RFC 3264).
let private reply (request: SipRequest) =
    let body = Octets.toText request.Body.Span

    if body <> "" && isOffer request then body.Replace("offer", "answer")
    elif request.Method = SipMethod.Invite then "offer of the answerer"
    else ""

let private accepting received (request: SipRequest) =
    respond received (if request.Method = SipMethod.Refer then 202 else 200) (reply request)

/// What he does at once about an event.
let reaction event user =
    match event with
    | AgentEvent.Requested(received, _, _, request) when not user.Habits.IsSlow -> [
        accepting received request
      ]
    | _ -> []

let private ended number (user: User) = {
    user with
        Calls = user.Calls |> List.filter (fun call -> call <> number)
}

/// What he begins with his words.
let began input (user: User) =
    match input with
    | AgentInput.Invite(call, _) -> { user with Calls = call :: user.Calls }
    | AgentInput.Register(number, _) -> { user with Registrations = number :: user.Registrations }
    | AgentInput.Respond(received, _) -> {
        user with
            Requests = user.Requests |> List.filter (fun (number, _) -> number <> received)
      }
    | _ -> user

let private unbound number (user: User) = {
    user with
        Registrations = user.Registrations |> List.filter (fun each -> each <> number)
}

/// What he knows after an event.
let heard event (user: User) =
    match event with
    | AgentEvent.Invited(call, _, _)
    | AgentEvent.Forked(_, call, _) -> { user with Calls = call :: user.Calls }
    | AgentEvent.Ended(call, _) -> ended call user
    | AgentEvent.Requested(received, _, _, request) when user.Habits.IsSlow -> {
        user with
            Requests = (received, request) :: user.Requests
      }
    | AgentEvent.Withdrawn received -> {
        user with
            Requests = user.Requests |> List.filter (fun (number, _) -> number <> received)
      }
    | AgentEvent.RegistrationFailed(number, _, ValueNone)
    | AgentEvent.Unregistered(number, _) -> unbound number user
    | _ -> user
