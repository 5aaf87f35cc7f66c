// F-6: bytes as a history of a dispatcher: two a step, what happens and to what. Every law of a state and
// of a step is checked at every step, and at the end nothing may be left (D7, L-2).
module SipFun.Fuzz.Script

open System
open SipFun
open SipFun.Core
open SipFun.Tests.Dispatcher

let private settings: Settings = {
    Timers = { T1 = 500L<ms>; T2 = 4000L<ms>; T4 = 5000L<ms> }
    Limits = {
        Deliveries = 6
        Transactions = 4
        Lingering = 3
        PerStep = 3
        HeldCopies = 2
        UnansweredFor = 180_000L<ms>
        ResolveWithin = 15_000L<ms>
        Decisions = 5
        PacketBytes = 65_507
        Flows = 3
        FlowQueue = 2
    }
    Rules = { DomainProxies = Map.empty; OutgoingProxy = ValueNone; Seed = 7UL }
    Memories = Memories.standard
    LargeRequest = 1300
    Secret = struct (1UL, 2UL)
}

let private address text = (Address.parse text).Value

let private leg number transport : Leg = {
    Number = number
    Transport = transport
    Address = address "127.0.0.1"
    Port = 5060
    SentBy = "127.0.0.1:5060"
    Networks = []
    PathMtu = 0
}

/// A history under way; what was seen last stands first.
type private World = {
    State: State
    Now: Instant
    Number: int64
    Sent: (int64 * Hop * SipRequest) list
    Offered: (int64 * SipRequest) list
    Asked: Question list
    Flows: int64 list
    Ended: Set<int64>
}

let private fail text = failwith text

let private seen (world: World) effect =
    match effect with
    | Effect.Transmit(number, _, hop, bytes, _) ->
        match SipMessage.Parse bytes with
        | :? SipRequest as request -> { world with Sent = (number, hop, request) :: world.Sent }
        | _ -> world
    | Effect.PassUp(number, _, _, message) ->
        match message with
        | :? SipRequest as request -> { world with Offered = (number, request) :: world.Offered }
        | _ -> world
    | Effect.Ask question -> { world with Asked = question :: world.Asked }
    | Effect.Connect(_, hop) -> { world with Flows = hop.Flow :: world.Flows }
    | Effect.Complete(number, _, _, _) when Set.contains number world.Ended ->
        fail $"S-01: {number} has two outcomes"
    | Effect.Complete(number, _, _, _) -> { world with Ended = Set.add number world.Ended }
    | _ -> world

let private give input (world: World) =
    let struct (after, effects) = Dispatcher.step settings world.Now input world.State

    let step: StepLaws.Step = {
        Settings = settings
        Before = world.State
        Now = world.Now
        Input = input
        After = after
        Effects = effects.ToArray()
    }

    match StepLaws.violations step @ Laws.violations settings after with
    | [] -> Array.fold seen { world with State = after } step.Effects
    | broken -> fail $"after {input}: %A{broken}"

let private numbered (world: World) = world.Number, { world with Number = world.Number + 1L }

let private pick index items =
    match items with
    | [] -> None
    | _ -> Some(List.item (index % List.length items) items)

let private methods = [| "INVITE"; "OPTIONS"; "ACK"; "CANCEL"; "BYE" |]
let private statuses = [| 100; 180; 200; 302; 408; 486; 503; 603 |]

let private targets = [|
    "sip:b@127.0.0.7"
    "sip:b@two.test"
    "sip:b@127.0.0.7;transport=tcp"
    "sip:b@two.test;transport=tcp"
|]

let private waits = [| 0; 1; 499; 500; 501; 4000; 32_000; 400_000 |]

