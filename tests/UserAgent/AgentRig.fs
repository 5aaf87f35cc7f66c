// A user agent in virtual time, without a dispatcher: its requests are answered by hand, requests
// come in by hand. Every law is checked after every step.
module SipFun.Tests.UserAgent.AgentRig

open System
open Expecto
open SipFun
open SipFun.Core

type Rig = {
    Settings: AgentSettings
    State: AgentState
    Now: Instant
    /// Newest first.
    Log: (Instant * AgentEffect) list
    /// Newest first.
    Inputs: AgentInput list
    /// The shell's next number.
    Number: int64
}

let settings = AgentSettings.standard (struct (3UL, 4UL))
let uri text = SipUri.Parse text
let address text = NameAddr.Parse text
let peerHop = Hop.create Transport.Udp (Address.parse "192.0.2.7").Value 5070

let withSettings settings = {
    Settings = settings
    State = UserAgent.start
    Now = 1_000L<ms>
    Log = []
    Inputs = []
    Number = 1L
}

let start = withSettings settings

/// A message that arrived has exactly one receipt, in the same step, before any reply to it.
let private expectReceipt input effects =
    match input with
    | AgentInput.Arrived arrival ->
        let isOf effect =
            match effect with
            | AgentEffect.Receipt(number, _) -> number = arrival.Number
            | _ -> false

        Expect.equal (effects |> List.filter isOf |> List.length) 1 "one receipt"

        let repliesFirst =
            effects |> List.takeWhile (isOf >> not) |> List.exists (fun effect -> effect.IsReply)

        Expect.isFalse repliesFirst "the receipt comes before the reply"
    | _ -> ()

let give input rig =
    let struct (state, effects) = UserAgent.step rig.Settings rig.Now input rig.State
    expectReceipt input effects

    match AgentLaws.violations rig.Settings state with
    | [] -> ()
    | broken -> failtestf "after %A: %A" input broken

    let log = effects |> List.fold (fun log effect -> (rig.Now, effect) :: log) rig.Log
    { rig with State = state; Log = log; Inputs = input :: rig.Inputs }

/// Rings the alarm at each of its instants, up to `until`, and leaves the clock there.
let rec runUntil (until: Instant) rig =
    match UserAgent.alarm rig.State with
    | ValueSome at when at <= until ->
        { rig with Now = max at rig.Now } |> give AgentInput.Tick |> runUntil until
    | _ -> { rig with Now = max until rig.Now }

let runFor (duration: Duration) rig = runUntil (rig.Now + duration) rig
let number rig = rig.Number, { rig with Number = rig.Number + 1L }
let quiet rig = { rig with Log = [] }

// ---- what it did ----

let effects rig = rig.Log |> List.rev |> List.map snd

/// The requests sent, oldest first, with their numbers.
let sent rig =
    effects rig
    |> List.choose (fun effect ->
        match effect with
        | AgentEffect.Send(sending, request, _) -> Some(sending, request)
        | _ -> None)

let methods rig = sent rig |> List.map (fun (_, request) -> request.Method.Name)

let sentAs (method: SipMethod) rig =
    sent rig |> List.filter (fun (_, request) -> request.Method = method)

/// The last request sent with this method.
let last method rig =
    match List.tryLast (sentAs method rig) with
    | Some found -> found
    | None -> failtestf "no %O was sent: %A" method (methods rig)

let replies rig =
    effects rig
    |> List.choose (fun effect ->
        match effect with
        | AgentEffect.Reply(received, reply, response) -> Some(received, reply, response)
        | _ -> None)

let statuses rig = replies rig |> List.map (fun (_, _, response) -> response.StatusCode)

let lastReply rig =
    match List.tryLast (replies rig) with
    | Some(_, reply, response) -> reply, response
    | None -> failtest "no response was sent"

let told rig =
    effects rig
    |> List.choose (fun effect ->
        match effect with
        | AgentEffect.Tell event -> Some event
        | _ -> None)

let endings rig =
    told rig
    |> List.choose (fun event ->
        match event with
        | AgentEvent.Ended(call, ending) -> Some(call, ending)
        | _ -> None)

let expectIdle rig =
    Expect.isTrue (AgentState.isIdle rig.State) $"nothing is left: %A{rig.State}"
    Expect.isTrue (UserAgent.alarm rig.State).IsNone "no alarm"

// ---- orders ----

let party: Party = {
    Target = uri "sip:bob@b.test"
    From = address "<sip:alice@a.test>"
    To = address "<sip:bob@b.test>"
    Contact = address "<sip:alice@192.0.2.1:5060>"
    Routes = []
    NextHop = ValueNone
    Logins = []
}

let login = {
    User = "alice"
    Password = "secret"
    Realm = "b.test"
    Weakest = DigestAlgorithm.Md5
}

let offer = {
    Content.none with
        ContentType = "application/sdp"
        Body = ReadOnlyMemory "v=0\r\n"B
}

let order: InviteOrder = {
    Party = party
    Content = offer
    Acknowledgement = Content.none
    Redirects = 0
    Forks = ForkPolicy.FirstWins
    RingFor = ValueNone
    Reliability = Reliability.Never
    Session = ValueNone
}

let call order rig =
    let number, rig = number rig
    number, give (AgentInput.Invite(number, order)) rig

// ---- the other end of calls made ----

