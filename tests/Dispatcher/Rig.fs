// A dispatcher in virtual time: inputs by hand, alarms rung when they are due, every effect kept with
// its instant, every law checked after every step.
module SipFun.Tests.Rig

open System
open System.Text
open System.Threading
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Dispatcher

let timers = { T1 = 500L<ms>; T2 = 4000L<ms>; T4 = 5000L<ms> }

let limits: Limits = {
    Deliveries = 1000
    Transactions = 1000
    Lingering = 1000
    PerStep = 100
    HeldCopies = 4
    UnansweredFor = 180_000L<ms>
    ResolveWithin = 15_000L<ms>
    Decisions = 64
    PacketBytes = 65_507
    Flows = 100
    FlowQueue = 4
}

let settings: Settings = {
    Timers = timers
    Limits = limits
    Rules = { DomainProxies = Map.empty; OutgoingProxy = ValueNone; Seed = 7UL }
    Memories = Memories.standard
    LargeRequest = 1300
    Secret = struct (1UL, 2UL)
}

let address text = (Address.parse text).Value

let leg number text port : Leg = {
    Number = number
    Transport = Transport.Udp
    Address = address text
    Port = port
    SentBy = $"{Address.toHost (address text)}:{port}"
    Networks = []
    PathMtu = 0
}

let own = leg 1 "127.0.0.1" 5060
let hop text port = Hop.create Transport.Udp (address text) port
let peer = hop "127.0.0.7" 5070

type Rig = {
    Settings: Settings
    State: State
    Now: Instant
    /// Newest first.
    Log: (Instant * Effect) list
    Number: int64
    /// Every input with its instant, newest first; none: nobody wants them.
    Inputs: (Instant * Input) list voption
}

/// S-27: nothing is given to a connection that is not open.
let private expectOpen (state: State) input effect =
    match effect with
    | Effect.Transmit(_, _, hop, _, _) when TransportName.isReliable hop.Transport ->
        match Trie.tryFind (uint64 hop.Flow) state.Flows with
        | ValueSome { Phase = Open } -> ()
        | other -> failtestf "after %A: written to %A" input other
    | _ -> ()

/// Who hears of every step that is taken here, and on threads that work for it: a counterexample that is
/// told, a table that is filled.
type Steps() =
    static let heard = AsyncLocal<(StepLaws.Step -> unit) voption>()

    static member Heard
        with get () = heard.Value
        and set value = heard.Value <- value

let private taken input rig : StepLaws.Step =
    let struct (state, effects) = Dispatcher.step rig.Settings rig.Now input rig.State

    {
        Settings = rig.Settings
        Before = rig.State
        Now = rig.Now
        Input = input
        After = state
        Effects = effects.ToArray()
    }

let private expectLawful (step: StepLaws.Step) =
    Array.iter (expectOpen step.After step.Input) step.Effects

    match StepLaws.violations step @ Laws.violations step.Settings step.After with
    | [] -> ()
    | broken -> failtestf "after %A: %A" step.Input broken

/// One step; a broken law fails the test that took it.
let give input rig =
    let step = taken input rig
    ValueOption.iter (fun hear -> hear step) Steps.Heard
    expectLawful step

    let log =
        step.Effects |> Array.fold (fun log effect -> (rig.Now, effect) :: log) rig.Log

    {
        rig with
            State = step.After
            Log = log
            Inputs = rig.Inputs |> ValueOption.map (fun inputs -> (rig.Now, input) :: inputs)
    }

let rooted settings legs =
    {
        Settings = settings
        State = Dispatcher.start
        Now = 0L<ms>
        Log = []
        Number = 1L
        Inputs = ValueNone
    }
    |> fun rig -> List.fold (fun rig leg -> give (AddLeg leg) rig) rig legs

let withSettings settings = rooted settings [ own ]
let withLegs legs = rooted settings legs
let start = withSettings settings

/// Rings the alarm at each of its instants, up to `until`, and leaves the clock there.
let rec runUntil (until: Instant) rig =
    match Dispatcher.alarm rig.State with
    | ValueSome at when at <= until ->
        { rig with Now = max at rig.Now } |> give Tick |> runUntil until
    | _ -> { rig with Now = max until rig.Now }

let runFor (duration: Duration) rig = runUntil (rig.Now + duration) rig

let number rig = rig.Number, { rig with Number = rig.Number + 1L }

let receiver: Receiver = {
    Allow = [ SipMethod.Options; SipMethod.Invite ]
    ForwardsResponses = false
    KeepsNothing = false
}

let receiving rig = give (SetReceiver(ValueSome receiver)) rig

// ---- messages ----

let uri text = SipUri.Parse text

let parse (text: string) =
    let bytes = ReadOnlyMemory(Encoding.UTF8.GetBytes(text.ReplaceLineEndings "\r\n"))
    SipMessage.Parse bytes