let private order number (message: SipMessage) : Order = {
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

let private deliver arg world =
    let number, world = numbered world
    let method = methods[arg % methods.Length]
    let target = targets[arg / 8 % targets.Length]

    let request =
        SipRequest.Create(
            SipMethod.Parse method,
            SipUri.Parse target,
            NameAddr.Parse "<sip:a@a.test>;tag=f",
            NameAddr.Parse "<sip:b@b.test>",
            CallId.Parse $"call-{arg / 32 % 3}",
            1u
        )

    give
        (Deliver {
            order number request with
                TellSent = arg > 127
                AnswerWithin = if arg % 16 = 0 then ValueSome 700L<ms> else ValueNone
        })
        world

let private source arg : Hop =
    let hop = Hop.create Transport.Udp (address "127.0.0.7") 5060

    if arg % 4 = 3 then
        { hop with Transport = Transport.Tcp; Flow = 70L }
    else
        hop

let private receive arg message (world: World) =
    let number, world = numbered world
    let source = source arg

    if source.Flow <> 0L && (Trie.tryFind 70UL world.State.Flows).IsNone then
        give (FlowAccepted(2, source, [])) world
    else
        world
    |> give (Received(number, (if source.Flow = 0L then 1 else 2), source, message))

let private respond arg world =
    match pick (arg / 8) world.Sent with
    | Some(_, _, request) when request.Method <> SipMethod.Ack ->
        receive arg (request.CreateResponse(statuses[arg % 8], "peer")) world
    | _ -> world

let private request arg world =
    let method = methods[arg % methods.Length]
    let tag = if method = "ACK" then ";tag=ours" else ""

    let text =
        $"{method} sip:us@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.7;branch=z9hG4bK{arg / 8 % 4}\r\n"
        + $"From: <sip:p@p.test>;tag=p\r\nTo: <sip:us@us.test>{tag}\r\nCall-ID: in\r\n"
        + $"CSeq: {1 + arg / 64} {method}\r\nContent-Length: 0\r\n\r\n"

    receive arg (SipMessage.Parse(ReadOnlyMemory(Text.Encoding.ASCII.GetBytes text))) world

let private answer arg world =
    match pick (arg / 4) world.Asked with
    | None -> world
    | Some question when arg % 4 = 0 ->
        give (Input.Answered(question, Answer.failed DnsStatus.ServFail)) world
    | Some question when question.Type = DnsType.A ->
        let at text = { Name = question.Name; Ttl = 60; Data = AddressOf(address text) }
        give (Input.Answered(question, Answer.ok [| at "127.0.0.8"; at "127.0.0.9" |])) world
    | Some question -> give (Input.Answered(question, Answer.failed DnsStatus.NxDomain)) world

let private refuse arg world =
    match pick arg world.Sent with
    | Some(number, hop, _) ->
        give (Input.Failed(number, hop, TransportFault.SendFailed, "no")) world
    | None -> world

let private receipt arg world =
    match pick (arg / 3) world.Offered with
    | Some(number, _) -> give (Receipted(number, enum<Receipt>(arg % 3))) world
    | None -> world

let private reply arg world =
    match pick (arg / 8) world.Offered with
    | Some(_, request) when request.Method <> SipMethod.Ack ->
        let number, world = numbered world
        give (Deliver(order number (request.CreateResponse(statuses[arg % 8], "ours")))) world
    | _ -> world

let private flow arg world =
    match pick (arg / 8) (70L :: world.Flows) with
    | None -> world
    | Some flow ->
        match arg % 8 with
        | 0
        | 1 -> give (FlowOpened flow) world
        | 2 -> give (FlowClosed(flow, TransportFault.Closed, "gone")) world
        | 3 -> give (FlowClosed(flow, TransportFault.ConnectionRefused, "no")) world
        | 4 -> give (FlowIdle flow) world
        | 5 -> give (FlowExpired flow) world
        | _ -> give (Transmitted(int64 arg)) world

let private wait arg (world: World) =
    { world with Now = world.Now + int64 waits[arg % 8] * 1L<ms> } |> give Tick

let private happens op arg world =
    match op % 11 with
    | 0 -> deliver arg world
    | 1 -> respond arg world
    | 2 -> wait arg world
    | 3 -> request arg world
    | 4 -> receipt arg world
    | 5 -> reply arg world
    | 6 -> answer arg world
    | 7 -> refuse arg world
    | 8 -> flow arg world
    | 9 -> give (CancelDelivery(ByNumber(int64 arg))) world
    | _ -> give (CancelDelivery(ByCallId(CallId.Parse $"call-{arg % 3}"))) world

let private start =
    let empty: World = {
        State = Dispatcher.start
        Now = 0L<ms>
        Number = 1L
        Sent = []
        Offered = []
        Asked = []
        Flows = []
        Ended = Set.empty
    }

    let receiver: Receiver = {
        Allow = [ SipMethod.Invite; SipMethod.Options ]
        ForwardsResponses = false
        KeepsNothing = false
    }

    [
        AddLeg(leg 1 Transport.Udp)
        AddLeg(leg 2 Transport.Tcp)
        SetReceiver(ValueSome receiver)
    ]
    |> List.fold (fun world input -> give input world) empty

/// The whole history, and its end.
let run (bytes: byte[]) =
    let world =
        Array.chunkBySize 2 bytes
        |> Array.filter (fun pair -> pair.Length = 2)
        |> Array.truncate 500
        |> Array.fold (fun world pair -> happens (int pair[0]) (int pair[1]) world) start

    if not (State.idle (give Close world).State) then
        fail "L-6: something is left after Close"