let response
    (status: int)
    (tag: string | null)
    (headers: (string * string) list)
    (request: SipRequest)
    =
    List.fold
        (fun (message: SipResponse) (name: string, value: string) ->
            message.WithAddedHeader(name, value))
        (request.CreateResponse(status, tag))
        headers

let bobContact = "Contact", "<sip:bob@198.51.100.2:5070>"

/// The dispatcher hands up a response, and tells that a final one is the outcome.
let responding sending (response: SipResponse) rig =
    let isLast = not (response.CSeq.Method = SipMethod.Invite && response.IsSuccess)
    let isKnown = (AgentState.trySending sending rig.State).IsSome
    let rig = give (AgentInput.Responded(sending, response)) rig

    if response.IsFinal && isKnown then
        give (AgentInput.Completed(sending, Outcome.Answered response, isLast)) rig
    else
        rig

/// The last request with this method is answered.
let respond method status (tag: string | null) headers rig =
    let sending, request = last method rig
    responding sending (response status tag headers request) rig

let fail method outcome rig =
    let sending, _ = last method rig
    give (AgentInput.Completed(sending, outcome, true)) rig

/// What the dispatcher forgets: the INVITEs that were answered 2xx.
let forget rig =
    Trie.toList rig.State.Sendings
    |> List.filter (fun (_, sending) -> sending.IsFinal)
    |> List.fold (fun rig (number, _) -> give (AgentInput.Forgotten(int64 number)) rig) rig

/// A call that was answered.
let answeredWith order headers rig =
    let number, rig = call order rig
    number, respond SipMethod.Invite 200 "b1" (bobContact :: headers) rig

let answered rig = answeredWith order [] rig

// ---- requests that come in ----

let arrive (message: SipMessage) rig =
    let received, rig =
        match message with
        | :? SipRequest as request when request.Method = SipMethod.Ack -> 0L, rig
        | _ -> number rig

    let arrival = {
        Number = received
        Leg = 1
        Source = peerHop
        Contact = address "<sip:alice@192.0.2.1:5060>"
        Message = message
    }

    received, give (AgentInput.Arrived arrival) rig

let via branch = $"SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK{branch}"

/// A request that begins something, as Bob sends it.
let from (method: SipMethod) (cseq: int) (headers: (string * string) list) =
    let bare =
        SipRequest
            .Create(
                method,
                uri "sip:alice@a.test",
                address "<sip:bob@b.test>;tag=b1",
                address "<sip:alice@a.test>",
                CallId.Parse "from-bob",
                uint32 cseq
            )
            .PushVia(via $"{method.Name}{cseq}")

    List.fold
        (fun (message: SipRequest) (name: string, value: string) ->
            message.WithAddedHeader(name, value))
        bare
        headers

let sdp (request: SipRequest) = request.WithBody("application/sdp", ReadOnlyMemory "v=0\r\n"B)

let invitation headers = from SipMethod.Invite 1 (bobContact :: headers) |> sdp

/// Bob calls.
let invitedBy invite rig =
    let number, rig = arrive invite rig
    number, rig

let invited rig = invitedBy (invitation []) rig

let answerOf status = {
    Status = status
    Reason = null
    Content = if status / 100 = 2 then offer else Content.none
}

let say received status rig = give (AgentInput.Respond(received, answerOf status)) rig

/// A request of Bob's within the dialog of the call, after this response of ours or to this INVITE
/// of ours.
let dialogOf number rig =
    match AgentState.tryCall number rig.State with
    | ValueSome call ->
        match Map.tryFind call.Latest call.Sides with
        | Some side -> side.Dialog
        | None -> failtest "the call has no dialog"
    | ValueNone -> failtest "there is no such call"

let withinDialog
    (dialog: Dialog)
    (method: SipMethod)
    (cseq: int)
    (headers: (string * string) list)
    =
    let bare =
        SipRequest
            .Create(
                method,
                uri "sip:alice@192.0.2.1:5060",
                dialog.Remote,
                dialog.Local,
                dialog.CallId,
                uint32 cseq
            )
            .PushVia(via $"in{method.Name}{cseq}")

    List.fold
        (fun (message: SipRequest) (name: string, value: string) ->
            message.WithAddedHeader(name, value))
        bare
        headers

let within number method cseq headers rig = withinDialog (dialogOf number rig) method cseq headers

/// A 183 with a description.
let describe number rig =
    give (AgentInput.Respond(number, { answerOf 183 with Content = offer })) rig

/// Bob's PRACK to our last response.
let prackOf number cseq rig =
    let rseq = string ((snd (lastReply rig)).GetHeader "RSeq")
    within number SipMethod.Prack cseq [ "RAck", $"{rseq} 1 INVITE" ] rig

/// Bob's call, whose offer is answered while it rings.
let settled rig =
    let number, rig = invitedBy (invitation [ "Supported", "100rel" ]) rig
    let rig = describe number rig
    number, snd (arrive (prackOf number 2 rig) rig)

/// Bob's call, answered by us and acknowledged by him.
let talking rig =
    let number, rig = invited rig
    let rig = say number 200 rig
    let reply, _ = lastReply rig
    let rig = give (AgentInput.Replied(reply, Sent)) rig
    let ack = within number SipMethod.Ack 1 [] rig
    number, snd (arrive ack rig)
