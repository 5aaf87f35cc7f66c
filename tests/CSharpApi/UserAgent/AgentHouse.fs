// A user agent on loopback in virtual time, and a peer that speaks SIP as text.
module SipFun.Tests.CSharpApi.UserAgent.AgentHouse

open System
open System.Threading.Tasks
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House

let alice = NameAddr.Parse "Alice <sip:alice@example.com>"
let options = UserAgentOptions(Address = alice)
let offer = SipBody.Sdp "v=0\r\n"

type Room = {
    Time: FakeTimeProvider
    Dispatcher: Dispatcher
    Agent: UserAgent
    Peer: Peer
}

let ended (call: Call) = wait call.Ended

/// 0: there is none.
let status (response: SipResponse | null) =
    match response with
    | null -> 0
    | response -> response.StatusCode

let toTag (response: SipResponse | null) =
    match response with
    | null -> ""
    | response -> string response.ToTag

/// The fields of options, changed: C#'s `with`.
let changed (changes: (string * obj) list) =
    let copy = UserAgentOptions(Address = alice)

    for name, value in changes do
        match typeof<UserAgentOptions>.GetProperty name with
        | null -> failwith name
        | property -> property.SetValue(copy, value)

    copy

let inRoomOf (options: UserAgentOptions) run =
    inVirtualTime (fun time dispatcher peer ->
        let agent = new UserAgent(dispatcher, options)
        dispatcher.SetReceiver agent

        run { Time = time; Dispatcher = dispatcher; Agent = agent; Peer = peer })

let inRoom run = inRoomOf options run

/// Moves time until a task is done.
let pass room (task: Task) = advanceUntil room.Time (fun () -> task.IsCompleted)

/// Everything that this end keeps has an end: after a while nothing is left (law D7).
let leavesNothing room =
    let isIdle () =
        Core.AgentState.isIdle room.Agent.State && Core.State.idle room.Dispatcher.Engine.Loop.State

    advanceUntil room.Time isIdle
    Expect.isTrue (isIdle ()) "nothing is left of it"
    Expect.isEmpty room.Agent.Calls "no call is left"

/// The agent's next message that is no copy of one seen before.
let rec next (seen: Collections.Generic.HashSet<string>) (peer: Peer) =
    let message = peer.Receive()

    if seen.Add(message.Vias[0].ToString() + message.CSeq.ToString()) then
        message
    else
        next seen peer

/// The peer's next request, of this method; copies of others are skipped.
let rec request room (method: SipMethod) =
    match room.Peer.Receive() with
    | :? SipRequest as request when request.Method = method -> request
    | _ -> request room method

/// The peer's next response with this status and CSeq method; others are skipped.
let rec response room (status: int) (method: SipMethod) =
    match room.Peer.Receive() with
    | :? SipResponse as response when response.StatusCode = status && response.CSeq.Method = method ->
        response
    | _ -> response room status method

/// The peer's answer, with a Contact, fields and a body.
let answerWith
    room
    (request: SipRequest)
    (status: int)
    (tag: string | null)
    fields
    (body: SipBody | null)
    =
    let response =
        request.CreateResponse(status, tag).WithAddedHeader("Contact", $"<{room.Peer.Uri}>")

    let response =
        List.fold
            (fun (response: SipResponse) (name: string, value: string) ->
                response.WithAddedHeader(name, value))
            response
            fields

    let response =
        match body with
        | null -> response
        | body -> response.WithBody(body.ContentType, body.Bytes)

    room.Peer.Send(response, local room.Dispatcher)

let answer room request status = answerWith room request status "peer" [] null

/// The agent calls the peer; the call and its INVITE.
let callWith room (options: CallOptions | null) =
    let calling = room.Agent.CallAsync(room.Peer.Uri, options)
    let invite = request room SipMethod.Invite
    wait calling, invite

let call room = callWith room null

/// A call that the peer has answered.
let answered room =
    let call, invite = call room
    answer room invite 200
    wait call.Answered |> ignore
    request room SipMethod.Ack |> ignore
    call, invite

/// With this CSeq.
let numbered (cseq: int) (text: string) =
    Text.RegularExpressions.Regex.Replace(text, "CSeq: \d+", $"CSeq: {cseq}")

/// The peer's own request within the dialog of a call that the agent made.
let within room (invite: SipRequest) (method: string) cseq =
    let contact = (Seq.head invite.Contacts).Uri

    room.Peer
        .Request(method, contact.ToString(), callId = invite.CallId.Value)
        .Replace("From: <sip:peer@example.com>;tag=1", $"From: {invite.To};tag=peer")
        .Replace("To: <sip:us@example.com>", $"To: {invite.From}")
        .Replace("Content-Length: 0", $"Contact: <{room.Peer.Uri}>\r\nContent-Length: 0")
    |> numbered cseq

/// The task was given up by its token.
let cancelled (task: Task) =
    let isCancelled =
        try
            task.WaitAsync(Patience.span).GetAwaiter().GetResult()
            false
        with :? OperationCanceledException ->
            true

    Expect.isTrue isCancelled "as asked"

/// The peer's INVITE, as text.
let invite room =
    room.Peer
        .Request("INVITE", $"sip:alice@{local room.Dispatcher}", "invite", "call")
        .Replace("Content-Length: 0", $"Contact: <{room.Peer.Uri}>\r\nContent-Length: 0")
    |> numbered 1

let tell room (text: string) = room.Peer.Send(text, local room.Dispatcher)