let requestTo (target: string) (method: string) (callId: string) (cseq: int) =
    SipRequest.Create(
        SipMethod.Parse method,
        uri target,
        NameAddr.Parse "<sip:a@a.test>;tag=from1",
        NameAddr.Parse "<sip:b@b.test>",
        CallId.Parse callId,
        uint32 cseq
    )

let request method callId = requestTo "sip:b@127.0.0.7:5070" method callId 1

/// A request as a peer at this sent-by would send it.
let incoming (via: string) (method: string) (toTag: string) =
    let tag = if toTag = "" then "" else ";tag=" + toTag

    parse
        $"{method} sip:us@127.0.0.1 SIP/2.0\nVia: {via}\nFrom: <sip:p@p.test>;tag=peer\nTo: <sip:us@us.test>{tag}\nCall-ID: in-1\nCSeq: 1 {method}\nMax-Forwards: 70\nContent-Length: 0\n\n"
    :?> SipRequest

// ---- orders ----

let order number (message: SipMessage) : Order = {
    Number = number
    Token = 0x1122334455667788UL
    Message = message
    Name = ValueNone
    CallId = message.CallId
    Legs = []
    Destination = ValueNone
    Flow = 0L
    Retransmit = true
    Transports = []
    AnswerWithin = ValueNone
    TryNextAfter = ValueNone
    TellSent = false
}

/// Delivers a request to `peer`, changed as the test wants it; gives its number too.
let deliverWith change message rig =
    let number, rig = number rig
    let order = change { order number message with Destination = ValueSome peer }
    number, give (Deliver order) rig

let deliver message rig = deliverWith id message rig

// ---- what went out ----

let effects rig = List.rev rig.Log

let packet (bytes: ReadOnlyMemory<byte>) = SipMessage.Parse bytes

/// Each packet put on the wire: when, to whom, what.
let wire rig = [
    for at, effect in effects rig do
        match effect with
        | Effect.Transmit(_, _, hop, bytes, _) -> at, hop, packet bytes
        | _ -> ()
]

let isRequest (method: string) (message: SipMessage) =
    match message with
    | :? SipRequest as request -> request.Method.Name = method
    | _ -> false

/// The instants, in ms, at which requests of this method left.
let copies method rig = [
    for at, _, message in wire rig do
        if isRequest method message then
            int at
]

let responses rig = [
    for at, _, message in wire rig do
        match message with
        | :? SipResponse as response -> int at, response.StatusCode
        | _ -> ()
]

let lastRequest method rig =
    wire rig
    |> List.filter (fun (_, _, message) -> isRequest method message)
    |> List.last
    |> fun (_, _, message) -> message :?> SipRequest

/// Each outcome told: when, of which delivery, what.
let outcomes rig = [
    for at, effect in effects rig do
        match effect with
        | Effect.Complete(number, outcome, _, _) -> int at, number, outcome
        | _ -> ()
]

let outcomeOf number rig =
    match outcomes rig |> List.filter (fun (_, each, _) -> each = number) with
    | [ at, _, outcome ] -> at, outcome
    | other -> failtestf "delivery %d has %d outcomes" number other.Length

/// What OnResponse of this delivery saw.
let handedUp number rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.HandUp(each, response) when each = number -> response.StatusCode
        | _ -> ()
]

let counted reason rig =
    effects rig |> List.filter (fun (_, effect) -> effect = Effect.Count reason) |> List.length

/// What the receivers were offered: number and request.
let offered rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.PassUp(number, _, _, message) -> number, message :?> SipRequest
        | _ -> ()
]

// ---- what comes in ----

let receiveFrom (source: Hop) message rig =
    let number, rig = number rig
    give (Received(number, 1, source, message)) rig

let receive message rig = receiveFrom peer message rig

/// The peer answers the last request of this method.
let answer method (status: int) rig =
    let response = (lastRequest method rig).CreateResponse(status, "peer-tag")
    receive response rig

/// A response of ours, by the order of a receiver.
let respond (status: int) (to': SipRequest) rig =
    let number, rig = number rig

    let response =
        to'.CreateResponse(status, (if status = 100 then null else "our-tag"))

    number, give (Deliver(order number response)) rig

/// The shell's word on everything that asked for it, as over a socket that takes all.
let reported rig =
    effects rig
    |> List.choose (fun (_, effect) ->
        match effect with
        | Effect.Transmit(number, _, _, _, true) -> Some number
        | _ -> None)
    |> List.fold (fun rig number -> give (Transmitted number) rig) { rig with Log = rig.Log }

let same a b message = Expect.equal a b message

/// Nothing but the clock moved.
let expectUnchanged (before: Rig) (after: Rig) =
    Expect.equal after.State { before.State with Now = after.State.Now } "nothing changed"

/// Nothing is left in any table (D7).
let expectIdle rig =
    Expect.isTrue (State.idle rig.State) "nothing is left in any table (D7)"
    Expect.equal (Dispatcher.alarm rig.State) ValueNone "and no alarm is set (D3)"
